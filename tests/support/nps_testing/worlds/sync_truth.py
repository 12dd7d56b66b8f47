"""Compares the stored answers with the fake's rows, in every field of a listed row."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

from nps_core.answers.models import Answer
from nps_core.keys import Kind
from nps_core.scoring import categorize
from nps_core.sync.proof.counting import ClassCounts, Days
from nps_local.fakes.wootric.data.model import Answer as SourceAnswer
from nps_local.fakes.wootric.data.model import Decline, EndUser
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.worlds.sync_account import ZONE

KINDS: tuple[Kind, ...] = ("response", "decline")
SourceRow = SourceAnswer | Decline


class Synced(Protocol):
    """A source and its stored answers, such as `sync_account.SyncAccount`."""

    @property
    def source(self) -> FakeWootric:
        """The truth."""
        ...

    def stored(self, kind: Kind, row_id: object) -> Answer | None:
        """The stored answer or decline."""
        ...


def rows(account: Synced, kind: Kind) -> list[SourceRow]:
    """All rows of the source, deleted ones too. Hold the store's lock while requests are served."""
    store = account.source.store
    store.advance(account.source.context.now_ms())
    found: dict[int, Any] = store.answers if kind == "response" else store.declines
    return list(found.values())


def second_of(row: SourceRow) -> int:
    return row.created_ms // 1000


def is_listed(row: SourceRow, now_ms: float) -> bool:
    """Whether the source's list shows a row."""
    return not row.deleted and row.visible_ms <= now_ms


def differences(account: Synced, since_s: int = 0) -> list[str]:
    """Return the differences between the source and the stored answers.

    `since_s`: rows created before it are ignored.
    """
    return [
        f"{kind} {row.id}: {problem}"
        for kind in KINDS
        for row in rows(account, kind)
        if second_of(row) >= since_s
        for problem in difference(account, kind, row)
    ]


def difference(account: Synced, kind: Kind, row: SourceRow) -> Iterator[str]:
    """Yield the differences between a row of the source and its stored answer."""
    stored, user = account.stored(kind, row.id), account.source.store.users[row.end_user_id]
    if row.deleted:
        yield from _gone(stored, row, is_erased=user.deleted)
    elif row.visible_ms > account.source.context.now_ms():
        return  # a webhook may have brought it already
    elif stored is None:
        yield "not stored"
    else:
        yield from (name for name, same in _compared(stored, row, user).items() if not same)


def source_counts(account: Synced, days: Days) -> ClassCounts:
    """The counted answers of the source by class, as in its own summary."""
    from_s, to_s = days.seconds(ZONE)
    now_ms = account.source.context.now_ms()
    counts = [0, 0, 0]
    for row in account.source.store.answers.values():
        if from_s <= second_of(row) < to_s and is_listed(row, now_ms) and not row.excluded:
            group = categorize(row.score if row.score is not None else 0)
            counts[("promoter", "passive", "detractor").index(group)] += 1
    return ClassCounts(*counts)


def _gone(stored: Answer | None, row: SourceRow, *, is_erased: bool) -> Iterator[str]:
    """Yield the differences of a deleted row. One that was never seen need not be stored."""
    if stored is None:
        return
    if not stored.deleted and not stored.erased:
        yield "gone at the source, still stored"
    if is_erased and stored.erased:
        if any((stored.text, stored.email, stored.external_id, stored.notes, stored.properties)):
            yield "its person is erased, what tells of them is still stored"
        if isinstance(row, SourceAnswer) and stored.score is None:
            yield "its person is erased, the vote must stay"


def _compared(stored: Answer, row: SourceRow, user: EndUser) -> dict[str, bool]:
    moment = datetime.fromtimestamp(second_of(row), UTC)
    same = {
        "stored as deleted": not stored.deleted,
        "stored as erased": not stored.erased,
        "created_at": stored.answered_at.replace(microsecond=0) == moment,
        "end_user_id": stored.end_user_id == str(row.end_user_id),
        "properties": stored.properties == row.properties,
    }
    if isinstance(row, SourceAnswer):
        same |= {
            "email": user.email in (None, "Unknown") or stored.email == user.email,
            "score": stored.score == row.score,
            "text": stored.text == row.text,
            "excluded": stored.excluded == row.excluded,
            "completed": stored.completed == row.completed,
            "tags": list(stored.tags) == row.tags,
            "notes": list(stored.notes) == [note.text for note in row.notes],
        }
    return same
