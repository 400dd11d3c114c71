"""Frozen, checksummed sets of accepted work."""
