"""A ledger holds the votes themselves, not a counter.

One lost reply makes a counter wrong. A ledger maps each answer's id to its newest version. Merging
takes the highest `rev` per id, so duplicates, reordering, replays and crashes change nothing. Every
number is a fold of the votes (see `account_numbers`).
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from nps_core.answers.contacts import as_of_today
from nps_core.answers.models import Answer
from nps_core.times import epoch_ms, from_epoch_ms

SPLIT_ABOVE = 2_000
"""Votes of one (account, month) item above which further ids go to one of its 16 parts."""


@dataclass(frozen=True, slots=True)
class Vote:
    """The newest known version of one answer, as far as numbers need it.

    `score` is None for a stored answer that does not count (excluded, deleted, another metric).
    `labels` are texts of the answer: (account name, owner) in an account's ledger, (e-mail address,
    end user id) in a contact's. `gone` marks a tombstone: the answer moved to another ledger or was
    removed, at `rev`.
    """

    rev: int
    answered_ms: int = 0
    score: int | None = None
    contact: str = ""
    labels: tuple[str | None, ...] = ()
    gone: bool = False
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Columns of another version, with one value per vote."""

    @property
    def answered_at(self) -> datetime:
        return from_epoch_ms(self.answered_ms)


Votes = dict[str, Vote]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Votes of one item; `version` counts its writes and guards the next one (0 = not stored)."""

    votes: Mapping[str, Vote] = field(default_factory=dict)
    version: int = 0
    is_split: bool = False
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Attributes of the item that another version has written."""

    def merged(self, new: Mapping[str, Vote]) -> "Ledger":
        """Return the ledger with `new` merged in; equal to this one if nothing is newer."""
        newer = {key: vote for key, vote in new.items() if is_newer(vote, self.votes.get(key))}
        if not newer:
            return self
        return self.with_votes(newer)

    def with_votes(self, new: Mapping[str, Vote]) -> "Ledger":
        """Return the ledger with exactly these votes for their ids, newer or not."""
        votes = {**self.votes, **new}
        return replace(self, votes=votes, is_split=self.is_split or len(votes) > SPLIT_ABOVE)


def vote_id(answer: Answer) -> str:
    """Return the id of a vote: ids may collide between Wootric accounts."""
    return f"{answer.key.account_token}#{answer.key.id}"


def account_vote(answer: Answer) -> Vote:
    return Vote(
        rev=answer.rev,
        answered_ms=epoch_ms(answer.answered_at),
        score=answer.score if answer.is_counted else None,
        contact=answer.contact_key,
        labels=(answer.account_name, answer.owner),
    )


def contact_vote(answer: Answer) -> Vote:
    return Vote(
        rev=answer.rev,
        answered_ms=epoch_ms(answer.answered_at),
        score=answer.score if answer.is_counted else None,
        labels=(answer.email, answer.end_user_id),
    )


def is_newer(vote: Vote, known: Vote | None) -> bool:
    """Whether `vote` replaces `known`: the higher rev; on a tie the answer beats its tombstone.

    A tie is an answer that was removed and restored within one millisecond.
    """
    return known is None or (vote.rev, not vote.gone) > (known.rev, not known.gone)


def join(ledgers: Iterable[Ledger]) -> Votes:
    """Return the votes of several items (months, parts) as one map: highest rev per id."""
    joined: Votes = {}
    for ledger in ledgers:
        for key, vote in ledger.votes.items():
            if is_newer(vote, joined.get(key)):
                joined[key] = vote
    return joined


def joined_contacts(ledgers: Iterable[tuple[str, Ledger]]) -> list[Ledger]:
    """Return one ledger per contact. `ledgers`: by contact, who may have one under a former key."""
    found: dict[str, list[Ledger]] = {}
    for contact, ledger in ledgers:
        found.setdefault(as_of_today(contact), []).append(ledger)
    return [each[0] if len(each) == 1 else Ledger(join(each)) for each in found.values()]


_COLUMNS = {"id", "rev", "at", "score", "who", "label", "text"}


def encode(votes: Mapping[str, Vote]) -> bytes:
    """Pack votes into the bytes of an item: about 20 bytes a vote, so 50 fit one write unit.

    Columns of deltas, sorted by id, texts in a table, as JSON, deflated: readable with two lines of
    any language, and canonical (equal votes give equal JSON).
    """
    ids = sorted(votes)
    rows = [votes[key] for key in ids]
    texts = sorted({t for vote in rows for t in (vote.contact, *vote.labels) if t})
    place = {text: number for number, text in enumerate(texts, 1)}
    columns: dict[str, Any] = {
        "id": ids,
        "rev": _deltas([vote.rev for vote in rows]),
        "at": _deltas([vote.answered_ms for vote in rows]),
        "score": [None if vote.gone else -1 if vote.score is None else vote.score for vote in rows],
        "who": [place.get(vote.contact, 0) for vote in rows],
        "label": [[place.get(text or "", 0) for text in vote.labels] for vote in rows],
        "text": texts,
    }
    for name in sorted({name for vote in rows for name in vote.unknown}):
        columns[name] = [vote.unknown.get(name) for vote in rows]
    return zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), 9)


def decode(packed: bytes) -> Votes:
    """Inverse of `encode`. A vote that changes loses its values in other versions' columns."""
    columns = json.loads(zlib.decompress(packed))
    labels = columns.get("label") or [[]] * len(columns["id"])
    unknown = columns.keys() - _COLUMNS
    texts: list[str | None] = [None, *columns["text"]]
    revs, times = _sums(columns["rev"]), _sums(columns["at"])
    return {
        key: Vote(
            rev=revs[i],
            answered_ms=times[i],
            score=None if columns["score"][i] in (None, -1) else columns["score"][i],
            contact=as_of_today(texts[columns["who"][i]] or ""),
            labels=tuple(texts[number] for number in labels[i]),
            gone=columns["score"][i] is None,
            unknown={name: columns[name][i] for name in unknown},
        )
        for i, key in enumerate(columns["id"])
    }


def _deltas(numbers: list[int]) -> list[int]:
    return [number - before for before, number in zip([0, *numbers], numbers, strict=False)]


def _sums(deltas: list[int]) -> list[int]:
    total, sums = 0, []
    for delta in deltas:
        total += delta
        sums.append(total)
    return sums
