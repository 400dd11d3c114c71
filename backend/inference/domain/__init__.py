"""Pure rules of inference: what a unit would teach, and what travels over HTTP."""
