"""Port to alerts, tasks and the outbox; adapter and fake pass the same contract tests."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from nps_core.follow_up.models import Alert, Decision, Standing, Task
from nps_core.keys import AnswerKey
from nps_core.outbox.mail_states import OutboxMail


class FollowUpStore(Protocol):
    """Alerts, tasks and outbox of StateTable. Reads are strongly consistent."""

    def alerts(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Alert]:
        """Return the existing alerts, by answer."""
        ...

    def standing(self, key: AnswerKey, scope: str | None) -> Standing:
        """Return all inputs of a decision; without a scope there is no open task."""
        ...

    def commit(self, before: Standing, decision: Decision) -> bool:
        """Write the decision in one transaction. False: `before` is out of date."""
        ...

    def task(self, task_id: str) -> Task | None: ...

    def mail(self, key: str) -> OutboxMail | None: ...

    def move(self, before: OutboxMail, after: OutboxMail) -> OutboxMail | None:
        """Write `after` with the next fence; None if the fence of `before` is not the latest."""
        ...

    def due(self, now: datetime, limit: int) -> Iterable[str]:
        """Return keys of mails due by `now`, oldest first; may lag by a moment."""
        ...
