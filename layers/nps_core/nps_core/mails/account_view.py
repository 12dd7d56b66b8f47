"""The account block of a mail, ready for the template."""

from dataclasses import dataclass

from nps_core.mails import trend
from nps_core.mails.model import AccountNumbers
from nps_core.mails.palette import Tone
from nps_core.mails.sanitize import clean_line
from nps_core.mails.wording import account_of, basis_of, headline_of


@dataclass(frozen=True)
class Count:
    """One of the three counts behind an NPS."""

    tone: Tone
    label: str
    n: int


@dataclass(frozen=True)
class AccountView:
    """What the account block shows; `name` None means not matched yet, and then no numbers."""

    name: str | None
    headline: str | None
    basis: str
    class_name: str
    counts: tuple[Count, ...]
    bars: tuple[trend.Bar, ...]
    caption: str
    has_pale: bool
    half_height: int = trend.HALF_HEIGHT


def account_view(account: AccountNumbers) -> AccountView:
    """Choose what to show of an account."""
    points = account.trend
    return AccountView(
        name=account_of(account),
        headline=headline_of(account.n, account.nps_rounded),
        basis=basis_of(account),
        class_name=clean_line(account.account_class).replace("_", " "),
        counts=counts_of(account.promoters, account.passives, account.detractors),
        bars=trend.bars(points),
        caption=trend.caption(points) if points else "",
        has_pale=trend.has_pale(points),
    )


def counts_of(promoters: int, passives: int, detractors: int) -> tuple[Count, ...]:
    """Label the three counts."""
    return (
        Count("promoter", "Promoters", promoters),
        Count("passive", "Passives", passives),
        Count("detractor", "Detractors", detractors),
    )
