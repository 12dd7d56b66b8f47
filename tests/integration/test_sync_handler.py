from collections.abc import Iterator

import pytest

from nps_testing.backends import moto_tables
from nps_testing.sync_stack import SyncStack, sync_stack


@pytest.fixture
def stack(clean_environment: None) -> Iterator[SyncStack]:
    with moto_tables(), sync_stack() as running:
        yield running


def test_first_sync__stores_every_answer_and_decline_of_the_window(stack: SyncStack) -> None:
    stack.source.generate(answers=600, people=100, accounts=10, ties=0.3, bulk_second=120)
    records = stack.until_complete()
    assert stack.missing("response") == set()
    assert stack.missing("decline") == set()
    print([r.as_dict() for r in records])
    print(stack.source.stats())
    print(stack.time.epoch_s)
