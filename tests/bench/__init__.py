"""Benches: what the gateway does, always beside a baseline measured in the same run."""
