"""One module a kind of request: fetch by reference, call pure functions, store, answer."""
