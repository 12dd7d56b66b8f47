"""The keys of all stored answers by account, from one scan, in little memory."""

import sqlite3
from collections.abc import Iterable, Iterator

from nps_core.answers.models import Answer
from nps_core.keys import AnswerKey, parse_answer_key

_AT_ONCE = 5_000


class AnswersByAccount:
    """A temporary file that SQLite removes at the end; it holds keys and account ids only."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")
        self._file.execute("CREATE TABLE answers (account TEXT, answer TEXT)")

    def fill(self, answers: Iterable[Answer], account: str | None) -> int:
        """Take the responses of one account or of all. Returns their number."""
        number, rows = 0, list[tuple[str, str]]()
        for answer in answers:
            if answer.key.kind == "response" and account in (None, answer.ledger_account):
                rows.append((answer.ledger_account, str(answer.key)))
                number += 1
            if len(rows) >= _AT_ONCE:
                self._add(rows)
        self._add(rows)
        self._file.execute("CREATE INDEX by_account ON answers (account)")
        return number

    def accounts(self) -> Iterator[str]:
        return (row[0] for row in self._file.execute("SELECT DISTINCT account FROM answers"))

    def of(self, account: str) -> list[AnswerKey]:
        found = self._file.execute("SELECT answer FROM answers WHERE account = ?", (account,))
        return [parse_answer_key(row[0]) for row in found]

    def _add(self, rows: list[tuple[str, str]]) -> None:
        self._file.executemany("INSERT INTO answers VALUES (?, ?)", rows)
        rows.clear()
