"""Settings for all tests."""

import signal

from hypothesis import settings

# Where tests are started with SIGINT ignored (nohup, a script in the background), the tests of
# Ctrl-C and the programs they start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A shared machine is slow at times: how long an example takes proves nothing.
settings.register_profile("shoal", deadline=None)
settings.load_profile("shoal")
