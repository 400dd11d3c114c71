"""Studies, series, instances and frames: in, kept bit for bit, and out again."""
