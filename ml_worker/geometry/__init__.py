"""The one place for voxel and patient coordinates (numpy only)."""
