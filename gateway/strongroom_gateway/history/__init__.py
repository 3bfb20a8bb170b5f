"""Climate history: readings kept by the day, rolled up, sealed in the ledger, and brought along from
loggers. One SQLite file beside the ledger; docs/climate-import.md tells what it holds.
"""
