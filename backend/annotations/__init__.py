"""Annotation documents and their append-only revisions."""
