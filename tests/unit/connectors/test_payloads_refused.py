import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nps_core.answers.models import Incoming
from nps_core.connectors.wootric.payloads import from_webhook
from nps_core.errors import PayloadError
from nps_testing.sources.payload_vectors import body

RESPONSE = json.loads(body("response_created.json"))
FORM = body("response_created.form").decode()


def _webhook(resource: dict[str, Any] | None = None, **top: Any) -> Incoming:
    return from_webhook(_body(resource, **top))


def _body(resource: dict[str, Any] | None = None, **top: Any) -> bytes:
    response = RESPONSE["response"] | (resource or {})
    return json.dumps({**RESPONSE, "response": response, **top}).encode()


def _reason(raw: bytes) -> str:
    with pytest.raises(PayloadError) as caught:
        from_webhook(raw)
    return caught.value.reason


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"hello",
        b"[]",
        b"5",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b"\x80abc=1",
        body("response_created.json")[:-1],
        b"[" * 60_000,
        b'{"response":' * 60_000 + b"1" + b"}" * 60_000,
        b"response[id]=1&response=2",
        b"response=2&response[id]=1",
        b"&".join(b"a=1" for _ in range(1_001)),
        b'{"response": {"id": ' + b"9" * 5_000 + b"}}",
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_body__that_is_neither_json_object_nor_form_is_refused(raw: bytes) -> None:
    assert _reason(raw) == "not_json_or_form"


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"a=1",
        b'{"response": null}',
        b'{"response": [], "decline": 5}',
        b'{"survey": {"id": 1}}',
        b"response=5",
        json.dumps({**RESPONSE, "decline": {"id": 1}}).encode(),
    ],
    ids=lambda raw: repr(raw[:40]),
)
def test_body__without_exactly_one_resource_is_refused(raw: bytes) -> None:
    assert _reason(raw) == "no_resource"


@pytest.mark.parametrize(
    "token", [None, "", "  ", "a#b", "NPS-\u00fc", "x" * 65, True, [], "~NPS-1"]
)
def test_account_token__must_be_a_token(token: object) -> None:
    assert _reason(_body(account_token=token)) == "bad_account_token"


@pytest.mark.parametrize("answer_id", [None, "", "a#b", 10**100, 1.5, "~unmatched"])
def test_id__must_be_an_id(answer_id: object) -> None:
    assert _reason(_body({"id": answer_id})) == "bad_id"


@pytest.mark.parametrize("score", [None, 11, -1, 9.5, True, "", float("nan"), 10**400])
def test_score__must_be_an_integer_of_0_to_10(score: object) -> None:
    assert _reason(_body({"score": score})) == "bad_score"


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
def test_time__of_the_answer_must_be_a_time(field: str) -> None:
    assert _reason(_body({field: "soon"})) == "bad_time"


def test_time__of_the_event_must_be_a_time() -> None:
    assert _reason(_body(timestamp="soon")) == "bad_time"


def test_time__of_the_answer_is_required() -> None:
    assert _reason(_body({"created_at": None})) == "bad_time"


@pytest.mark.parametrize("levels", [25, 200, 400])
def test_json__nested_too_deeply_is_refused(levels: int) -> None:
    raw = b'{"response":{"x":' + b"[" * levels + b"]" * levels + b"}}"
    assert _reason(raw) == "too_deep"


@pytest.mark.parametrize("field", ["email", "external_id", "end_user_id"])
def test_id__that_no_key_can_hold_is_refused(field: str) -> None:
    assert _reason(_body({field: "\u00e9" * 401})) == "too_long"


def test_error__names_the_field_and_no_content() -> None:
    with pytest.raises(PayloadError) as caught:
        _webhook({"score": "ana@acme.example"})
    assert str(caught.value) == "bad_score: score is not an integer of 0 to 10 (NPS)"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


FIELD_NAMES = [*RESPONSE["response"], "extra"]


def _never_fails_otherwise(raw: bytes) -> None:
    incoming = _understood(raw)
    if incoming is not None:
        assert incoming.score is None or incoming.score in range(11)
        json.dumps(dict(incoming.extra), ensure_ascii=False, allow_nan=False).encode()


def _understood(raw: bytes) -> Incoming | None:
    try:
        return from_webhook(raw)
    except PayloadError:
        return None


@given(st.binary())
@example(b"response[id]=%ED%A0%80&account_token=x")
@example(b"\xef\xbb\xbf{}")
def test_arbitrary_bytes__raise_nothing_but_payload_error(raw: bytes) -> None:
    _never_fails_otherwise(raw)


@given(st.text(alphabet="response[]=&%+5BDid_ \u00e9{}\"':1,"))
def test_almost_forms__raise_nothing_but_payload_error(text: str) -> None:
    _never_fails_otherwise(text.encode())


@given(st.dictionaries(st.sampled_from(FIELD_NAMES), json_values, max_size=4), json_values)
def test_arbitrary_fields__raise_nothing_but_payload_error(
    fields: dict[str, Any], top: object
) -> None:
    _never_fails_otherwise(_body(fields, timestamp=top))
    _never_fails_otherwise(json.dumps(top).encode())
