"""Mails to render in tests: one factory per kind, and the named samples behind the golden files."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nps_core.mails.model import (
    AccountNumbers,
    BackfillMail,
    CredentialsMail,
    DetractorMail,
    Mail,
    ScoreRaisedMail,
    TrendPoint,
)

MONTHS = (*(f"2025-{month:02}" for month in range(4, 13)), "2026-01", "2026-02", "2026-03")
_TREND = ((6, 50.0), (7, 42.9), (2, 0.0), (0, None), (5, 20.0), (8, 37.5), (6, 0.0), (0, None))
_FALL = ((4, -25.0), (9, -11.1), (6, -33.3), (1, -100.0))
TREND = tuple(
    TrendPoint(month, n, nps) for month, (n, nps) in zip(MONTHS, _TREND + _FALL, strict=True)
)
GAPS = tuple(TrendPoint(month, 0, None) for month in MONTHS)


def make_account(**overrides: Any) -> AccountNumbers:
    account = AccountNumbers(
        account_id="acme",
        name="Acme Inc",
        window_days=180,
        n=20,
        promoters=5,
        passives=6,
        detractors=9,
        nps=-20.0,
        nps_rounded=-20,
        trend=TREND,
        account_class="at_risk",
        class_reason="a decision-maker scored 0 to 6",
    )
    return replace(account, **overrides)


def make_detractor_mail(**overrides: Any) -> DetractorMail:
    mail = DetractorMail(
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


def make_backfill_mail(**overrides: Any) -> BackfillMail:
    mail = BackfillMail(
        account_token="NPS-1a2b3c4d",
        started_at=datetime(2026, 3, 13, 9, 0, tzinfo=UTC),
        ended_at=datetime(2026, 3, 13, 9, 14, tzinfo=UTC),
        window_from=datetime(2025, 9, 14, tzinfo=UTC),
        window_to=datetime(2026, 3, 13, tzinfo=UTC),
        responses=4812,
        declines=1377,
        quarantined=2,
        accounts=316,
        unmatched=41,
        promoters=2306,
        passives=1409,
        detractors=1095,
        nps_rounded=25,
        requests=129,
        owner="omar@vendor.example",
    )
    return replace(mail, **overrides)


def make_credentials_mail(**overrides: Any) -> CredentialsMail:
    mail = CredentialsMail(
        account_token="NPS-1a2b3c4d",
        host="api.wootric.com",
        failed_at=datetime(2026, 3, 13, 15, 45, tzinfo=UTC),
        since=datetime(2026, 3, 13, 15, 40, tzinfo=UTC),
        alerts_until=datetime(2026, 3, 16, 15, 40, tzinfo=UTC),
        error="HTTP 401 from the token endpoint: run `nps connect` with valid API credentials",
        owner="omar@vendor.example",
    )
    return replace(mail, **overrides)


def few_answers() -> AccountNumbers:
    trend = (*GAPS[:-2], TrendPoint("2026-02", 2, 50.0), TrendPoint("2026-03", 1, -100.0))
    return make_account(
        n=3, promoters=1, passives=1, detractors=1, nps=0.0, nps_rounded=0, trend=trend,
        account_class="passive", class_reason="mean of the latest scores, few answers",
    )  # fmt: skip


def no_account() -> AccountNumbers:
    return make_account(
        account_id=None, name=None, n=0, promoters=0, passives=0, detractors=0, nps=None,
        nps_rounded=None, trend=GAPS, account_class=None, class_reason=None,
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
        "comment_rtl": make_detractor_mail(
            effect="comment", comment=RTL, direction="same", previous_score=3,
            account=make_account(name="חברת דוגמה"),
        ),
        "score_raised": make_score_raised_mail(),
        "backfill": make_backfill_mail(),
        "credentials": make_credentials_mail(),
    }  # fmt: skip
