"""For all tests: no property is judged by the speed of the machine that it is tried on."""

from hypothesis import HealthCheck, settings

settings.register_profile("rapport", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rapport")
