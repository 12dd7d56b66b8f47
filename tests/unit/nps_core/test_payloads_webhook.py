import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nps_core.errors import PayloadError
from nps_core.models import AnswerKey, Incoming
from nps_core.payloads import from_webhook
from nps_testing.environment import TOKEN
from nps_testing.payload_vectors import body, vectors

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


def test_created__in_json_is_understood() -> None:
    incoming = from_webhook(body("response_created.json"))
    assert incoming == Incoming(
        key=AnswerKey(TOKEN, "response", "500001"),
        source="webhook",
        score=3,
        text=None,
        metric="NPS",
        email="ana@acme.example",
        external_id="u-42",
        end_user_id="7001",
        is_unknown_user=False,
        survey_id="9001",
        origin_url="https://app.example.com/home",
        properties={"company": "Acme Inc", "pricing_plan": "Enterprise", "seats_amount": 120},
        properties_typed=True,
        answered_at=datetime(2026, 3, 2, 17, 15, 4, 120_000, UTC),
        updated_at=datetime(2026, 3, 2, 17, 15, 4, 120_000, UTC),
        event_rank=0,
        event_at=datetime(2026, 3, 2, 17, 15, 6, 402_000, UTC),
        excluded=False,
    )


def test_created__as_a_form_differs_only_in_what_a_form_cannot_say() -> None:
    typed, form = from_webhook(body("response_created.json")), from_webhook(FORM.encode())
    assert form == Incoming(
        **{
            **{name: getattr(typed, name) for name in typed.__slots__},
            "properties": {
                "company": "Acme Inc",
                "pricing_plan": "Enterprise",
                "seats_amount": "120",
            },
            "properties_typed": False,
            "answered_at": typed.answered_at.replace(microsecond=0),
            "updated_at": typed.updated_at.replace(microsecond=0),
            "event_at": typed.event_at.replace(microsecond=0),
        }
    )


@pytest.mark.parametrize("suffix", ["json", "form"])
def test_updated__carries_the_comment_and_ranks_above_created(suffix: str) -> None:
    incoming = from_webhook(body(f"response_updated.{suffix}"))
    assert (incoming.text, incoming.event_rank) == ("Exports time out & support is slow", 1)


@pytest.mark.parametrize("suffix", ["json", "form"])
def test_decline__has_no_score(suffix: str) -> None:
    incoming = from_webhook(body(f"decline_created.{suffix}"))
    assert incoming.key == AnswerKey(TOKEN, "decline", "31007")
    assert (incoming.score, incoming.external_id, incoming.email) == (None, None, "bo@acme.example")


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.name)
def test_webhook__never_carries_tags_notes_and_completed(vector: Any) -> None:
    incoming = from_webhook(vector.body)
    assert (incoming.tags, incoming.notes, incoming.completed) == (None, None, None)
    assert "203.0.113" not in repr(incoming)


@pytest.mark.parametrize(
    "form",
    [
        FORM.replace("%5B", "[").replace("%5D", "]"),
        FORM.replace("+", "%20"),
        FORM.replace("%5B", "[").replace("%5D", "]").replace("+", "%20"),
        FORM.replace("response%5Btext%5D=&", "response%5Btext%5D&"),
        FORM + "&",
    ],
    ids=["raw brackets", "%20", "raw brackets and %20", "null without =", "trailing &"],
)
def test_form__may_be_spelled_in_several_ways(form: str) -> None:
    assert from_webhook(form.encode()) == from_webhook(FORM.encode())


@pytest.mark.parametrize(
    ("field", "key", "value"),
    [
        ("revenue+amount=5", "revenue amount", "5"),
        ("revenue%20amount=5", "revenue amount", "5"),
        ("a+[b]+c=5", "a [b] c", "5"),
        ("a%5D%5Bb=5", "a][b", "5"),
        ("Gr%C3%B6%C3%9Fe=Gro%C3%9F", "Gr\u00f6\u00dfe", "Gro\u00df"),
        ("plan=a%26b%3Dc%5Bd%5D", "plan", "a&b=c[d]"),
        ("plan=Acme+%26amp%3B+Co", "plan", "Acme & Co"),
        ("plan=%FF", "plan", "\ufffd"),
        ("=5", "", "5"),
    ],
)
def test_form__property_keys_and_values_may_hold_anything(field: str, key: str, value: str) -> None:
    name, _, raw = field.partition("=")
    form = f"{FORM}&response%5Bend_user_properties%5D%5B{name}%5D={raw}"
    properties = from_webhook(form.encode()).properties
    assert properties is not None
    assert properties[key] == value


def test_form__without_properties_does_not_carry_them() -> None:
    fields = [field for field in FORM.split("&") if "end_user_properties" not in field]
    assert from_webhook("&".join(fields).encode()).properties is None


def test_form__plus_of_an_offset_may_be_lost() -> None:
    form = FORM.replace("2026-03-02+09%3A15%3A04+-0800", "2026-03-02+22%3A45%3A04++0530")
    assert from_webhook(form.encode()).answered_at == datetime(2026, 3, 2, 17, 15, 4, tzinfo=UTC)


@pytest.mark.parametrize("suffix", ["json", "form"])
def test_duplicate_keys__the_last_one_counts(suffix: str) -> None:
    if suffix == "json":
        raw = body("response_created.json").replace(b'"score":3,', b'"score":3,"score":7,')
    else:
        raw = f"{FORM}&response%5Bscore%5D=7".encode()
    assert from_webhook(raw).score == 7


def test_json__with_a_byte_order_mark_or_in_utf_16_is_understood() -> None:
    plain = body("response_created.json").decode()
    assert from_webhook(plain.encode("utf-8-sig")) == from_webhook(plain.encode())
    assert from_webhook(plain.encode("utf-16")) == from_webhook(plain.encode())


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


@pytest.mark.parametrize("token", [None, "", "  ", "a#b", "NPS-\u00fc", "x" * 65, True, []])
def test_account_token__must_be_a_token(token: object) -> None:
    assert _reason(_body(account_token=token)) == "bad_account_token"


@pytest.mark.parametrize("answer_id", [None, "", "a#b", 10**100, 1.5])
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


@pytest.mark.parametrize("field", ["end_user_properties", "surprise"])
def test_json__larger_than_an_item_is_refused(field: str) -> None:
    large = {f"{'k' * 2_000}{n}": "\u00e9" * 1_000 for n in range(60)}
    assert _reason(_body({field: large})) == "too_large"


def test_updated_at__defaults_to_created_at_and_the_event_to_updated_at() -> None:
    incoming = _webhook({"updated_at": None}, timestamp=None)
    assert incoming.updated_at == incoming.answered_at == incoming.event_at


def test_event__of_an_unknown_name_ranks_as_an_update() -> None:
    assert _webhook(event_name="changed").event_rank == 1


@pytest.mark.parametrize(
    ("mode", "metric"), [("NPS", "NPS"), ("ces", "CES"), ("", None), (None, None)]
)
def test_survey_mode__is_the_metric(mode: str | None, metric: str | None) -> None:
    assert _webhook(survey_mode=mode).metric == metric


def test_unknown__is_no_address() -> None:
    incoming = _webhook({"email": "Unknown"})
    assert (incoming.email, incoming.is_unknown_user) == (None, True)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://app.example.com/a?token=secret#x", "https://app.example.com/a"),
        ("https://app.example.com/a#mail=a@b.example", "https://app.example.com/a"),
        ("static", "static"),
        ("?only=query", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_origin_url__is_kept_without_query_and_fragment(url: object, kept: str | None) -> None:
    assert _webhook({"origin_url": url}).origin_url == kept


def test_unknown_fields__are_kept_and_known_ones_are_not_repeated() -> None:
    extra = {"language": "pt", "driver_picklist": {"a": [1]}}
    assert _webhook({**extra, "tags": ["A"], "completed": True}).extra == extra


def test_text__with_a_lone_surrogate_becomes_storable() -> None:
    assert _webhook({"text": "a\ud800b", "k\udc00": "\udfff"}).text == "a?b"
    json.dumps(_webhook({"k\udc00": "\udfff"}).extra, ensure_ascii=False).encode()


def test_numbers__that_json_does_not_know_are_not_kept() -> None:
    raw = _body({"surprise": float("nan"), "end_user_properties": {"a": float("inf"), "b": 1e400}})
    incoming = from_webhook(raw)
    assert (dict(incoming.extra), incoming.properties) == ({"surprise": None}, {})


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
    try:
        incoming = from_webhook(raw)
    except PayloadError as exc:
        assert exc.reason in {
            *("not_json_or_form", "no_resource", "bad_account_token", "bad_id", "bad_score"),
            *("bad_time", "too_deep", "too_large"),
        }
    else:
        assert incoming.score is None or incoming.score in range(11)
        json.dumps(dict(incoming.extra), ensure_ascii=False, allow_nan=False).encode()


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
