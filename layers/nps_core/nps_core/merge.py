"""The one merge rule, whichever path brings an answer.

`merge` is a join: applying the same incoming versions in any order, any number of times, ends in
the same content. Newer `updated_at` wins; on a tie `updated` before `created`, then the later
timestamp, then the one with a comment. A webhook never overwrites what it does not carry (tags,
notes, completed), REST never erases an e-mail address or external id.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from nps_core.models import Answer, Incoming
from nps_core.times import epoch_ms, iso

Order = tuple[int, int, int, datetime, bool]


def merge(stored: Answer | None, incoming: Incoming, default_metric: str, now: datetime) -> Answer:
    """Return the answer after `incoming`; equal content means that there is nothing to write.

    The account fields of the result are those of `stored`: resolve them anew afterwards. `rev` is
    the hybrid clock `max(now in ms, stored.rev + 1)`.
    """
    base = stored or _first(incoming, default_metric, now)
    wins = stored is None or _order_of(incoming) >= _order(stored)
    merged = _take_core(base, incoming) if wins else base
    merged = _fill_identity(merged, incoming, wins=wins)
    merged = _take_flags(merged, incoming, is_newer=_second(incoming) > _second(base))
    if incoming.metric is not None and (wins or not base.metric_known):
        merged = replace(merged, metric=incoming.metric, metric_known=True)
    if stored is not None and merged.score != stored.score:
        merged = replace(merged, previous_score=stored.score)
    rev = max(epoch_ms(now), base.rev + 1)
    return replace(merged, rev=rev, extra=_extra(base.extra, incoming) if wins else base.extra)


def content_hash(answer: Answer) -> str:
    """Hash what a reader can see; equal hashes mean that nothing needs to be written.

    Bookkeeping (rev, event time, which path) is left out, `updated_at` counts by whole second.
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
        "flags": [answer.completed, answer.excluded, answer.deleted],
        "times": [iso(answer.answered_at), int(answer.updated_at.timestamp())],
        "extra": dict(answer.extra),
    }
    text = json.dumps(visible, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _first(incoming: Incoming, default_metric: str, now: datetime) -> Answer:
    """Return the empty answer that the first incoming version is merged into."""
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


def _take_core(base: Answer, new: Incoming) -> Answer:
    """Take what the end user said, when `new` is at least as recent."""
    return replace(
        base,
        score=new.score,
        text=new.text,
        survey_id=new.survey_id or base.survey_id,
        origin_url=new.origin_url or base.origin_url,
        properties=_properties(base.properties, new),
        answered_at=_finer(base.answered_at, new.answered_at),
        updated_at=_finer(base.updated_at, new.updated_at),
        event_rank=new.event_rank,
        event_at=new.event_at,
        source=new.source,
    )


def _fill_identity(base: Answer, new: Incoming, *, wins: bool) -> Answer:
    """A known address is replaced by a newer one but never erased by a path that lacks it."""
    email = (new.email or base.email) if wins else (base.email or new.email)
    external_id = (
        (new.external_id or base.external_id) if wins else (base.external_id or new.external_id)
    )
    return replace(
        base,
        email=email,
        external_id=external_id,
        end_user_id=new.end_user_id or base.end_user_id,
        is_unknown_user=(new.is_unknown_user or base.is_unknown_user) and email is None,
    )


def _take_flags(base: Answer, new: Incoming, *, is_newer: bool) -> Answer:
    """Take exclusion, tags, notes and completed: people edit them without moving `updated_at`.

    REST shows them as they are at the time of the read, so the latest read wins. A webhook knows
    only the exclusion, and only as of its event: it counts until REST has spoken, or when it is
    newer than what REST saw.
    """
    if not new.is_rest:
        may = new.excluded is not None and (base.rest_at is None or is_newer)
        return replace(base, excluded=bool(new.excluded)) if may else base
    if base.rest_at is not None and new.event_at < base.rest_at:
        return base
    stale = not is_newer and _second(new) < _second(base)
    return replace(
        base,
        excluded=base.excluded if stale or new.excluded is None else new.excluded,
        tags=base.tags if new.tags is None else new.tags,
        notes=base.notes if new.notes is None else new.notes,
        completed=base.completed if new.completed is None else new.completed,
        rest_at=new.event_at,
    )


def _properties(base: Mapping[str, Any], new: Incoming) -> Mapping[str, Any]:
    """Take the new properties; a form sends all values as text, so typed equals are kept."""
    if new.properties is None:
        return base
    if new.properties_typed:
        return dict(new.properties)
    return {
        name: base[name] if name in base and _as_form(base[name]) == value else value
        for name, value in new.properties.items()
    }


def _extra(base: Mapping[str, Any], new: Incoming) -> Mapping[str, Any]:
    """Keep unknown fields; a form's text never replaces a typed value."""
    return {**base, **new.extra} if new.properties_typed else {**new.extra, **base}


def _as_form(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _finer(base: datetime, new: datetime) -> datetime:
    """Keep milliseconds that a webhook knew when REST repeats the same second."""
    same_second = base.replace(microsecond=0) == new.replace(microsecond=0)
    return max(base, new) if same_second else new


def _second(version: Answer | Incoming) -> int:
    return int(version.updated_at.timestamp())


def _order(stored: Answer) -> Order:
    return _rank(stored.updated_at, stored.event_rank, stored.event_at, stored.text)


def _order_of(incoming: Incoming) -> Order:
    return _rank(incoming.updated_at, incoming.event_rank, incoming.event_at, incoming.text)


def _rank(updated_at: datetime, rank: int, event_at: datetime, text: str | None) -> Order:
    """Whole seconds first: REST and form webhooks know no more. Milliseconds only break ties."""
    return (
        int(updated_at.timestamp()),
        rank,
        updated_at.microsecond,
        event_at,
        text is not None,
    )
