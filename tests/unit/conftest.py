"""Unit tests reach no network: a test that opens a socket fails."""

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def no_sockets() -> Iterator[None]:
    """Forbid sockets for the length of a test."""
    pytest_socket.disable_socket()
    yield
    pytest_socket.enable_socket()
