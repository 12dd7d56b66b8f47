"""Property tests draw the same examples in every run, and a slow machine does not fail them."""

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("steady")
