"""Rows of one page: add the end user, parse or quarantine, store."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nps_core.answers.ingest import Ingest
from nps_core.answers.models import Incoming
from nps_core.answers.ports import Quarantine
from nps_core.connectors import fields
from nps_core.connectors.wootric.payloads import from_rest
from nps_core.connectors.wootric.protocol import row_ref
from nps_core.customers.people import Person
from nps_core.errors import PayloadError
from nps_core.keys import AnswerKey
from nps_core.sync.lists import KINDS, Stream
from sync_wootric.journal import PageResult
from sync_wootric.ports import PeopleCache

_WHOLE_SECOND = timedelta(seconds=1)
"""The header `Date` has no finer time; the reply was sent within this time after it."""

REFUSED = PayloadError("refused_by_store", "DynamoDB never takes this row")


@dataclass(frozen=True, slots=True)
class PageStore:
    account_token: str
    ingest: Ingest
    quarantine: Quarantine
    people: PeopleCache

    def store(
        self,
        stream: Stream,
        rows: Sequence[Any],
        asked_at: datetime,
        source_at: datetime | None = None,
    ) -> PageResult:
        """Store the rows of a page that was asked for at `asked_at`. Safe to repeat.

        `source_at`: the source's own time of the reply. A later read corrects an earlier one, so a
        clock of ours that is ahead must not make a read later than it was.

        Raises StoreUnavailable or Contended, and all errors of `PeopleCache.find`. A repeat skips
        rows that are already stored.
        """
        self.people.learn(rows)
        read_at = asked_at if source_at is None else min(asked_at, source_at + _WHOLE_SECOND)
        understood: list[Incoming] = []
        row_of: dict[AnswerKey, object] = {}
        quarantined = 0
        for row in self._completed(stream, rows):
            try:
                incoming = from_rest(row, KINDS[stream], self.account_token, read_at)
            except PayloadError as exc:
                quarantined += self.set_aside(row, exc, asked_at)
            else:
                understood.append(incoming)
                row_of[incoming.key] = row
        found = self.ingest.many(understood, asked_at)
        for key, outcome in found.items():
            if outcome == "refused":
                quarantined += self.set_aside(row_of[key], REFUSED, asked_at)
        outcomes = list(found.values())
        return PageResult(
            outcomes.count("created"),
            outcomes.count("updated"),
            outcomes.count("unchanged"),
            quarantined,
        )

    def _completed(self, stream: Stream, rows: Sequence[Any]) -> Iterable[Any]:
        """Add e-mail and external id to rows that have none and are not stored with them yet."""
        lacking = {index: user for index, row in enumerate(rows) if (user := _lacks_person(row))}
        if not lacking:
            return rows
        keys = {
            index: AnswerKey(self.account_token, KINDS[stream], row_ref(rows[index]).id)
            for index in lacking
        }
        # REST never erases a stored address, so only rows without one cost requests.
        stored = self.ingest.known(list(keys.values()))
        named = {key for key, answer in stored.items() if answer.email or answer.erased}
        unnamed = {index: user for index, user in lacking.items() if keys[index] not in named}
        if not unnamed:
            return rows
        seconds = [row_ref(rows[index]).second or 0 for index in unnamed]
        people = self.people.find(unnamed.values(), min(seconds))
        return [
            with_person(row, people[unnamed[index]]) if index in unnamed else row
            for index, row in enumerate(rows)
        ]

    def set_aside(
        self, row: object, problem: PayloadError, asked_at: datetime, source: str = "sync"
    ) -> bool:
        """Quarantine a row, without its IP address. Returns whether it is new."""
        kept = row
        if isinstance(row, Mapping):
            kept = {name: value for name, value in row.items() if name != "ip_address"}
        raw = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return self.quarantine.add(
            raw, problem.reason, problem.detail, source, self.account_token, asked_at
        )


def _lacks_person(row: object) -> str | None:
    """Return the end user's id if the row does not identify the person; a null e-mail does.

    A row without usable ids is nobody's: its ids go into no key and no request.
    """
    if not isinstance(row, Mapping) or "email" in row:
        return None
    user = row.get("end_user")
    if isinstance(user, Mapping) and "email" in user:
        return None
    try:
        fields.identifier(row, "id")
        return fields.identifier(row, "end_user_id")
    except PayloadError:
        return None


def with_person(row: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return the row with the person's e-mail and external id where it had none."""
    user = row.get("end_user")
    shown = user if isinstance(user, Mapping) else {}
    completed = {
        "email": shown.get("email") or person.email,
        "external_id": shown.get("external_id") or person.external_id,
    }
    return {**row, "end_user": {**shown, **completed}}
