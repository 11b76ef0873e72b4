"""Many items in few calls: any iterable in, outcomes and a report out. Knows no noun."""

# As many as fit into one window of the limit: sent as one burst they met no 429 in 200 chunks, while 5 at once, spread
# over the window, met 13 in 1,000.
DEFAULT_CONCURRENCY = 20
