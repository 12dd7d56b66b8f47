"""Quarantine and directory: the in-memory fakes, moto and DynamoDB Local behave the same."""

import pytest

from nps_testing.factories import NOW
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.stores import Stores, stores

__all__ = ["stores"]  # the fixture


class TestQuarantine:
    def _add(self, stores: Stores, raw: str, source: str = "webhook", token: str = TOKEN) -> bool:
        return stores.quarantine.add(raw, "bad_score", "score is missing", source, token, NOW)

    def test_payload__is_new_once(self, stores: Stores) -> None:
        assert [self._add(stores, "{}") for _ in range(3)] == [True, False, False]

    def test_payload__is_new_again_from_elsewhere_or_with_other_content(
        self, stores: Stores
    ) -> None:
        assert self._add(stores, "{}")
        assert self._add(stores, "{} ")
        assert self._add(stores, "{}", source="sync")
        assert self._add(stores, "{}", token="NPS-EU-1")

    @pytest.mark.parametrize(
        "raw", ["\u20ac" * 400_000, "a\ud800b", "", "\x00"], ids=["large", "surrogate", "-", "NUL"]
    )
    def test_payload__of_any_size_and_content_is_kept(self, stores: Stores, raw: str) -> None:
        assert self._add(stores, raw)
        assert not self._add(stores, raw)

    def test_payloads__that_differ_beyond_what_is_kept_are_two(self, stores: Stores) -> None:
        assert self._add(stores, "x" * 400_000 + "1")
        assert self._add(stores, "x" * 400_000 + "2")


class TestDirectory:
    def test_directory__that_is_empty_knows_nobody(self, stores: Stores) -> None:
        assert stores.directory.account_of((("email", "ana@acme.example"),)) is None

    def test_directory__answers_for_the_first_lookup_that_it_knows(self, stores: Stores) -> None:
        stores.fill_directory("domain", "acme.example", "by-domain")
        stores.fill_directory("email", "ana@acme.example", "by-email")
        stores.fill_directory("account", "u-42", "not a lookup of answers")
        lookups = (
            ("external_id", "u-42"),
            ("email", "ana@acme.example"),
            ("domain", "acme.example"),
        )
        assert stores.directory.account_of(lookups) == ("by-email", "email")
        assert stores.directory.account_of(lookups[2:]) == ("by-domain", "domain")
        assert stores.directory.account_of(lookups[:1]) is None

    def test_entry__is_replaced_by_writing_it_again(self, stores: Stores) -> None:
        for account in ("old", "new"):
            stores.fill_directory("email", "ana@acme.example", account)
        assert stores.directory.account_of((("email", "ana@acme.example"),)) == ("new", "email")
