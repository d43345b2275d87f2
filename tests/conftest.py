"""What all tests share: the same examples in every run, and more when asked to be thorough."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast",
    deadline=None,  # the first call of a kernel compiles it
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("fast"), max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))
