"""What backend and worker say to one another; light, no torch."""
