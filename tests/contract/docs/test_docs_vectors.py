"""The test vectors in the definitions hold, through the ledgers and the fold of the product."""

import json
import re
from typing import Any

import pytest

from nps_core import keys
from nps_core.numbers.account_numbers import AccountView, fold_account
from nps_core.numbers.current import account_votes
from nps_core.numbers.ledger import Ledger
from nps_core.numbers.votes import touched
from nps_core.scoring import Counts
from nps_core.times import from_iso, iso
from nps_testing.documents import section, text
from nps_testing.factories import make_answer
from nps_testing.fakes.stores import InMemoryLedgerStore

BLOCKS = re.findall(r"^```json\n(.*?)^```", section(text("docs/definitions.md"), "Test vectors"),
                    re.S | re.M)  # fmt: skip
VECTORS = [json.loads(block) for block in BLOCKS]


def folded(vector: dict[str, Any]) -> AccountView:
    answers = [
        make_answer(
            id=row["id"],
            answered_at=from_iso(row["answered_at"]),
            score=row["score"],
            end_user_id=row["contact"],
            email=None,
            external_id=None,
            account_name=row.get("name"),
            owner=row.get("owner"),
            excluded=row.get("excluded", False),
        )
        for row in vector["answers"]
    ]
    ledgers = InMemoryLedgerStore()
    for month, votes in touched((None, answer) for answer in answers).months.items():
        ledgers.put(keys.ledger(*month), Ledger().merged(votes))
    as_of, days = from_iso(vector["as_of"]), vector["window_days"]
    return fold_account("c-118", account_votes(ledgers, "c-118", as_of, days), as_of, days)


def shown(view: AccountView) -> dict[str, Any]:
    return {
        "all": classes(view.all),
        "latest": classes(view.latest),
        "nps": view.all.nps,
        "nps_rounded": view.all.nps_rounded,
        "class": view.account_class,
        "class_reason": view.class_reason,
        "name": view.name,
        "owner": view.owner,
        "last_answered_at": iso(view.last_answered_at) if view.last_answered_at else None,
    }


def classes(counts: Counts) -> list[int]:
    return [counts.promoters, counts.passives, counts.detractors]


def test_vectors__are_there() -> None:
    assert len(VECTORS) >= 6


@pytest.mark.parametrize("vector", VECTORS, ids=range(len(VECTORS)))
def test_vector__is_what_the_code_computes(vector: dict[str, Any]) -> None:
    found = shown(folded(vector))
    assert {name: found[name] for name in vector["right"]} == vector["right"]
