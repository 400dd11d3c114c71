"""What every room stands on: errors, actors, jobs, blobs, events; no domain."""
