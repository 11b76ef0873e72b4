"""The nouns of lemlist, a module each: its operations as typed calls on the session."""
