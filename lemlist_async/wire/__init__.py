"""One request: what is sent, the order of events, and the transport."""
