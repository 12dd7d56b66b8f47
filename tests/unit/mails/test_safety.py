"""Hostile text from outside stays text: in the HTML, the subject and the headers."""

import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps_core.mails.parts.sanitize import clean_text
from nps_core.mails.render import render
from nps_testing.mail_reading import DIRECTION, brackets, read
from nps_testing.mail_samples import (
    HOSTILE,
    make_account,
    make_credentials_mail,
    make_detractor_mail,
    make_score_raised_mail,
    samples,
)

ANYTHING = st.text(
    st.one_of(
        st.sampled_from("<>&\"'{}%\r\n\t\x00\x1b\x85\u2028\u202e\u200f\u0301\ufffe =@"),
        st.characters(),
    ),
    max_size=200,
)


# Hostile words must give exactly the markup that harmless words of the same shape give.
PLAIN = make_detractor_mail(
    comment="x", contact_email="x", account=make_account(name="x", class_reason="x")
)
EXPECTED = read(render(PLAIN).html).tags


@settings(deadline=None)
@given(comment=ANYTHING, email=ANYTHING, name=ANYTHING, reason=ANYTHING)
def test_html__has_the_same_markup_whatever_customers_write(
    comment: str, email: str, name: str, reason: str
) -> None:
    account = make_account(name=f"n{name}", class_reason=f"r{reason}")
    mail = make_detractor_mail(comment=f"c{comment}", contact_email=f" {email} e", account=account)
    html = render(mail).html
    assert brackets(html) == brackets(render(PLAIN).html)
    assert read(html).tags == EXPECTED


@settings(deadline=None)
@given(comment=ANYTHING)
def test_html__quotes_the_whole_comment(comment: str) -> None:
    html = render(make_detractor_mail(comment=f"c{comment}")).html
    assert read(html).quote == clean_text(f"c{comment}")


@settings(deadline=None)
@given(comment=ANYTHING, email=ANYTHING, name=ANYTHING)
def test_subject__is_one_short_line_without_control_characters(
    comment: str, email: str, name: str
) -> None:
    account = make_account(name=name)
    for mail in (
        make_detractor_mail(comment=comment, contact_email=email, account=account),
        make_score_raised_mail(contact_email=email, account=account),
    ):
        subject = render(mail).subject
        assert len(subject) <= 120
        assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in subject)
        assert not DIRECTION.intersection(subject)


@settings(deadline=None)
@given(comment=ANYTHING, email=ANYTHING)
def test_every_part__can_be_encoded_and_holds_no_control_character(
    comment: str, email: str
) -> None:
    mail = render(make_detractor_mail(comment=comment, contact_email=email))
    for part in (mail.subject, mail.html, mail.text):
        part.encode("utf-8")
        assert not [char for char in part if unicodedata.category(char) == "Cc" and char != "\n"]


def test_script_in_a_comment__is_shown_as_text() -> None:
    html = render(make_detractor_mail(comment=HOSTILE)).html
    assert "<script" not in html
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in html


@settings(deadline=None)
@given(token=ANYTHING, host=ANYTHING, error=ANYTHING)
def test_credentials_mail__has_the_same_markup_whatever_the_source_says(
    token: str, host: str, error: str
) -> None:
    plain = render(make_credentials_mail(account_token="x", host="x", error="x"))
    mail = render(make_credentials_mail(account_token=token, host=host, error=error))
    assert brackets(mail.html) == brackets(plain.html)
    assert read(mail.html).tags == read(plain.html).tags
    assert len(mail.subject.splitlines()) == 1


def test_template_syntax_in_a_comment__is_not_run() -> None:
    assert "{{ 7*7 }}" in read(render(make_detractor_mail(comment=HOSTILE)).html).quote


@pytest.mark.parametrize("name", samples())
def test_html__loads_nothing_and_runs_nothing(name: str) -> None:
    reader = read(render(samples()[name]).html)
    assert not {"script", "img", "link", "iframe", "object", "form"}.intersection(reader.tags)
    assert not [attribute for attribute in reader.attributes if attribute.startswith("on")]
    assert {urlsplit(link).scheme for link in reader.links} <= {"mailto"}
    assert "url(" not in render(samples()[name]).html


@pytest.mark.parametrize(
    ("email", "links"),
    [
        ("ana+nps@acme.example", ["mailto:ana%2Bnps@acme.example"]),
        ("ana@acme.example?bcc=all@victim.example", []),
        ("ana?bcc=x&body=y%0A@acme.example", ["mailto:ana%3Fbcc%3Dx%26body%3Dy%250A@acme.example"]),
        ("a@acme.example,b@victim.example", []),
        ("javascript:alert(1)", []),
        ("Ana <ana@acme.example>", []),
        (None, []),
    ],
)
def test_link_to_write__carries_one_address_and_nothing_else(
    email: str | None, links: list[str]
) -> None:
    assert read(render(make_detractor_mail(contact_email=email)).html).links == links


@pytest.mark.parametrize(
    "comment",
    [
        "\U0001f621" * 10_000,
        "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 2_000,
        "\"'" * 5_000,
        "&<" * 5_000,
        "a\n" * 5_000,
        "a\n\n" * 3_334,
        "\u0627\u0301" * 5_000,
        "<script>" * 2_000,
    ],
    ids=["emoji", "families", "quotes", "markup", "lines", "paragraphs", "marks", "scripts"],
)
def test_html__stays_below_what_gmail_clips(comment: str) -> None:
    html = render(make_detractor_mail(comment=comment)).html
    assert len(html.encode()) < 100_000
    assert read(html).quote == clean_text(comment)


@pytest.mark.parametrize(
    "comment", ["word " * 13_000 + "END", "\U0001f621" * 47_500, "x" * 190_000]
)
def test_comment__is_shown_in_full_however_long(comment: str) -> None:
    mail = render(make_detractor_mail(comment=comment))
    assert read(mail.html).quote == comment
    assert clean_text(comment) == comment


def test_comment__has_an_upper_bound() -> None:
    assert len(clean_text("\U0001f621" * 200_001)) == 200_000


def test_stacked_marks__cannot_paint_over_the_mail() -> None:
    assert clean_text("e" + "\u0301" * 500 + "f") == "e" + "\u0301" * 8 + "f"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_line_end_of_any_kind__becomes_a_new_line(end: str) -> None:
    assert clean_text(f"one{end}two{end}{end}{end}three{end}") == "one\ntwo\n\nthree"


def test_half_of_a_surrogate_pair__is_replaced() -> None:
    mail = render(make_detractor_mail(comment="a\ud83db", contact_email="c\udc00d"))
    for part in (mail.html, mail.text, mail.subject):
        part.encode("utf-8")
        assert "a\ufffdb" in part
        assert "c\ufffdd" in part
