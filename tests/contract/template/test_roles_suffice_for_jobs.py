"""The roles of sync, notify and deliver suffice for a whole life of their work."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto import mock_aws

from nps_local.fakes.wootric.actions import NewAnswer
from nps_testing.stacks.backends import moto_tables
from nps_testing.stacks.follow_up import follow_up_stack
from nps_testing.stacks.privileges import acting_as
from nps_testing.stacks.sync import sync_stack

A_WEEK_S = 7 * 86_400


@pytest.fixture(autouse=True)
def aws_on_moto(clean_environment: None) -> Iterator[None]:
    """Tables, and every other service."""
    with mock_aws(), moto_tables():
        yield


def test_sync_role__suffices_for_backfill_quarantine_live_and_sweep() -> None:
    with sync_stack() as stack:
        stack.source.generate(answers=120, people=30, accounts=4)
        stack.source.switch({"end_user_embed": "properties"})
        stack.source.actions.answer(NewAnswer(score=77))
        with acting_as("SyncFunction") as made:
            stack.until_complete()
            stack.time.sleep(A_WEEK_S)
            assert stack.tick().kind == "sweep"
    written = {key for call in made if call.action == "dynamodb:PutItem" for key in call.keys}
    assert {"QUARANTINE", "RUN", "MAIL"} <= written


def test_notify_and_deliver_roles__suffice_for_a_task_from_opening_to_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with follow_up_stack(monkeypatch) as stack:
        for changes in ({"score": 3}, {"text": "too slow"}, {"score": 9}):
            stack.write(**changes)
            with acting_as("NotifyFunction"):
                stack.decide()
            with acting_as("DeliverFunction"):
                stack.tick(timedelta(minutes=5))
        stack.refuse_login()
        with acting_as("DeliverFunction"):
            stack.tick(timedelta(minutes=5))
        kinds = sorted(mail.kind for mail in stack.store.mails() if mail.state == "SENT")
    assert kinds == ["comment", "credentials", "detractor", "score_raised"]
