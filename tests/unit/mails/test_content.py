"""The content of the mails, in both parts."""

from datetime import UTC, datetime

import pytest

from nps_core.mails.kind import Mail
from nps_core.mails.render import render
from nps_core.scoring import Counts
from nps_testing.mail_reading import html_words, text_words
from nps_testing.mail_samples import (
    GAPS,
    RTL,
    few_answers,
    make_account,
    make_backfill_mail,
    make_credentials_mail,
    make_detractor_mail,
    make_score_raised_mail,
    no_account,
)


def both(mail: Mail) -> tuple[str, str]:
    rendered = render(mail)
    return html_words(rendered.html), text_words(rendered.text)


def test_detractor_mail__says_the_same_in_both_parts() -> None:
    for words in both(make_detractor_mail(changed_from=9)):
        assert "3/10" in words.replace(" /10", "/10")
        assert "detractor" in words.lower()
        assert "ana@acme.example" in words
        assert "Acme Inc" in words
        assert "Down since last time (8/10 on 12 Jan 2026)" in words
        assert "Changed from 9 to 3 in the same survey" in words
        assert "Exports time out every Monday morning" in words
        assert "Call or write to ana@acme.example" in words
        assert "by Mon 16 Mar 2026, 16:00 UTC" in words
        assert "Sent to dana@vendor.example: csm_email of the answer." in words
        assert "at risk: a decision-maker scored 0 to 6" in words
        assert "01JPX4T9Q2" in words


def test_account_numbers__show_score_basis_and_counts() -> None:
    html, text = both(make_detractor_mail())
    assert "\u221220 20 answers in the last 180 days, low confidence" in html
    assert "5 Promoters 6 Passives 9 Detractors" in html
    assert "ACCOUNT NPS \u221220: 20 answers in the last 180 days, low confidence" in text
    assert "promoters 5, passives 6, detractors 9" in text


def test_thirty_answers__are_no_longer_low_confidence() -> None:
    for words in both(make_detractor_mail(account=make_account(all=Counts(8, 8, 14)))):
        assert "30 answers in the last 180 days" in words
        assert "180 days, low confidence" not in words


def test_five_answers__are_enough_for_a_score() -> None:
    for words in both(make_detractor_mail(account=make_account(all=Counts(1, 2, 2)))):
        assert "\u221220" in words
        assert "too few" not in words


@pytest.mark.parametrize(
    ("score", "word"),
    [(0, "Detractor"), (6, "Detractor"), (7, "Passive"), (8, "Passive"), (9, "Promoter")],
)
def test_badge__has_the_word_of_the_score(score: int, word: str) -> None:
    assert f"{score} /10 {word}" in html_words(render(make_score_raised_mail(new_score=score)).html)


def test_few_answers__show_counts_and_no_score() -> None:
    account = few_answers()
    for words in both(make_detractor_mail(account=account)):
        assert "3 answers in the last 180 days: too few answers for a score" in words
        assert "ACCOUNT NPS 0" not in words
    html = html_words(render(make_detractor_mail(account=account)).html)
    assert "Account NPS 3 answers" in html
    assert "1 Promoters 1 Passives 1 Detractors" in html


def test_account_without_class__explains_only_its_score() -> None:
    account = make_account(account_class=None)
    for words in both(make_detractor_mail(account=account)):
        assert "Account class" not in words
        assert "Share of promoters (9 and 10) minus share of detractors" in words


def test_account_without_answers__says_so() -> None:
    account = make_account(all=Counts(), trend=GAPS)
    for words in both(make_detractor_mail(account=account)):
        assert "No counted answer in the last 180 days yet" in words


def test_unmatched_answer__has_no_account_numbers() -> None:
    for words in both(make_detractor_mail(account=no_account())):
        assert "not matched to an account yet" in words.lower()
        assert "romoters" not in words
        assert "Mar 2026:" not in words


@pytest.mark.parametrize(
    ("contact_email", "contact_id", "account", "step"),
    [
        ("ana@acme.example", "84711", make_account(), "Call or write to ana@acme.example"),
        (None, "84711", make_account(), "Call your contact at Acme Inc"),
        (None, "84711", no_account(), "Find out who answered: Wootric contact 84711"),
        (None, None, no_account(), "Find out in Wootric who answered"),
    ],
    ids=["address", "account", "contact", "nothing"],
)
def test_next_step__is_the_best_that_can_be_done(
    contact_email: str | None, contact_id: str | None, account: object, step: str
) -> None:
    mail = make_detractor_mail(contact_email=contact_email, contact_id=contact_id, account=account)
    html, text = both(mail)
    assert f"Do this next {step} by Mon 16 Mar 2026, 16:00 UTC" in html
    assert f"DO THIS NEXT, by Mon 16 Mar 2026, 16:00 UTC: {step}" in text
    assert html.count("Do this next") == 1


@pytest.mark.parametrize("comment", [None, "", " \r\n\t", "\x00\u202e"])
def test_missing_comment__is_named(comment: str | None) -> None:
    for words in both(make_detractor_mail(comment=comment)):
        assert "No comment (yet)" in words


def test_follow_up__says_that_the_comment_is_new() -> None:
    html, text = both(make_detractor_mail(effect="comment"))
    assert "New comment Exports" in html
    assert "NEW COMMENT > Exports" in render(make_detractor_mail(effect="comment")).text.replace(
        "\n", " "
    )
    for words in (html, text):
        assert "this is the only follow-up about it" in words


@pytest.mark.parametrize(
    ("direction", "words"),
    [
        ("up", "\u25b2 Up since last time (2/10 on 12 Jan 2026)"),
        ("down", "\u25bc Down since last time (2/10 on 12 Jan 2026)"),
        ("same", "= Same as last time (2/10 on 12 Jan 2026)"),
        ("first", "\u25cf First answer from this contact"),
    ],
)
def test_direction__has_a_sign_and_words(direction: str, words: str) -> None:
    assert words in both(make_detractor_mail(direction=direction, previous_score=2))[0]


def test_answers_on_the_same_task__are_counted() -> None:
    for words in both(make_detractor_mail(other_answers=2)):
        assert "it now holds this and 2 other answers." in words


def test_right_to_left_comment__keeps_its_direction_to_itself() -> None:
    html = render(make_detractor_mail(comment=RTL)).html
    assert 'dir="rtl"' in html
    assert '<blockquote dir="auto" style="margin:0;text-align:start;unicode-bidi:isolate;' in html
    assert 'dir="rtl"' not in render(make_detractor_mail(comment="Hello")).html
    assert 'dir="rtl"' not in render(make_detractor_mail(comment="1234")).html


def test_long_word__may_break_anywhere() -> None:
    assert 'class="box ink long"' in render(make_detractor_mail(comment="x" * 61)).html
    assert 'class="box ink long"' not in render(make_detractor_mail(comment="x " * 61)).html


def test_html__has_language_dark_mode_and_narrow_screens() -> None:
    html = render(make_detractor_mail()).html
    for part in (
        '<html lang="en"',
        '<meta name="color-scheme" content="light dark">',
        "@media (prefers-color-scheme: dark)",
        "[data-ogsc] .ink",
        "[data-ogsb] .card",
        "@media (max-width: 600px)",
    ):
        assert part in html
    assert html.count("<table") == html.count('<table role="presentation"')
    assert not [word for word in ("display:flex", "display:grid") if word in html]


def test_preheader__continues_the_subject() -> None:
    html = render(make_detractor_mail()).html
    assert (
        "By Mon 16 Mar 2026, 16:00 UTC. Down since last time (8/10 on 12 Jan 2026). "
        "Acme Inc: NPS \u221220, 20 answers in the last 180 days, low confidence." in html
    )


def test_raised_score__leaves_nothing_to_do() -> None:
    html, text = both(make_score_raised_mail())
    assert "raised from 3/10 to 8/10. There is nothing to do: the task is closed" in html
    assert "3/10 IS NOW 8/10 (passive)" in text
    assert "There is nothing to do. The task is closed as score_raised." in text
    assert "Do this next" not in html


def test_backfill_mail__reports_and_names_three_steps() -> None:
    html, text = both(make_backfill_mail())
    for words in (html, text):
        assert "Nobody was alerted about it" in words
        assert "14 Sep 2025 to 13 Mar 2026" in words
        assert "2 records that could not be read; kept, not counted" in words
        assert "after 14 minutes" in words
        assert "1. Match the 41 answers without an account" in words
        assert "3. Have nps doctor check the webhook" in words
        assert "omar@vendor.example" in words
    assert "NPS +25 4,810 counted answers" in html


def test_backfill_without_loose_ends__starts_with_a_check() -> None:
    for words in both(make_backfill_mail(unmatched=0, quarantined=0)):
        assert "1. Compare three accounts you know well with Wootric." in words
        assert "could not be read" not in words


def test_backfill_of_few_answers__has_no_score() -> None:
    mail = make_backfill_mail(company=Counts(2, 1, 1))
    html, text = both(mail)
    assert "4 counted answers: too few answers for a score" in html
    assert "Too few answers for an NPS, from 4 counted answers" in text


def test_credentials_mail__says_what_happened_and_the_one_thing_to_do() -> None:
    html, text = both(make_credentials_mail())
    since = "Nothing has been read from the account NPS-1a2b3c4d since Fri 13 Mar 2026, 15:40 UTC."
    for words in (html, text):
        assert since in words
        assert "Run nps connect with valid API credentials" in words
        assert "by Mon 16 Mar 2026, 15:40 UTC" in words
        assert "No answer is lost" in words
        assert "more than 72 hours after it was given is counted, but alerts nobody" in words
        assert "HTTP 401 from the token endpoint" in words
        assert "api.wootric.com" in words
        assert "Sent to omar@vendor.example, at most once in 24 hours." in words
    assert html.count("Do this next") == 1


@pytest.mark.parametrize("since", [None, datetime(2026, 3, 10, 15, 45, tzinfo=UTC)])
def test_credentials_mail__names_no_time_that_has_passed(since: datetime | None) -> None:
    html, text = both(make_credentials_mail(since=since))
    assert "valid API credentials Wootric shows them" in html
    assert "DO THIS NEXT:" in text


def test_credentials_mail__without_a_read_before_says_so() -> None:
    for words in both(make_credentials_mail(since=None)):
        assert "Nothing can be read from the account NPS-1a2b3c4d." in words
        assert "none yet" in words


def test_text__wraps_prose_and_keeps_long_words_whole() -> None:
    link = "https://acme.example/" + "path/" * 30
    text = render(make_detractor_mail(comment=f"see {link} " + "word " * 50)).text
    assert [line for line in text.splitlines() if len(line) > 76] == [f"> {link}"]
