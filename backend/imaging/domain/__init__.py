"""Pure rules of imaging: headers, frames, geometry, the words of the interface. No Django."""
