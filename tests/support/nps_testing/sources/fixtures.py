"""Fixtures around the fake Wootric, for `pytest_plugins`."""

from collections.abc import Iterator

import pytest

from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import ManualClock, Probe, Receiver, receiving


@pytest.fixture
def wootric_clock() -> ManualClock:
    """A clock at 2026-03-02 09:00 Pacific."""
    return ManualClock()


@pytest.fixture
def wootric(wootric_clock: ManualClock) -> Iterator[FakeWootric]:
    """An empty account with a generous rate limit."""
    with FakeWootric(now=wootric_clock) as running:
        running.switch(rate_limit=100_000)
        yield running


@pytest.fixture
def probe(wootric: FakeWootric) -> Iterator[Probe]:
    """A client with a token."""
    client = Probe(wootric.url)
    yield client.login()
    client.session.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as inbox:
        yield inbox
