"""The exit gate: which way a tag went, and how a site finds its settings."""
