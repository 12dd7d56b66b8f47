import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nps_core.answers.models import Incoming
from nps_core.connectors.wootric.payloads import from_webhook
from nps_core.errors import PayloadError
from nps_core.keys import AnswerKey
from nps_testing.sources.payload_vectors import body, vectors
from nps_testing.stacks.environment import TOKEN

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
        text="",
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
