"""Many items, few calls: any iterable in, outcomes and a report out. Knows no noun."""
