"""The append-only record: SQLite, a Merkle tree over its entries, and the thread that writes it."""
