"""The fake's data in memory: people, answers and declines, with the time each becomes visible."""

from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count
from threading import RLock
from typing import TypeVar

from nps_local.fakes.wootric.data.lines import Lines
from nps_local.fakes.wootric.data.model import Answer, Decline, EndUser, Row
from nps_local.fakes.wootric.data.timeline import Timeline

T = TypeVar("T", bound=Row)

FIRST_IDS = {"user": 7001, "response": 500001, "decline": 31001, "survey": 9001, "note": 1}


def _created(row: Row) -> int:
    return row.created_ms


class Store:
    """All state of the account. Hold `lock` around every use from a thread.

    Deleted rows stay in `answers` and `declines` with their flag, for the export; lists and lookups
    leave them out. Call `changed` after every change of a stored item, or lists keep it at its old
    place.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.users: dict[int, EndUser] = {}
        self.answers: dict[int, Answer] = {}
        self.declines: dict[int, Decline] = {}
        self.answer_line: Timeline[Answer] = Timeline(_created)
        self.decline_line: Timeline[Decline] = Timeline(_created)
        self.revision = 0
        self.answer_lines: Lines[Answer] = Lines()
        self.user_lines: Lines[EndUser] = Lines()
        self._named: dict[tuple[str, str], dict[int, EndUser]] = defaultdict(dict)
        self._of_user: dict[int, list[Row]] = defaultdict(list)
        self._hidden: list[tuple[int, int, Row]] = []
        self._order = count()
        self._purges: dict[int, int] = {}
        self._next_ids = dict(FIRST_IDS)

    def new_id(self, name: str) -> int:
        """Return the next id of a kind."""
        value = self._next_ids[name]
        self._next_ids[name] = value + 1
        return value

    def reserve_id(self, name: str, used: int) -> None:
        """Never issue an id that a caller has chosen."""
        self._next_ids[name] = max(self._next_ids[name], used + 1)

    def put_user(self, user: EndUser) -> None:
        self.users[user.id] = user
        if user.purge_at_ms is not None and not user.deleted:
            self._purges[user.id] = user.purge_at_ms
        self.reserve_id("user", user.id)
        self._note_user(user)
        self.revision += 1

    def put_rows(self, rows: Iterable[Answer | Decline], now_ms: int) -> None:
        """Add answers or declines. `advance` shows those that are not visible yet."""
        answers: list[Answer] = []
        declines: list[Decline] = []
        for row in rows:
            self._of_user[row.end_user_id].append(row)
            if isinstance(row, Answer):
                self.answers[row.id] = row
                self.reserve_id("response", row.id)
                self.answer_lines.note(row)
            else:
                self.declines[row.id] = row
                self.reserve_id("decline", row.id)
            if row.deleted:
                continue
            if row.visible_ms > now_ms:
                heappush(self._hidden, (row.visible_ms, next(self._order), row))
            elif isinstance(row, Answer):
                answers.append(row)
            else:
                declines.append(row)
        _insert(self.answer_line, answers)
        _insert(self.decline_line, declines)
        self.revision += 1

    def advance(self, now_ms: int) -> None:
        """Show rows that have become visible, and carry out due erasures."""
        while self._hidden and self._hidden[0][0] <= now_ms:
            row = heappop(self._hidden)[2]
            if row.deleted:
                continue
            if isinstance(row, Answer):
                self.answer_line.add(row)
                self.answer_lines.note(row)
            elif isinstance(row, Decline):
                self.decline_line.add(row)
        for user_id, due_ms in list(self._purges.items()):
            if due_ms <= now_ms:
                del self._purges[user_id]
                self.remove_user(self.users[user_id])

    def mark_user(self, user: EndUser, due_ms: int) -> None:
        """Schedule the erasure of a person."""
        user.purge_at_ms = due_ms
        self._purges[user.id] = due_ms
        self.changed(user)

    def changed(self, item: Row | EndUser) -> None:
        """Record the edit of a row or person: drops its cached text and moves it in lists."""
        item.version += 1
        if isinstance(item, EndUser):
            self._note_user(item)
        elif isinstance(item, Answer):
            self.answer_lines.note(item)
        self.revision += 1

    def remove_row(self, row: Row) -> None:
        """Delete from lists and lookups."""
        row.deleted = True
        if isinstance(row, Answer):
            self.answer_line.discard(row)
        elif isinstance(row, Decline):
            self.decline_line.discard(row)
        self.changed(row)

    def remove_user(self, user: EndUser) -> None:
        """Erase a person with all answers and declines."""
        for row in self._of_user[user.id]:
            if not row.deleted:
                self.remove_row(row)
        user.deleted = True
        self.changed(user)

    def live_users(self) -> list[EndUser]:
        return [user for user in self.users.values() if not user.deleted]

    def named(self, attribute: str, value: str) -> EndUser | None:
        """Find a person by `email`, `external_id` or `phone_number`."""
        known = self._named.get((attribute, value), {})
        alive = (user for user in known.values() if not user.deleted)
        return next((user for user in alive if getattr(user, attribute) == value), None)

    def answers_of(self, user_id: int, now_ms: int) -> list[Answer]:
        """List a person's visible answers, in the order they were added."""
        rows = self._of_user.get(user_id, ())
        return [r for r in rows if isinstance(r, Answer) and _visible(r, now_ms)]

    def declines_of(self, user_id: int, now_ms: int) -> list[Decline]:
        """List a person's visible declines, in the order they were added."""
        rows = self._of_user.get(user_id, ())
        return [r for r in rows if isinstance(r, Decline) and _visible(r, now_ms)]

    def _note_user(self, user: EndUser) -> None:
        self.user_lines.note(user)
        for attribute in ("email", "external_id", "phone_number"):
            value = getattr(user, attribute)
            if value is not None:  # former names stay in the index; `named` compares again
                self._named[attribute, value][user.id] = user

    def next_ids(self) -> dict[str, int]:
        """Return the id counters, for the state file."""
        return dict(self._next_ids)


def _visible(row: Row, now_ms: int) -> bool:
    return not row.deleted and row.visible_ms <= now_ms


def _insert(line: Timeline[T], rows: list[T]) -> None:
    if len(rows) > 8:
        line.extend(rows)
    else:
        for row in rows:
            line.add(row)
