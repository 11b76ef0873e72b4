"""One noun of lemlist's a module: what can be done with it, as typed calls on the session."""
