"""One request: what is said, in which order, and the transport."""
