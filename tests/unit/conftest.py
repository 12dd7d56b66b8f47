"""Unit tests reach no network: a test that opens a socket fails."""

from collections.abc import Iterator

import pytest
import pytest_socket
from hypothesis import settings

from nps_testing.effort import usually

# Property tests draw the same examples in every run, and a slow machine does not fail them.
settings.register_profile(
    "steady", derandomize=True, deadline=None, max_examples=usually(100, soak=1_000)
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def no_sockets() -> Iterator[None]:
    """Forbid sockets for the length of a test."""
    pytest_socket.disable_socket()
    yield
    pytest_socket.enable_socket()
