"""Pure rules of exports: arrays and headers in, files out, and each file read back."""
