"""Settings of the whole test suite: property tests draw the same examples every time."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "metaonc",
    derandomize=True,
    deadline=None,
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("metaonc")
