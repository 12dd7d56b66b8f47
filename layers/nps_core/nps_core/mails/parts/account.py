"""The account block of a mail: name, NPS, counts and trend, for both parts."""

from dataclasses import dataclass

from nps_core.answers.models import UNMATCHED
from nps_core.mails.parts import trend
from nps_core.mails.parts.graphemes import cut
from nps_core.mails.parts.layout import wrapped
from nps_core.mails.parts.sanitize import clean_line
from nps_core.mails.parts.wording import FIRM_ANSWERS, MIN_ANSWERS, plural, signed
from nps_core.numbers.account_numbers import AccountView
from nps_core.scoring import Counts, ScoreClass

NOT_MATCHED = "not matched to an account yet"
_SHORT_LIMIT = 28


@dataclass(frozen=True)
class Count:
    """One of the three counts behind an NPS."""

    tone: ScoreClass
    label: str
    n: int


@dataclass(frozen=True)
class AccountBlock:
    """Values of the HTML block; `name` None means not matched yet, and then no numbers."""

    name: str | None
    headline: str | None
    basis: str
    class_name: str
    counts: tuple[Count, ...]
    bars: tuple[trend.Bar, ...]
    caption: str
    has_pale: bool
    half_height: int = trend.HALF_HEIGHT


def account_of(account: AccountView) -> str | None:
    """Return the account's name; None while the answer is unmatched."""
    if account.account_id == UNMATCHED:
        return None
    return clean_line(account.name, 120) or clean_line(account.account_id, 120) or "unnamed account"


def short_account_of(account: AccountView) -> str | None:
    """Return the account's name, shortened for a subject."""
    name = account_of(account)
    return cut(name, _SHORT_LIMIT) if name else None


def account_block(account: AccountView) -> AccountBlock:
    points = account.trend
    return AccountBlock(
        name=account_of(account),
        headline=headline_of(account.all),
        basis=basis_of(account),
        class_name=_class_name(account),
        counts=counts_of(account.all),
        bars=trend.bars(points),
        caption=trend.caption(points) if points else "",
        has_pale=trend.has_pale(points),
    )


def account_lines(account: AccountView) -> list[str]:
    if account_of(account) is None:
        return [f"ACCOUNT: {NOT_MATCHED}, so there is no account NPS.", ""]
    headline = headline_of(account.all)
    points = account.trend
    return [
        *wrapped((f"ACCOUNT NPS {headline}: " if headline else "ACCOUNT: ") + basis_of(account)),
        counts_line(account.all),
        *([f"{trend.caption(points)}:", *trend.text_lines(points)] if points else []),
        "",
    ]


def headline_of(counts: Counts) -> str | None:
    """Return the NPS for a headline; None if there are too few answers for a score."""
    nps = counts.nps_rounded
    return signed(nps) if counts.n >= MIN_ANSWERS and nps is not None else None


def basis_of(account: AccountView) -> str:
    """Return the basis of the account's NPS, and how far to trust it."""
    n = account.all.n
    if n == 0:
        return f"No counted answer in {_window_of(account)} yet"
    basis = f"{plural(n, 'answer')} in {_window_of(account)}"
    if headline_of(account.all) is None:
        return f"{basis}: too few answers for a score"
    return basis if n >= FIRM_ANSWERS else f"{basis}, low confidence"


def numbers_of(account: AccountView) -> str:
    """Return the account's numbers in one line."""
    headline = headline_of(account.all)
    return (f"NPS {headline}, " if headline else "") + basis_of(account)


def counts_of(counts: Counts) -> tuple[Count, ...]:
    return (
        Count("promoter", "Promoters", counts.promoters),
        Count("passive", "Passives", counts.passives),
        Count("detractor", "Detractors", counts.detractors),
    )


def counts_line(counts: Counts) -> str:
    return "  " + ", ".join(f"{count.label.lower()} {count.n:,}" for count in counts_of(counts))


def why_numbers(account: AccountView) -> tuple[tuple[str, str], ...]:
    """Explain the account's NPS and its class, as (question, answer) pairs."""
    if account.account_id == UNMATCHED:
        text = "The answer counts for the whole company until it is matched to an account."
        return (("Account", text),)
    nps = (
        "Share of promoters (9 and 10) minus share of detractors (0 to 6) in "
        f"{_window_of(account)}. No score below {MIN_ANSWERS} answers; below {FIRM_ANSWERS} it is "
        "marked low confidence."
    )
    name = _class_name(account)
    if not name:
        return (("Account NPS", nps),)
    reason = clean_line(account.class_reason)
    return ("Account NPS", nps), ("Account class", f"{name}: {reason}" if reason else name)


def _class_name(account: AccountView) -> str:
    return clean_line(account.account_class).replace("_", " ")


def _window_of(account: AccountView) -> str:
    return f"the last {plural(account.window_days, 'day')}"
