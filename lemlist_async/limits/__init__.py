"""How fast: the window of a key's rate limit."""
