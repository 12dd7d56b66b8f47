"""The notify and deliver handlers, killed before and after each of their AWS calls."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from nps_testing.effort import usually
from nps_testing.stacks.crashes import Moment
from nps_testing.stacks.follow_up import FollowUpStack, follow_up_stack

SETTLE = timedelta(seconds=120)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stack(tables: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FollowUpStack]:
    with follow_up_stack(monkeypatch) as running:
        yield running


LIFE: list[dict[str, Any]] = [
    {"id": 1, "score": 3},
    {"id": 1, "text": "Exports time out"},
    {"id": 2, "score": 5, "end_user_id": "7002"},
    {"id": 2, "score": 8},
    {"id": 1, "score": 9},
    {"id": 1, "erased": True, "email": None, "external_id": None, "text": None},
]
"""A low score, a comment after its mail, a second person, who raises, and the first one raises and
is erased."""

STRIDE = {"moto": 1, "dynamodb-local": usually(4, soak=1)}
"""On DynamoDB Local, which is much slower, every fourth call."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", range(len(LIFE)))
def test_kill_at_every_aws_call__ends_in_the_same_tasks_and_mails(
    stack: FollowUpStack, tables: str, step: int, moment: Moment
) -> None:
    for earlier in LIFE[:step]:
        _live(stack, earlier)
    go_back = stack.way_back()
    go_back()
    undisturbed = _live(stack, LIFE[step])
    calls = stack.calls
    assert calls > 5
    for at in range(1, calls + 1, STRIDE[tables]):
        go_back()
        ended = _live(stack, LIFE[step], at, moment)
        assert ended == undisturbed, f"killed {moment} call {at}"
        assert stack.calls >= at, "the fuse did not blow"


def _live(
    stack: FollowUpStack, step: dict[str, Any], at: int | None = None, moment: Moment = "before"
) -> object:
    """Go through a step, with a kill at its call `at`; return how it ended."""
    stack.kill_at, stack.moment, stack.calls = at, moment, 0
    stack.write(**step)
    stack.decide()
    stack.tick(SETTLE)
    mails = list(stack.store.mails())
    unknown = [mail for mail in mails if mail.unknown_at is not None]
    assert all(mail.possible_duplicate for mail in unknown)
    assert len(stack.received()) <= len(mails) + len(unknown), "a copy without its mark"
    alerts = stack.store.alerts([mail.answer for mail in mails if mail.answer])
    tasks = list(stack.store.tasks())
    return (
        [(task.status, task.close_reason, len(task.answers), task.tier) for task in tasks],
        sorted((mail.kind, mail.state, bool(mail.subject)) for mail in mails),
        sorted(str(task.contact) for task in tasks),
        sorted((alert.status, alert.rule, alert.round) for alert in alerts.values()),
    )


def test_kill_between_send_and_record__is_the_only_way_to_a_second_copy(
    stack: FollowUpStack,
) -> None:
    copies: dict[int, int] = {}
    for at in range(1, 12):
        stack.write(id=at, account_id=f"c-{at}", answered_at=stack.now)
        stack.decide()
        stack.ses.received.clear()
        stack.kill_at, stack.moment, stack.calls = at, "after", 0
        stack.tick(SETTLE)
        stack.kill_at = None
        mail = next(mail for mail in stack.store.mails() if mail.response_ids == (str(at),))
        copies[at] = len(stack.received())
        assert mail.state == "SENT"
        assert mail.possible_duplicate == (mail.unknown_at is not None)
        assert mail.possible_duplicate or copies[at] == 1
    assert sorted(copies.values()) == [1] * 10 + [2]


def test_kill_before_ses_is_asked__leaves_no_unknown_mail(stack: FollowUpStack) -> None:
    outcomes: list[tuple[str, bool, int]] = []
    for at in range(1, 12):
        stack.write(id=at, account_id=f"c-{at}", answered_at=stack.now)
        stack.decide()
        stack.ses.received.clear()
        stack.kill_at, stack.moment, stack.calls = at, "before", 0
        stack.tick(SETTLE)
        stack.kill_at = None
        mail = next(mail for mail in stack.store.mails() if mail.response_ids == (str(at),))
        outcomes.append((mail.state, mail.unknown_at is None, mail.attempts))
    # The only exception: the attempt is counted, and SES is asked next.
    asked = [outcome for outcome in outcomes if outcome != ("SENT", True, 1)]
    assert asked == [("SENT", False, 2)] * len(asked)
    assert len(asked) <= 2
