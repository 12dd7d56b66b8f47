from typing import Any

import pytest

from nps_core.addresses import FREE_MAIL, address, domain_of
from nps_core.answers.matching import AccountRules, resolve
from nps_core.answers.models import UNMATCHED, Answer
from nps_testing.factories import make_answer
from nps_testing.fakes.stores import InMemoryDirectory

RULES = AccountRules.of("company_id,company", "company", "csm_email")
KNOWN = {
    ("external_id", "u-42"): "by-external-id",
    ("email", "ana@acme.example"): "by-email",
    ("domain", "acme.example"): "by-domain",
}


def _resolve(
    properties: dict[str, Any], entries: dict[tuple[str, str], str] | None = None, **answer: Any
) -> Answer:
    fresh = make_answer(
        properties=properties, account_id=None, account_name=None, owner=None, **answer
    )
    return resolve(fresh, RULES, InMemoryDirectory(entries))


def test_rules__are_read_from_settings() -> None:
    assert AccountRules.of(" a , b,,", "n", "o") == AccountRules(("a", "b"), "n", "o")


def test_account__is_the_first_property_that_is_set() -> None:
    found = _resolve({"company": "Acme Inc", "company_id": "c-118"}, KNOWN)
    assert (found.account_id, found.account_rule) == ("c-118", "property:company_id")
    assert found.account_name == "Acme Inc"


def test_account__falls_to_the_next_property() -> None:
    found = _resolve({"company": "Acme Inc", "company_id": "  "})
    assert (found.account_id, found.account_rule) == ("Acme Inc", "property:company")


@pytest.mark.parametrize(("value", "account"), [(118, "118"), (0, "0"), (" c-118 ", "c-118")])
def test_account__id_is_trimmed_text(value: object, account: str) -> None:
    assert _resolve({"company_id": value}).account_id == account


def test_account__id_is_never_cut() -> None:
    one, other = "x" * 500 + "1", "x" * 500 + "2"
    assert [_resolve({"company_id": value}).account_id for value in (one, other)] == [one, other]


def test_account__id_that_no_key_can_hold_is_left_out_and_says_so() -> None:
    found = _resolve({"company_id": "\u00e9" * 401})
    assert (found.account_id, found.account_rule) == (None, "too_long:company_id")
    named = _resolve({"company_id": "x" * 801, "company": "Acme Inc"})
    assert (named.account_id, named.account_rule) == ("Acme Inc", "property:company")


@pytest.mark.parametrize("value", [None, True, False, 118.0, ""], ids=repr)
def test_account__is_never_a_boolean_or_a_float(value: object) -> None:
    found = _resolve({"company_id": value})
    assert (found.account_id, found.account_rule) == (None, "unmatched")
    assert found.ledger_account == UNMATCHED


@pytest.mark.parametrize(
    ("kinds", "account", "rule"),
    [
        (["external_id", "email", "domain"], "by-external-id", "directory:external_id"),
        (["email", "domain"], "by-email", "directory:email"),
        (["domain"], "by-domain", "directory:domain"),
        ([], None, "unmatched"),
    ],
)
def test_directory__is_asked_by_external_id_email_then_domain(
    kinds: list[str], account: str | None, rule: str
) -> None:
    entries = {key: value for key, value in KNOWN.items() if key[0] in kinds}
    found = _resolve({}, entries)
    assert (found.account_id, found.account_rule) == (account, rule)


@pytest.mark.parametrize("domain", sorted(FREE_MAIL))
def test_directory__never_matches_a_free_mail_domain(domain: str) -> None:
    found = _resolve({}, {("domain", domain): "wrong"}, email=f"ana@{domain}", external_id=None)
    assert found.account_id is None


@pytest.mark.parametrize("email", ["customer-17", "acme.example", None])
def test_directory__is_not_asked_for_what_is_no_address(email: str | None) -> None:
    entries = {("email", email or ""): "wrong", ("domain", email or ""): "wrong"}
    assert _resolve({}, entries, email=email, external_id=None).account_id is None


def test_directory__is_not_asked_for_an_empty_domain() -> None:
    assert (
        _resolve({}, {("domain", ""): "wrong"}, email="ana@", external_id=None).account_id is None
    )


def test_directory__matches_an_address_that_nobody_could_be_mailed_at() -> None:
    entries = {("domain", "m\u00fcller.example"): "c-118"}
    found = _resolve({}, entries, email="ana@m\u00fcller.example", external_id=None)
    assert found.account_id == "c-118"


def test_directory__is_not_asked_for_nothing() -> None:
    class NeverAsked(InMemoryDirectory):
        def account_of(self, lookups: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
            raise AssertionError(lookups)

    anonymous = make_answer(properties={}, email=None, external_id=None)
    assert resolve(anonymous, RULES, NeverAsked()).account_rule == "unmatched"


def test_account__is_found_anew_and_may_be_lost() -> None:
    assert resolve(make_answer(properties={}), RULES, InMemoryDirectory()).account_id is None


@pytest.mark.parametrize(
    ("owner", "expected"),
    [(" Dana@Vendor.Example ", "dana@vendor.example"), ("Dana", None), (5, None), (None, None)],
)
def test_owner__must_be_an_address(owner: object, expected: str | None) -> None:
    assert _resolve({"company_id": "c", "csm_email": owner}).owner == expected
    assert _resolve({"csm_email": owner}).owner == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b.example", "a@b.example"),
        (" A.B+c@Sub.B-c.Example ", "a.b+c@sub.b-c.example"),
        ("o'neil@b.example", "o'neil@b.example"),
    ],
)
def test_address__is_plain_and_in_lower_case(value: str, expected: str) -> None:
    assert address(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "a", "a@", "@b.example", "a@b", "a@b.", "a@.example", "a@b..example"),
        *("a b@c.example", "a@b@c.example", "Ana <a@b.example>", "a@b.example, c@d.example"),
        *("a@b.example\r\nBcc: x@y.example", "a\x00@b.example", "a\x1b@b.example", '"a"@b.example'),
        *(
            "\u00e4@b.example",
            "a@\u00e4.example",
            "a@b_c.example",
            "a@[127.0.0.1]",
            "a;b@c.example",
        ),
    ],
    ids=repr,
)
def test_address__is_none_for_what_cannot_be_mailed(value: str | None) -> None:
    assert address(value) is None


def test_domain__is_what_follows_the_last_at() -> None:
    assert domain_of("a@B.Example") == "b.example"
