"""The merge rule for all versions of an answer, from any source.

`merge` is a join: the same versions in any order, any number of times, end in the same content.
Each field has the value of the newest version that carries it, so a field that a version lacks
erases nothing, and an empty value that a version carries does. Identity is only ever replaced.
`stamps.precedence` says which version is newer.

Only a row that was read after a removal undoes it. A late webhook never restores personal data: an
answer that was erased once takes personal fields from later reads only.
"""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nps_core.answers.models import Answer, Incoming
from nps_core.answers.registers import joined, of_answer, of_version, values
from nps_core.answers.stamps import own_stamp, precedence, stamp_of
from nps_core.times import epoch_ms, iso

_OF_NEWEST = ("updated_at", "event_rank", "event_at", "source")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def merge(stored: Answer | None, incoming: Incoming, default_metric: str, now: datetime) -> Answer:
    """Return the answer after `incoming`; equal content means that there is nothing to write.

    The result has the account fields of `stored`: resolve them again afterwards. `rev` is the
    hybrid clock `max(now in ms, stored.rev + 1)`.
    """
    base = stored or _first(incoming, default_metric, now)
    restores = base.erased and _was_read_after_erasure(base, incoming)
    is_personal = _erased_at(base) is None or _was_read_after_erasure(base, incoming)
    new, own = stamp_of(incoming, is_personal=is_personal), own_stamp(base)
    said = of_version(incoming, new, is_personal=is_personal)
    known = {} if stored is None else of_answer(stored)
    fields = {**known, **said} if restores else joined(known, said)
    wins = stored is None or restores or precedence(new) >= precedence(own)
    merged = replace(
        base,
        rev=max(epoch_ms(now), base.rev + 1),
        **_times(base, incoming, wins=wins, is_tie=new == own),
        **_removals(base, incoming),
    )
    shown = values(merged, fields, new if wins else own)
    if not base.erased or restores:
        is_unknown = base.is_unknown_user or incoming.is_unknown_user
        shown["is_unknown_user"] = is_unknown and shown["email"] is None
    if stored is not None and shown["score"] != stored.score:
        shown["previous_score"] = stored.score
    return replace(merged, **shown)


def content_hash(answer: Answer) -> str:
    """Hash the visible content; equal hashes mean that nothing needs to be written.

    Bookkeeping (rev, event time, source, stamps) is excluded, and `updated_at` counts by whole
    second.
    """
    visible = {
        "score": answer.score,
        "text": answer.text,
        "metric": answer.metric,
        "metric_known": answer.metric_known,
        "who": [answer.email, answer.external_id, answer.end_user_id, answer.is_unknown_user],
        "account": [answer.account_id, answer.account_name, answer.account_rule, answer.owner],
        "survey": [answer.survey_id, answer.origin_url],
        "properties": dict(answer.properties),
        "tags": answer.tags,
        "notes": answer.notes,
        "flags": [answer.completed, answer.excluded, answer.deleted, answer.erased],
        "times": [iso(answer.answered_at), int(answer.updated_at.timestamp())],
        "extra": dict(answer.extra),
    }
    text = json.dumps(visible, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _first(incoming: Incoming, default_metric: str, now: datetime) -> Answer:
    """Return the empty answer into which the first incoming version is merged."""
    return Answer(
        key=incoming.key,
        score=None,
        text=None,
        metric=default_metric,
        metric_known=False,
        email=None,
        external_id=None,
        end_user_id=None,
        is_unknown_user=False,
        account_id=None,
        account_name=None,
        account_rule="unmatched",
        owner=None,
        survey_id=None,
        origin_url=None,
        properties={},
        tags=(),
        notes=(),
        completed=None,
        excluded=False,
        deleted=False,
        erased=False,
        answered_at=incoming.answered_at,
        updated_at=incoming.updated_at,
        event_rank=incoming.event_rank,
        event_at=incoming.event_at,
        rest_at=None,
        source=incoming.source,
        first_source=incoming.source,
        first_seen_at=now,
        previous_score=None,
        extra={},
        rev=0,
    )


def _times(base: Answer, new: Incoming, *, wins: bool, is_tie: bool) -> dict[str, Any]:
    """Return the times of the newest version, and of all reads the latest.

    The milliseconds of a webhook stay when REST repeats the same second.
    """
    second = _whole(new.answered_at if wins else base.answered_at)
    if is_tie:
        second = max(second, _whole(base.answered_at))
    finest = max(
        (at for at in (base.finest_at, base.answered_at, new.answered_at) if at and at.microsecond),
        default=None,
    )
    is_of_second = finest is not None and _whole(finest) == second
    times: dict[str, Any] = {
        "answered_at": finest if finest is not None and is_of_second else second,
        "finest_at": None if is_of_second else finest,
        "rest_at": _latest(base.rest_at, new.event_at) if new.is_rest else base.rest_at,
    }
    if wins:
        times |= {name: getattr(new, name) for name in _OF_NEWEST}
        times["is_form"] = not new.properties_typed
    return times


def _removals(base: Answer, new: Incoming) -> dict[str, Any]:
    """Return the removals that `new` leaves: a row that was read later disproves them."""
    deleted_at, erased_at = _deleted_at(base), _erased_at(base)
    is_gone = not new.is_rest or (deleted_at is not None and new.event_at <= deleted_at)
    is_deleted = base.deleted and is_gone
    return {
        "deleted": is_deleted,
        "deleted_at": deleted_at if is_deleted else None,
        "erased": base.erased and not _was_read_after_erasure(base, new),
        "erased_at": erased_at,
        "contact": None if _was_read_after_erasure(base, new) else base.contact,
    }


def _was_read_after_erasure(base: Answer, new: Incoming) -> bool:
    erased_at = _erased_at(base)
    return erased_at is not None and new.is_rest and new.event_at > erased_at


def _deleted_at(answer: Answer) -> datetime | None:
    """Return the time of the deletion; an earlier version kept it as the latest read."""
    if not answer.deleted:
        return None
    return answer.deleted_at or answer.rest_at or _LONG_AGO


def _erased_at(answer: Answer) -> datetime | None:
    if not answer.erased:
        return answer.erased_at
    return answer.erased_at or answer.rest_at or _LONG_AGO


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _latest(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
