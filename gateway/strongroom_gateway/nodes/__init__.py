"""Nodes: whether they are heard, and whether their sensors are."""
