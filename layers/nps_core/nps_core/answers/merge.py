"""The merge rule for all versions of an answer, from any source.

`merge` is a join: applying the same incoming versions in any order, any number of times, ends in
the same content. Newer `updated_at` wins. Within one second `updated` beats `created`, a row that
was read after that second beats a webhook, then the later timestamp wins, then the version with a
comment. Fields that the newest version lacks come from older versions, so a webhook never
overwrites tags, notes and completed, and REST never erases an e-mail address or external id.

Only a row that was read after a removal undoes it. Until then a deleted answer stays deleted and an
erased one stays erased: a late webhook never restores personal data.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from nps_core.answers.models import Answer, Incoming
from nps_core.times import epoch_ms, iso

Precedence = tuple[int, int, bool, int, datetime, bool, str, int]


def merge(stored: Answer | None, incoming: Incoming, default_metric: str, now: datetime) -> Answer:
    """Return the answer after `incoming`; equal content means that there is nothing to write.

    The result has the account fields of `stored`: resolve them again afterwards. `rev` is the
    hybrid clock `max(now in ms, stored.rev + 1)`.
    """
    base = stored or _first(incoming, default_metric, now)
    rev = max(epoch_ms(now), base.rev + 1)
    if base.erased and not _shows_again(base, incoming):
        return replace(base, rev=rev)
    wins = stored is None or base.erased or _order_of(incoming) >= _order(stored)
    merged = replace(_fill(base, incoming, wins=wins), erased=False)
    if wins:
        merged = _take_core(merged, incoming)
    if incoming.is_rest:
        merged = _take_labels(merged, incoming)
    if incoming.metric is not None and (wins or not base.metric_known):
        merged = replace(merged, metric=incoming.metric, metric_known=True)
    if stored is not None and merged.score != stored.score:
        merged = replace(merged, previous_score=stored.score)
    return replace(merged, rev=rev)


def content_hash(answer: Answer) -> str:
    """Hash the visible content; equal hashes mean that nothing needs to be written.

    Bookkeeping (rev, event time, source) is excluded, and `updated_at` counts by whole second.
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
        metric=incoming.metric or default_metric,
        metric_known=incoming.metric is not None,
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


def _fill(base: Answer, new: Incoming, *, wins: bool) -> Answer:
    """Take optional fields from the newest version that has them; absence erases nothing."""
    newer: Answer | Incoming = new if wins else base
    older: Answer | Incoming = base if wins else new
    exact = wins and new.properties_typed
    email = newer.email or older.email
    said, known = newer.properties or older.properties or {}, older.properties or {}
    return replace(
        base,
        email=email,
        external_id=newer.external_id or older.external_id,
        end_user_id=newer.end_user_id or older.end_user_id,
        is_unknown_user=(new.is_unknown_user or base.is_unknown_user) and email is None,
        survey_id=newer.survey_id or older.survey_id,
        origin_url=newer.origin_url or older.origin_url,
        properties=dict(said) if exact else _keep_types(said, known),
        answered_at=_finer(older.answered_at, newer.answered_at),
        extra={**older.extra, **(newer.extra if exact else _keep_types(newer.extra, older.extra))},
    )


def _take_core(base: Answer, new: Incoming) -> Answer:
    """Take the fields that every version has, if `new` is at least as recent."""
    return replace(
        base,
        score=new.score,
        text=new.text,
        excluded=base.excluded if new.excluded is None else new.excluded,
        updated_at=new.updated_at,
        event_rank=new.event_rank,
        event_at=new.event_at,
        source=new.source,
    )


def _take_labels(base: Answer, new: Incoming) -> Answer:
    """Take tags, notes and completed from the latest read: users edit them in the dashboard.

    Such an edit need not move `updated_at`, so the time of the read decides.
    """
    if base.rest_at is not None and new.event_at < base.rest_at:
        return base
    return replace(
        base,
        tags=base.tags if new.tags is None else new.tags,
        notes=base.notes if new.notes is None else new.notes,
        completed=base.completed if new.completed is None else new.completed,
        deleted=base.deleted and not _shows_again(base, new),
        rest_at=new.event_at,
    )


def _shows_again(removed: Answer, new: Incoming) -> bool:
    """Whether `new` was read after the removal: a row that can be read exists."""
    return new.is_rest and (removed.rest_at is None or new.event_at > removed.rest_at)


def _keep_types(newer: Mapping[str, Any], older: Mapping[str, Any]) -> dict[str, Any]:
    """Return `newer`, with the typed value of `older` where `newer` has only its text (a form)."""
    return {
        name: older[name] if name in older and _as_form(older[name]) == value else value
        for name, value in newer.items()
    }


def _as_form(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _finer(older: datetime, newer: datetime) -> datetime:
    """Keep the milliseconds of a webhook when REST repeats the same second."""
    same_second = older.replace(microsecond=0) == newer.replace(microsecond=0)
    return max(older, newer) if same_second else newer


def _order(stored: Answer) -> Precedence:
    return _rank(stored, is_rest=stored.source == "sync")


def _order_of(incoming: Incoming) -> Precedence:
    return _rank(incoming, is_rest=incoming.is_rest)


def _rank(version: Answer | Incoming, *, is_rest: bool) -> Precedence:
    """Rank by whole second first: REST and form webhooks have no finer time.

    A row read after that second has ended shows its final state, so it beats the webhooks of the
    same second, and the later of two reads wins. This corrects lost and reordered webhooks, and
    edits that leave `updated_at` alone. Milliseconds break ties between webhooks. The content comes
    last, so that no two different versions are equal.
    """
    second = int(version.updated_at.timestamp())
    settled = is_rest and int(version.event_at.timestamp()) > second
    score = -1 if version.score is None else version.score
    text = version.text or ""
    millis = 0 if settled else version.updated_at.microsecond
    return second, version.event_rank, settled, millis, version.event_at, bool(text), text, score
