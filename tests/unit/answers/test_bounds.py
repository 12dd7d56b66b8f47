"""An answer fits an item, whatever a source sends: what decides stays, what is cut is named."""

from typing import Any

import pytest

from nps_core.answers.bounds import MAX_TEXT, fitted
from nps_core.answers.dynamo import to_item
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.models import Answer
from nps_testing.factories import NOW, make_answer, make_incoming, make_rest
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryDirectory

RULES = AccountRules.of("company_id,company", "company", "csm_email")
LONG = {f"{'k' * 4_500}{n:03d}": n for n in range(100)}
DECIDING = {"company_id": "c-118", "company": "Acme Inc", "csm_email": "jane@example.com"}


def _fitted(**content: Any) -> Answer:
    return fitted(make_answer(**content), RULES.names)


def _bytes(answer: Answer) -> int:
    """The bytes that DynamoDB counts: texts as they are, a little for each value of a list."""
    return sum(
        len(name)
        + (sum(len(one.encode()) + 1 for one in value) if isinstance(value, list) else 0)
        + (len(str(value).encode()) if not isinstance(value, list) else 0)
        for name, value in to_item(answer).items()
    )


def test_answer__that_fits_is_left_alone() -> None:
    whole = make_answer(properties={str(n): "x" * 1_500 for n in range(200)})
    assert fitted(whole, RULES.names) is whole


@pytest.mark.parametrize("place", [0, 50, 100])
def test_properties__that_decide_stay_wherever_they_stand(place: int) -> None:
    names = list(LONG)
    found = _fitted(
        properties={
            **{name: LONG[name] for name in names[:place]},
            **DECIDING,
            **{name: LONG[name] for name in names[place:]},
        }
    )
    assert DECIDING.items() <= found.properties.items()
    assert (found.cut, 70 < len(found.properties) < 100) == (("properties",), True)


@pytest.mark.parametrize(
    "content",
    [
        {"properties": LONG},
        {"properties": {"company_id": "x" * 500_000}},
        {"properties": {"a": '"' * 250_000}},
        {"extra": {"a": ["x"] * 200_000}},
        {"notes": ("\u00e9" * 1_000,) * 300},
        {"tags": ("x" * 1_000,) * 500},
        {"text": "\U0001f600" * 500_000},
        {"text": "\x01" * 250_000, "notes": ("x" * 200_000,)},
        {"text": "x" * 190_000, "properties": LONG, "extra": {"a": "x" * 200_000}},
    ],
    ids=["names", "one value", "quotes", "list", "notes", "tags", "comment", "control", "all"],
)
def test_answer__of_any_content_fits_an_item(content: dict[str, Any]) -> None:
    found = _fitted(**content)
    assert _bytes(found) < 400 * 1024
    assert set(found.cut) <= set(content)
    assert found.cut
    assert fitted(found, RULES.names) is found


def test_comment__stays_whole_up_to_its_bound() -> None:
    found = _fitted(text="x" * MAX_TEXT, properties=LONG)
    assert found.text == "x" * MAX_TEXT


def test_sources__that_together_outgrow_an_item_end_in_one_content() -> None:
    store = InMemoryAnswerStore()
    ingest = Ingest(store, InMemoryDirectory(), RULES, "NPS")
    webhook = make_incoming(extra={"a": "x" * 200_000}, properties=DECIDING)
    row = make_rest(extra={"b": "y" * 250_000}, properties={**DECIDING, **LONG})
    outcomes = [ingest.one(version, NOW) for version in (webhook, row, webhook, row, row)]
    assert outcomes[3:] == ["unchanged", "unchanged"]
    (answer,) = store
    assert (answer.account_id, answer.cut) == ("c-118", ("extra", "properties"))
    assert answer.is_counted
