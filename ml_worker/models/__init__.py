"""One module a family: load weights, return a network."""
