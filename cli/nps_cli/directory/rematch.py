"""Matches unmatched answers again after the directory has changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nps_cli.repair.ingest import ingest_of
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack, answer_keys
from nps_core.answers.matching import resolve
from nps_core.answers.models import UNMATCHED, Answer
from nps_core.customers.entries import DirectoryEntry
from nps_core.keys import AnswerKey

_BATCH = 100


@dataclass(frozen=True, slots=True)
class KnownDirectory:
    """A directory in memory: (kind, value) to account id."""

    entries: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, entries: Iterable[DirectoryEntry]) -> "KnownDirectory":
        """Of two entries for one value the later wins."""
        return cls(
            {
                (entry.kind, entry.value): entry.account_id
                for entry in entries
                if entry.account_id is not None
            }
        )

    def account_of(self, lookups: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
        """Return (account id, kind) of the first known (kind, value)."""
        for kind, value in lookups:
            if (kind, value) in self.entries:
                return self.entries[kind, value], kind
        return None


def rematch(stack: Stack, directory: KnownDirectory, *, dry_run: bool) -> tuple[int, int]:
    """Match the unmatched answers by `directory`. Returns (unmatched before, matched now).

    The stream then moves their votes, so the accounts' numbers need no further step.
    """
    ingest = ingest_of(stack, directory)
    keys = answer_keys(stack, UNMATCHED)
    seen = matched = 0
    for answer in track(_unmatched(stack, keys), "unmatched answers", len(keys)):
        seen += 1
        if resolve(answer, ingest.rules, directory).account_id is None:
            continue
        if dry_run or ingest.rematch(answer, stack.now) == "updated":
            matched += 1
    return seen, matched


def _unmatched(stack: Stack, keys: Sequence[AnswerKey]) -> Iterator[Answer]:
    for start in range(0, len(keys), _BATCH):
        answers = stack.answers.get_many(keys[start : start + _BATCH])
        yield from (answer for answer in answers.values() if answer.account_id is None)
