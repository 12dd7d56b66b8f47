"""Contacts of an account: their latest score and its direction."""

from typing import Any

from nps_core.answers.models import UNMATCHED
from nps_core.customers.people import Profile
from nps_core.numbers.account_numbers import ContactView
from nps_core.scoring import Direction, ScoreClass
from nps_core.views.view import Moment, SourceId, View


class ContactRow(View):
    """A contact; the last three fields are current, null and {} while unknown."""

    email: str | None
    end_user_id: SourceId | None
    account_id: str | None
    latest_score: int
    latest_class: ScoreClass
    latest_at: Moment
    previous_score: int | None
    previous_at: Moment | None
    direction: Direction
    delta: int | None
    name: str | None
    external_id: str | None
    properties: dict[str, Any]


def contact_row(view: ContactView, profile: Profile | None) -> ContactRow:
    """`profile` is None for an end user whom no list has named yet."""
    return ContactRow(
        email=view.email,
        end_user_id=view.end_user_id,
        account_id=view.account_id,
        latest_score=view.latest_score,
        latest_class=view.latest_class,
        latest_at=view.latest_at,
        previous_score=view.previous_score,
        previous_at=view.previous_at,
        direction=view.direction,
        delta=view.delta,
        name=profile.name if profile else None,
        external_id=profile.external_id if profile else None,
        properties=dict(profile.properties) if profile else {},
    )


def contact_account(ledger_account: str) -> str | None:
    """Return the account id of a ledger name; None for the unmatched."""
    return None if ledger_account == UNMATCHED else ledger_account
