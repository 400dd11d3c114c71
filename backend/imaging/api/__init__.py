"""Doors of imaging: studies and grids, deliveries and uploads, DICOMweb."""
