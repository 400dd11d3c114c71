"""Limn's server side: one Django project, apps in layers (see docs/architecture.md)."""
