import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.answers.models import Incoming
from nps_core.connectors.wootric.payloads import from_rest
from nps_core.errors import PayloadError
from nps_core.keys import AnswerKey
from nps_testing.sources.payload_vectors import body
from nps_testing.stacks.environment import TOKEN

READ_AT = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
ROWS: list[dict[str, Any]] = json.loads(body("rest_responses.json"))
DECLINE: dict[str, Any] = json.loads(body("rest_declines.json"))[0]


def _read(**changes: Any) -> Incoming:
    return from_rest({**ROWS[0], **changes}, "response", TOKEN, READ_AT)


def _reason(row: object) -> str:
    with pytest.raises(PayloadError) as caught:
        from_rest(row, "response", TOKEN, READ_AT)
    return caught.value.reason


def test_row__is_understood() -> None:
    assert _read() == Incoming(
        key=AnswerKey(TOKEN, "response", "500001"),
        source="sync",
        score=3,
        text="Exports time out & support is slow",
        metric=None,
        email="ana@acme.example",
        external_id=None,
        end_user_id="7001",
        is_unknown_user=False,
        survey_id="9001",
        origin_url="https://app.example.com/home",
        properties={
            "company": "Acme Inc",
            "company_id": "c-118",
            "pricing_plan": "Enterprise",
            "seats_amount": 120,
            "renewal_date": 1788220800,
        },
        properties_typed=True,
        answered_at=datetime(2026, 3, 2, 17, 15, 4, tzinfo=UTC),
        updated_at=datetime(2026, 3, 2, 17, 15, 41, tzinfo=UTC),
        event_rank=1,
        event_at=READ_AT,
        excluded=False,
        tags=("PERFORMANCE", "SUPPORT"),
        notes=("Called the admin, callback on Monday",),
        completed=False,
    )


def test_row__of_an_anonymous_excluded_answer_over_the_dst_jump_is_understood() -> None:
    incoming = from_rest(ROWS[1], "response", TOKEN, READ_AT)
    assert (incoming.email, incoming.is_unknown_user, incoming.excluded) == (None, True, True)
    assert (incoming.text, incoming.notes, incoming.tags) == ("", (), ())
    assert (incoming.updated_at - incoming.answered_at).total_seconds() == 4


def test_row__of_a_decline_has_no_score_and_no_tags() -> None:
    incoming = from_rest(DECLINE, "decline", TOKEN, READ_AT)
    assert incoming.key == AnswerKey(TOKEN, "decline", "31007")
    assert (incoming.score, incoming.tags, incoming.notes) == (None, None, None)
    assert incoming.properties == {"company": "Acme Inc"}


@pytest.mark.parametrize("row", [*ROWS, DECLINE])
def test_row__never_keeps_the_ip_address(row: dict[str, Any]) -> None:
    kind: Any = "response" if "score" in row else "decline"
    assert "203.0.113" not in repr(from_rest(row, kind, TOKEN, READ_AT))


def test_external_id__may_stand_at_the_end_user_or_at_the_answer() -> None:
    assert _read(end_user={"external_id": "u-42"}, external_id="u-43").external_id == "u-42"
    assert _read(external_id="u-43").external_id == "u-43"


def test_email__may_stand_at_the_answer() -> None:
    assert _read(end_user={}, email="Bo@Acme.Example").email == "bo@acme.example"


@pytest.mark.parametrize("user", [None, [], {}, {"properties": None}, "text"])
def test_properties__that_are_absent_are_not_carried(user: object) -> None:
    assert _read(end_user=user).properties is None


def test_tags_and_notes__that_are_absent_are_not_carried() -> None:
    row = {name: value for name, value in ROWS[0].items() if name not in {"tags", "notes"}}
    incoming = from_rest(row, "response", TOKEN, READ_AT)
    assert (incoming.tags, incoming.notes) == (None, None)


@pytest.mark.parametrize("row", [None, [], "text", 5])
def test_row__that_is_no_object_is_refused(row: object) -> None:
    assert _reason(row) == "not_an_object"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": None}, "bad_id"),
        ({"score": None}, "bad_score"),
        ({"score": 11}, "bad_score"),
        ({"score": 9.5}, "bad_score"),
        ({"created_at": None}, "bad_time"),
        ({"updated_at": "soon"}, "bad_time"),
        ({"end_user_id": "7" * 801}, "too_long"),
        ({"end_user": {"external_id": "\u00e9" * 401}}, "too_long"),
        ({"end_user": {"email": "a" * 800 + "@acme.example"}}, "too_long"),
    ],
)
def test_row__that_numbers_cannot_rely_on_is_refused(changes: dict[str, Any], reason: str) -> None:
    assert _reason({**ROWS[0], **changes}) == reason


def test_row__nested_too_deeply_is_refused() -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    assert _reason({**ROWS[0], "surprise": deep}) == "too_deep"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*ROWS[0], "extra"]), json_values, max_size=4))
def test_arbitrary_fields__raise_nothing_but_payload_error(changes: dict[str, Any]) -> None:
    with suppress(PayloadError):
        assert _read(**changes).score in range(11)
