"""Releases written in a format and read back."""
