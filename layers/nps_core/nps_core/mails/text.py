"""The plain-text part: the same facts in the same order as the HTML."""

import textwrap
from typing import assert_never

from nps_core.mails import trend
from nps_core.mails.account_view import counts_of
from nps_core.mails.backfill_facts import WHAT_HAPPENS_NOW, backfill_facts, backfill_steps
from nps_core.mails.credentials_facts import (
    STEP,
    TITLE,
    WHAT_IT_MEANS,
    WHERE,
    by_when,
    credentials_facts,
    what_happened,
    why_this_mail,
)
from nps_core.mails.model import (
    AccountNumbers,
    BackfillMail,
    CredentialsMail,
    DetractorMail,
    Mail,
    ScoreRaisedMail,
)
from nps_core.mails.sanitize import clean_line, clean_text
from nps_core.mails.steps import next_step, why_detractor, why_you
from nps_core.mails.wording import (
    NOT_MATCHED,
    account_of,
    basis_of,
    contact_of,
    direction_of,
    edit_of,
    headline_of,
    moment,
    plural,
    tone_of,
)

_WIDTH = 76


def build_text(mail: Mail) -> str:
    """Return the text, wrapped at 76 columns except where a word is longer."""
    match mail:
        case DetractorMail():
            lines = _detractor(mail)
        case ScoreRaisedMail():
            lines = _raised(mail)
        case BackfillMail():
            lines = _backfill(mail)
        case CredentialsMail():
            lines = _credentials(mail)
        case _:
            assert_never(mail)
    return "\n".join(lines) + "\n"


def _detractor(mail: DetractorMail) -> list[str]:
    edit = edit_of(mail)
    return [
        f"{mail.score}/10 {tone_of(mail.score).upper()}",
        f"From:      {contact_of(mail.contact_email, mail.contact_id)}",
        f"Account:   {account_of(mail.account) or NOT_MATCHED}",
        f"Answered:  {moment(mail.answered_at)}",
        f"Direction: {direction_of(mail)[1]}",
        *([f"Edited:    {edit}"] if edit else []),
        "",
        f"DO THIS NEXT, by {moment(mail.due_at)}:",
        *_wrapped(str(next_step(mail)), "  "),
        "",
        *_comment(mail),
        *_account(mail.account),
        *_pairs(why_detractor(mail)),
        "",
        f"NPS Loop, task {clean_line(mail.task_id)}",
    ]


def _comment(mail: DetractorMail) -> list[str]:
    comment = clean_text(mail.comment)
    if not comment:
        return ["No comment (yet).", ""]
    title = "NEW COMMENT" if mail.effect == "comment" else "COMMENT"
    quoted = [line for part in comment.split("\n") for line in _wrapped(part, "> ") or [">"]]
    return [title, *quoted, ""]


def _account(account: AccountNumbers) -> list[str]:
    if account_of(account) is None:
        return [f"ACCOUNT: {NOT_MATCHED}, so there is no account NPS.", ""]
    headline = headline_of(account.n, account.nps_rounded)
    points = account.trend
    return [
        *_wrapped((f"ACCOUNT NPS {headline}: " if headline else "ACCOUNT: ") + basis_of(account)),
        _counts(account.promoters, account.passives, account.detractors),
        *([f"{trend.caption(points)}:", *trend.text_lines(points)] if points else []),
        "",
    ]


def _counts(promoters: int, passives: int, detractors: int) -> str:
    return "  " + ", ".join(
        f"{count.label.lower()} {count.n:,}" for count in counts_of(promoters, passives, detractors)
    )


def _raised(mail: ScoreRaisedMail) -> list[str]:
    return [
        f"{mail.old_score}/10 IS NOW {mail.new_score}/10 ({tone_of(mail.new_score)})",
        f"From:      {contact_of(mail.contact_email, mail.contact_id)}",
        f"Account:   {account_of(mail.account) or NOT_MATCHED}",
        f"Answered:  {moment(mail.answered_at)}",
        "",
        "There is nothing to do. The task is closed as score_raised.",
        "",
        *_account(mail.account),
        *_pairs((why_you(mail.owner, mail.owner_reason),)),
        "",
        f"NPS Loop, task {clean_line(mail.task_id)}",
    ]


def _backfill(mail: BackfillMail) -> list[str]:
    n = mail.promoters + mail.passives + mail.detractors
    headline = headline_of(n, mail.nps_rounded)
    score = f"NPS {headline}" if headline else "Too few answers for an NPS"
    return [
        "YOUR WOOTRIC HISTORY IS IN",
        "Nobody was alerted about it: no mail was sent and no task was opened.",
        "",
        f"{score}, from {plural(n, 'counted answer')}",
        _counts(mail.promoters, mail.passives, mail.detractors),
        "",
        *_pairs(backfill_facts(mail)),
        "",
        "WHAT HAPPENS NOW",
        *_wrapped(WHAT_HAPPENS_NOW),
        "",
        "NEXT THREE STEPS",
        *(
            line
            for number, step in enumerate(backfill_steps(mail), 1)
            for line in _wrapped(f"{number}. {step}", "", "   ")
        ),
        "",
        f"NPS Loop, sent once to {clean_line(mail.owner, 254)}, who connected the account",
    ]


def _credentials(mail: CredentialsMail) -> list[str]:
    by = by_when(mail)
    return [
        TITLE.upper(),
        *_wrapped(what_happened(mail)),
        "",
        f"DO THIS NEXT{f', {by}' if by else ''}:",
        *_wrapped(f"{' '.join(STEP)}.", "  "),
        *_wrapped(WHERE, "  "),
        "",
        "WHAT IT MEANS",
        *(line for words in WHAT_IT_MEANS for line in _wrapped(words, "- ", "  ")),
        "",
        *_pairs(credentials_facts(mail)),
        "",
        *_wrapped(f"NPS Loop. {why_this_mail(mail)}."),
    ]


def _pairs(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [line for name, value in pairs for line in _wrapped(f"{name}: {value}", "", "  ")]


def _wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    """Wrap one paragraph; a long word (an address, a link) stays whole so that it can be used."""
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
