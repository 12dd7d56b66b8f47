"""The notify and deliver handlers on real tables and SES over HTTP; tests move the time."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import deliver.app
import notify.app
import rollup.app
from nps_core import clock
from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.models import Answer, Change
from nps_core.answers.removal import Removal
from nps_core.aws import clients
from nps_core.connections.profile import DynamoProfiles
from nps_core.customers.directory import DynamoDirectory
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.mails.credentials import CredentialsFacts, credentials_mail
from nps_core.outbox.mail_states import LEASE, RESEND_AFTER, OutboxMail
from nps_core.times import epoch_ms
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.ses_server import SesServer, ses_server
from nps_testing.stacks.crashes import Killed, Moment, fuse_on
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.lambda_context import context
from nps_testing.stacks.snapshot import Snapshot
from nps_testing.stream_events import stream_event


@dataclass
class FollowUpStack:
    """Both handlers; with `kill_at` set, the process dies once, at that AWS call."""

    ses: SesServer
    now: datetime = NOW
    kill_at: int | None = None
    moment: Moment = "before"
    calls: int = 0
    pending: list[Change] = field(default_factory=list)

    @property
    def store(self) -> DynamoFollowUp:
        return DynamoFollowUp(clients.dynamodb(), os.environ["STATE_TABLE"])

    def write(self, **changes: Any) -> Answer:
        """Store a new version of an answer; its stream record is pending."""
        answers = DynamoAnswerStore(clients.dynamodb(), os.environ["RESPONSES_TABLE"])
        new = make_answer(**changes)
        old = answers.get(new.key)
        if old is not None:
            given = {name: value for name, value in changes.items() if name != "id"}
            new = replace(old, **given)
            if new.score != old.score:
                new = replace(new, previous_score=old.score)
        new = replace(new, rev=max(epoch_ms(self.now), old.rev + 1 if old else 0))
        assert answers.put(new, old.rev if old else None)
        self.pending.append((old, new))
        return new

    def remove(self, how: Removal, **key: Any) -> None:
        """Delete an answer or erase its person, as the sync does; its stream record is pending."""
        answers = DynamoAnswerStore(clients.dynamodb(), os.environ["RESPONSES_TABLE"])
        directory = DynamoDirectory(clients.dynamodb(), os.environ["STATE_TABLE"])
        old = answers.get(make_answer(**key).key)
        assert old is not None
        ingest = Ingest(answers, directory, AccountRules.of("company_id", "company", "csm"), "NPS")
        assert ingest.remove(old, self.now, how) == "updated"
        self.pending.append((old, answers.get(old.key)))

    def refuse_login(self) -> None:
        """Record refused credentials as the sync does."""
        facts = CredentialsFacts(
            account_token=TOKEN,
            host="api.wootric.com",
            failed_at=self.now,
            error="HTTP 401: run `nps connect`",
        )
        mail = credentials_mail("admin@example.com", facts)
        connections = DynamoProfiles(clients.dynamodb(), os.environ["STATE_TABLE"])
        assert connections.login_refused(TOKEN, mail, self.now)

    def way_back(self) -> Callable[[], None]:
        """Return a function that restores this point in a new process; no record may be pending."""
        assert not self.pending
        tables, now, received = Snapshot.take(), self.now, list(self.ses.received)

        def go_back() -> None:
            tables.restore()
            self.now, self.ses.received[:] = now, received
            _restart()

        return go_back

    def count(self) -> None:
        """Hand all pending stream records to the rollup handler; they stay pending."""
        rollup.app.handler(stream_event(self.pending), context())

    def decide(self) -> None:
        """Hand all pending stream records to the notify handler, until it accepts them."""
        event = stream_event(self.pending)
        while not self._survives(lambda: notify.app.handler(event, context())):
            continue
        self.pending.clear()

    def tick(self, after: timedelta = timedelta(0)) -> dict[str, int]:
        """Run the deliver handler later; after a kill, further ticks do the rest."""
        self.now += after
        reports: list[dict[str, int]] = []
        if not self._survives(
            lambda: reports.append(deliver.app.handler({"schedule": "deliver"}, context()))
        ):
            for span in (LEASE, RESEND_AFTER):
                self.now += span
                deliver.app.handler({"schedule": "deliver"}, context())
        return reports[0] if reports else {}

    def mails(self) -> dict[str, OutboxMail]:
        """All outbox mails by kind; for tests about one answer."""
        return {mail.kind: mail for mail in self.store.mails()}

    def received(self) -> list[tuple[str, str, str]]:
        """(recipient, subject, text) of every mail that reached SES."""
        return [
            (
                mail["Destination"]["ToAddresses"][0],
                mail["Content"]["Simple"]["Subject"]["Data"],
                mail["Content"]["Simple"]["Body"]["Text"]["Data"],
            )
            for mail in self.ses.received
        ]

    def _survives(self, act: Callable[[], object]) -> bool:
        left = self.kill_at - self.calls if self.kill_at else None
        used: list[Any] = [clients.dynamodb(), clients.ses()]
        try:
            with fuse_on(used, left, self.moment) as fuse:
                act()
        except Killed:
            _restart()
            return False
        finally:
            self.calls += fuse.calls
        return True


@contextmanager
def follow_up_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FollowUpStack]:
    """Use the tables of the environment; the connection was activated a day ago."""
    with ses_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", server.url)
        clients.ses.cache_clear()
        _restart()
        stack = FollowUpStack(server)
        monkeypatch.setattr(clock, "now", lambda: stack.now)
        connections = DynamoProfiles(clients.dynamodb(), os.environ["STATE_TABLE"])
        connections.activate(TOKEN, NOW - timedelta(days=1))
        yield stack


def _restart() -> None:
    """Drop the state that a new process does not have."""
    notify.app.deps.cache_clear()
    deliver.app.deps.cache_clear()
