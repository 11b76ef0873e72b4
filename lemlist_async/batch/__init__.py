"""Many items, few calls: any iterable in, outcomes and a report out. Knows no noun."""

# As many as one window of the limit: they go out as one burst, which met no 429 in 200 chunks where 5 at once,
# spread over the window, met 13 in 1,000.
DEFAULT_CONCURRENCY = 20
