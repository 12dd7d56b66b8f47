"""Mails to render in tests: one factory per kind, and the named samples behind the golden files."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nps_core.answers.models import UNMATCHED
from nps_core.mails.backfill import BackfillFacts, BackfillMail
from nps_core.mails.credentials import CredentialsFacts, CredentialsMail
from nps_core.mails.kind import Mail
from nps_core.mails.low_score import LowScoreMail
from nps_core.mails.score_raised import ScoreRaisedMail
from nps_core.numbers.account_numbers import AccountView, MonthPoint
from nps_core.scoring import Counts

MONTHS = (*(f"2025-{month:02}" for month in range(4, 13)), "2026-01", "2026-02", "2026-03")
_TREND = (
    *(Counts(3, 3, 0), Counts(4, 2, 1), Counts(1, 0, 1), Counts(), Counts(2, 2, 1)),
    *(Counts(4, 3, 1), Counts(2, 2, 2), Counts(), Counts(1, 1, 2), Counts(3, 2, 4)),
    *(Counts(1, 2, 3), Counts(0, 0, 1)),
)
TREND = tuple(MonthPoint(*point) for point in zip(MONTHS, _TREND, strict=True))
COMPANY = Counts(2306, 1409, 1095)
GAPS = tuple(MonthPoint(month, Counts()) for month in MONTHS)


def make_account(**overrides: Any) -> AccountView:
    fields: dict[str, Any] = {
        "account_id": "acme",
        "name": "Acme Inc",
        "owner": None,
        "as_of": datetime(2026, 3, 13, 15, 45, tzinfo=UTC),
        "window_days": 180,
        "all": Counts(5, 6, 9),
        "latest": Counts(5, 6, 9),
        "account_class": "at_risk",  # a class of two words
        "class_reason": "a decision-maker scored 0 to 6",
        "last_answered_at": datetime(2026, 3, 13, 15, 42, tzinfo=UTC),
        "trend": TREND,
        "valid_until": None,
    }
    return AccountView(**{**fields, **overrides})


def make_detractor_mail(**overrides: Any) -> LowScoreMail:
    mail = LowScoreMail(
        effect="detractor",
        score=3,
        changed_from=None,
        previous_score=8,
        previous_at=datetime(2026, 1, 12, 9, 30, tzinfo=UTC),
        direction="down",
        comment="Exports time out every Monday morning, and support has been silent since then.",
        contact_email="ana@acme.example",
        contact_id="84711",
        account=make_account(),
        answered_at=datetime(2026, 3, 13, 15, 42, tzinfo=UTC),
        task_id="01JPX4T9Q2",
        due_at=datetime(2026, 3, 16, 16, 0, tzinfo=UTC),
        other_answers=0,
        owner="dana@vendor.example",
        owner_reason="csm_email of the answer",
    )
    return replace(mail, **overrides)


def make_score_raised_mail(**overrides: Any) -> ScoreRaisedMail:
    mail = ScoreRaisedMail(
        old_score=3,
        new_score=8,
        contact_email="ana@acme.example",
        contact_id="84711",
        account=make_account(),
        answered_at=datetime(2026, 3, 13, 15, 42, tzinfo=UTC),
        task_id="01JPX4T9Q2",
        owner="dana@vendor.example",
        owner_reason="csm_email of the answer",
    )
    return replace(mail, **overrides)


def make_backfill_mail(
    company: Counts = COMPANY, accounts: int = 316, unmatched: int = 41, **facts: Any
) -> BackfillMail:
    known = BackfillFacts(
        account_token="NPS-1a2b3c4d",
        started_at=datetime(2026, 3, 13, 9, 0, tzinfo=UTC),
        ended_at=datetime(2026, 3, 13, 9, 14, tzinfo=UTC),
        window_from=datetime(2025, 9, 14, tzinfo=UTC),
        window_to=datetime(2026, 3, 13, tzinfo=UTC),
        responses=4812,
        declines=1377,
        quarantined=2,
        requests=129,
    )
    told = known.model_copy(update=facts)
    return BackfillMail(told, accounts, unmatched, company, owner="omar@vendor.example")


def make_credentials_mail(**facts: Any) -> CredentialsMail:
    known = CredentialsFacts(
        account_token="NPS-1a2b3c4d",
        host="api.wootric.com",
        failed_at=datetime(2026, 3, 13, 15, 45, tzinfo=UTC),
        since=datetime(2026, 3, 13, 15, 40, tzinfo=UTC),
        error="HTTP 401 from the token endpoint: run `nps connect` with valid API credentials",
    )
    return CredentialsMail(known.model_copy(update=facts), owner="omar@vendor.example")


def few_answers() -> AccountView:
    last = (MonthPoint("2026-02", Counts(1, 1, 0)), MonthPoint("2026-03", Counts(0, 0, 1)))
    return make_account(
        all=Counts(1, 1, 1),
        trend=(*GAPS[:-2], *last),
        account_class="passive",
        class_reason="mean of the latest scores, few answers",
    )


def no_account() -> AccountView:
    return make_account(
        account_id=UNMATCHED, name=None, all=Counts(), trend=GAPS, account_class=None,
        class_reason="no answer in the window",
    )  # fmt: skip


HOSTILE = (
    '<script>alert("x")</script>\r\nBcc: everyone@victim.example\r\n\r\n'
    "=HYPERLINK(\"http://evil.example\")  {{ 7*7 }} \u202etxt.exe \x00\x07 & 'quotes' </td></table>"
)
RTL = (
    "התוכנה איטית מאוד והייצוא נכשל בכל יום שני (Export v2).\n"
    "اتصلوا بنا من فضلكم قبل 16:00.\n\n"
    "Thanks!"
)


def samples() -> dict[str, Mail]:
    """Return the mails that have golden files, by file name."""
    return {
        "detractor": make_detractor_mail(),
        "detractor_first_few_answers": make_detractor_mail(
            direction="first", previous_score=None, previous_at=None, comment=None, score=6,
            account=few_answers(), other_answers=2,
        ),
        "detractor_unmatched": make_detractor_mail(
            account=no_account(), contact_email=None, owner_reason="fallback owner",
        ),
        "detractor_edited_hostile": make_detractor_mail(
            comment=HOSTILE, changed_from=9, contact_email='"a\r\nBcc: b"@acme.example',
            account=make_account(name="<b>Acme</b>\r\nX-Evil: 1 \u202eInc"),
        ),
        "comment": make_detractor_mail(effect="comment"),
        "comment_rtl": make_detractor_mail(
            effect="comment", comment=RTL, direction="same", previous_score=3,
            account=make_account(name="חברת דוגמה"),
        ),
        "score_raised": make_score_raised_mail(),
        "backfill": make_backfill_mail(),
        "credentials": make_credentials_mail(),
    }  # fmt: skip
