"""Lending: slips, loans, what is due, and returns that are inspected. Knows no desk and no gate."""
