"""What all tests share."""

from hypothesis import HealthCheck, settings

# A slow machine fails no test: neither by the time of one example nor by that of making one up.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
