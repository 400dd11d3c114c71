"""Brings up and down the whole product on one machine: `python -m backend.config.launch`.

Standard library only, and no Django: it starts the processes that have it.
"""
