"""Settings for all tests."""

from hypothesis import settings

# A shared machine is slow at times: how long an example takes proves nothing.
settings.register_profile("shoal", deadline=None)
settings.load_profile("shoal")
