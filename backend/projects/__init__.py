"""Label projects, their people, schemas and units of work."""
