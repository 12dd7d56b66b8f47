from datetime import UTC, datetime
from zlib import crc32

import pytest

from nps_core import keys
from nps_core.keys import AnswerKey

MONTHS = [("2025-12", None), ("2025-12", 0), ("2025-12", 15), ("2026-01", None), ("2026-01", 9)]


@pytest.mark.parametrize("kind", ["response", "decline"])
def test_answer_key__round_trips(kind: str) -> None:
    text = f"NPS-EU-1#{kind}#500001"
    key = keys.parse_answer_key(text)
    assert (key.account_token, key.kind, key.id) == ("NPS-EU-1", kind, "500001")
    assert str(key) == text


@pytest.mark.parametrize("text", ["", "a", "a#response", "a#survey#1", "CONN#NPS-1", "#"])
def test_answer_key__refuses_what_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a key|unpack"):
        keys.parse_answer_key(text)


def test_state_keys__are_as_documented() -> None:
    answer = AnswerKey("NPS-1", "response", "7")
    assert [
        keys.connection("NPS-1", "PROFILE"),
        keys.connection("NPS-1", "CHECKPOINT#responses"),
        keys.ledger("acme", "2026-03"),
        keys.ledger("acme", "2026-03", 3),
        keys.contact("acme", "NPS-1:7001"),
        keys.account_summary("acme"),
        keys.alert(answer),
        keys.mail("m"),
        keys.run("r"),
        keys.quarantine("d"),
        keys.directory("domain", "acme.example"),
    ] == [
        ("CONN#NPS-1", "PROFILE"),
        ("CONN#NPS-1", "CHECKPOINT#responses"),
        ("ACCT#acme", "LEDGER#2026-03"),
        ("ACCT#acme", "LEDGER#2026-03#03"),
        ("ACCT#acme", "CONTACT#NPS-1:7001"),
        ("ACCOUNT", "acme"),
        ("ALERT", "NPS-1#response#7"),
        ("MAIL", "m"),
        ("RUN", "r"),
        ("QUARANTINE", "d"),
        ("DIRECTORY", "domain#acme.example"),
    ]


def test_ledgers__sort_by_month_with_their_parts() -> None:
    sorted_keys = [keys.ledger("acme", month, part).sk for month, part in MONTHS]
    assert sorted_keys == sorted(sorted_keys)
    assert all(sk < "LEDGER#~" for sk in sorted_keys)


def test_month__is_named_so_that_it_sorts() -> None:
    assert keys.month_of(datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)) == "2026-03"


def test_ledger_part__spreads_ids_over_sixteen_for_ever_the_same_way() -> None:
    assert keys.ledger_part("NPS-1a2b3c4d#500001") == crc32(b"NPS-1a2b3c4d#500001") % 16
    assert {keys.ledger_part(f"NPS-1#{n}") for n in range(1_000)} == set(range(16))
