from datetime import UTC, datetime, timedelta, timezone

import pytest

from nps_core.scoring import Counts
from nps_testing.mail_samples import (
    HOSTILE,
    make_account,
    make_backfill_mail,
    make_credentials_mail,
    make_detractor_mail,
    make_score_raised_mail,
    no_account,
)


def test_subject__leads_with_score_and_person_and_ends_with_the_due_time() -> None:
    subject = make_detractor_mail(comment="Exports time out").subject()
    assert subject == (
        '3/10 from ana@acme.example, Acme Inc: "Exports time out" - call by Mon 16:00 UTC'
    )


def test_subject__says_that_there_is_no_comment_yet() -> None:
    subject = make_detractor_mail(comment=" \r\n ").subject()
    assert subject == "3/10 from ana@acme.example, Acme Inc, no comment yet - call by Mon 16:00 UTC"


def test_subject__names_the_score_before_an_edit() -> None:
    assert make_detractor_mail(changed_from=9).subject().startswith("3/10 (was 9) from ana@")


def test_subject_of_a_follow_up__starts_with_the_comment() -> None:
    assert make_detractor_mail(effect="comment").subject().startswith("Comment on 3/10 from")


def test_subject_without_contact_and_account__says_so() -> None:
    mail = make_detractor_mail(contact_email=None, contact_id=None, account=no_account())
    assert mail.subject().startswith('3/10 from unknown contact, no account yet: "')


def test_subject__falls_back_to_the_account_id_when_there_is_no_name() -> None:
    mail = make_detractor_mail(account=make_account(name=None))
    assert ", acme:" in mail.subject()


def test_due_time__is_written_in_utc_whatever_zone_it_comes_in() -> None:
    due = datetime(2026, 3, 17, 1, 0, tzinfo=timezone(timedelta(hours=9)))
    assert make_detractor_mail(due_at=due).subject().endswith("call by Mon 16:00 UTC")


def test_due_time_a_week_away__has_its_date() -> None:
    due = datetime(2026, 3, 23, 16, 0, tzinfo=UTC)
    assert make_detractor_mail(due_at=due).subject().endswith("call by Mon 23 Mar 16:00 UTC")


@pytest.mark.parametrize("email", ["a@acme.example\r\nBcc: all@victim.example", "a\x00\u2028\x85b"])
def test_subject__has_one_line_whatever_the_address(email: str) -> None:
    subject = make_detractor_mail(contact_email=email, comment=HOSTILE).subject()
    assert len(subject.splitlines()) == 1
    assert subject.isprintable()


def test_subject__drops_characters_that_turn_the_reading_direction() -> None:
    mail = make_detractor_mail(
        comment="\u202eexe.txt\u2066 \u200f ok", account=make_account(name="A\u202ec\u061cme")
    )
    assert ', Acme: "exe.txt ok"' in mail.subject()


def test_subject__is_cut_between_whole_emoji() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    subject = make_detractor_mail(comment=family * 40).subject()
    quoted = subject.split('"')[1]
    assert len(subject) <= 120
    assert quoted == family * (len(quoted) // len(family)) + "\u2026"


def test_subject_of_a_raised_score__starts_with_nothing_to_do() -> None:
    assert make_score_raised_mail().subject() == (
        "Nothing to do: 3/10 is now 8/10 from ana@acme.example, Acme Inc"
    )


def test_subject_of_a_backfill__says_what_came_and_that_nobody_was_alerted() -> None:
    assert make_backfill_mail().subject() == (
        "History is in: 4,812 answers, 316 accounts, NPS +25 - nobody was alerted"
    )


def test_subject_of_a_small_backfill__has_no_score() -> None:
    mail = make_backfill_mail(responses=1, accounts=1, company=Counts(promoters=1))
    assert mail.subject() == "History is in: 1 answer, 1 account - nobody was alerted"


def test_subject_of_refused_credentials__names_the_account_and_the_command() -> None:
    assert make_credentials_mail().subject() == (
        "Wootric refuses the credentials of NPS-1a2b3c4d - run nps connect"
    )
    hostile = make_credentials_mail(account_token="NPS-\r\nBcc: all@victim.example" + "x" * 99)
    subject = hostile.subject()
    assert len(subject) <= 120
    assert subject.isprintable()


def test_subject_without_room__leaves_the_comment_out() -> None:
    mail = make_detractor_mail(
        effect="comment",
        changed_from=10,
        contact_email=f"{'a' * 60}@acme.example",
        account=make_account(name="Acme " * 20),
        due_at=datetime(2026, 3, 23, 16, 0, tzinfo=UTC),
    )
    subject = mail.subject()
    assert "Exports" not in subject
    assert subject.endswith("\u2026 - call by Mon 23 Mar 16:00 UTC")
