"""Factories with plausible defaults: a test names only the values that it is about."""

from datetime import UTC, datetime
from typing import Any

from nps_core.answers.models import Answer, Incoming
from nps_core.keys import AnswerKey
from nps_core.times import epoch_ms
from nps_testing.stacks.environment import TOKEN

NOW = datetime(2026, 3, 2, 17, 16, tzinfo=UTC)


def make_incoming(**overrides: Any) -> Incoming:
    """Return a webhook's `created` event of a detractor at Acme."""
    answered_at = overrides.pop("answered_at", datetime(2026, 3, 2, 17, 15, 4, 120_000, UTC))
    fields: dict[str, Any] = {
        "key": AnswerKey(TOKEN, "response", str(overrides.pop("id", 500001))),
        "source": "webhook",
        "score": 3,
        "text": None,
        "metric": "NPS",
        "email": "ana@acme.example",
        "external_id": "u-42",
        "end_user_id": "7001",
        "is_unknown_user": False,
        "survey_id": "9001",
        "origin_url": "https://app.example.com/home",
        "properties": {"company": "Acme Inc", "company_id": "c-118", "seats_amount": 120},
        "properties_typed": True,
        "answered_at": answered_at,
        "updated_at": overrides.pop("updated_at", answered_at),
        "event_rank": 0,
        "event_at": overrides.pop("event_at", datetime(2026, 3, 2, 17, 15, 6, 402_000, UTC)),
        "excluded": False,
    }
    return Incoming(**{**fields, **overrides})


def make_rest(**overrides: Any) -> Incoming:
    """Return the same answer as a REST row that was read at NOW: whole seconds, tags, no metric."""
    answered_at = overrides.pop("answered_at", datetime(2026, 3, 2, 17, 15, 4, tzinfo=UTC))
    fields: dict[str, Any] = {
        "source": "sync",
        "metric": None,
        "answered_at": answered_at,
        "event_rank": 1,
        "event_at": NOW,
        "tags": (),
        "notes": (),
        "completed": False,
    }
    return make_incoming(**{**fields, **overrides})


def make_answer(**overrides: Any) -> Answer:
    """Return a stored detractor at Acme."""
    answered_at = overrides.pop("answered_at", datetime(2026, 3, 2, 17, 15, 4, 120_000, UTC))
    fields: dict[str, Any] = {
        "key": AnswerKey(
            TOKEN, overrides.pop("kind", "response"), str(overrides.pop("id", 500001))
        ),
        "score": 3,
        "text": None,
        "metric": "NPS",
        "metric_known": True,
        "email": "ana@acme.example",
        "external_id": "u-42",
        "end_user_id": "7001",
        "is_unknown_user": False,
        "account_id": "c-118",
        "account_name": "Acme Inc",
        "account_rule": "property:company_id",
        "owner": "csm@example.com",
        "survey_id": "9001",
        "origin_url": "https://app.example.com/home",
        "properties": {"company": "Acme Inc", "company_id": "c-118", "seats_amount": 120},
        "tags": (),
        "notes": (),
        "completed": None,
        "excluded": False,
        "deleted": False,
        "erased": False,
        "answered_at": answered_at,
        "updated_at": answered_at,
        "event_rank": 0,
        "event_at": answered_at,
        "rest_at": None,
        "source": "webhook",
        "first_source": "webhook",
        "first_seen_at": NOW,
        "previous_score": None,
        "extra": {},
        "rev": epoch_ms(NOW),
    }
    return Answer(**{**fields, **overrides})
