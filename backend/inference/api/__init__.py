"""Doors of inference: models and training for people, jobs for both, the workers' own door."""
