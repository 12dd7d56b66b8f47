import pytest
from hypothesis import given
from hypothesis import strategies as st

from nps_core.connectors.wootric.signature import sign, verify
from nps_core.errors import InvalidSignature
from nps_testing.sources.payload_vectors import Vector, vectors
from nps_testing.stacks.environment import WEBHOOK_KEY

VECTORS = vectors()
BODY, GOOD = VECTORS[0].body, VECTORS[0].signature
NON_ASCII = "sha1=\u00e4\u00f6\u00fc\u20ac"


def test_vectors__are_the_six_documented_deliveries() -> None:
    assert [vector.name for vector in VECTORS] == [
        "response_created.json",
        "response_updated.json",
        "decline_created.json",
        "response_created.form",
        "response_updated.form",
        "decline_created.form",
    ]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_verify__accepts_the_documented_deliveries(vector: Vector) -> None:
    verify(vector.body, vector.signature, [WEBHOOK_KEY])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_sign__gives_the_documented_signature(vector: Vector) -> None:
    assert sign(vector.body, WEBHOOK_KEY) == vector.signature


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param("   ", id="blank"),
        pytest.param("sha1=", id="nothing after the prefix"),
        pytest.param(GOOD.removeprefix("sha1="), id="no prefix"),
        pytest.param(GOOD.replace("sha1=", "sha256="), id="wrong prefix"),
        pytest.param(GOOD.replace("sha1=", "SHA1="), id="upper case prefix"),
        pytest.param(GOOD.upper(), id="upper case hex"),
        pytest.param(GOOD[:-1], id="too short"),
        pytest.param(GOOD + "0", id="too long"),
        pytest.param(GOOD + "," + GOOD, id="twice"),
        pytest.param(GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"), id="last digit"),
        pytest.param(NON_ASCII, id="not ASCII"),
        pytest.param("sha1=\ud800", id="lone surrogate"),
        pytest.param("sha1=\udcff" + "0" * 39, id="undecodable byte"),
        pytest.param("sha1=" + "\x00" * 40, id="NUL"),
    ],
)
def test_verify__refuses_a_malformed_header(header: str | None) -> None:
    with pytest.raises(InvalidSignature):
        verify(BODY, header, [WEBHOOK_KEY])


@pytest.mark.parametrize(
    "keys",
    [[], [""], ["", ""], ["wrong"], [WEBHOOK_KEY.upper()], [WEBHOOK_KEY + " "], ["\ud800"]],
    ids=repr,
)
def test_verify__refuses_without_the_right_key(keys: list[str]) -> None:
    with pytest.raises(InvalidSignature):
        verify(BODY, GOOD, keys)


def test_verify__refuses_what_is_signed_with_the_empty_key() -> None:
    with pytest.raises(InvalidSignature):
        verify(BODY, sign(BODY, ""), ["", WEBHOOK_KEY])


@pytest.mark.parametrize("keys", [["new", WEBHOOK_KEY], [WEBHOOK_KEY, "new"], ["", WEBHOOK_KEY]])
def test_verify__accepts_any_key_of_several(keys: list[str]) -> None:
    verify(BODY, GOOD, keys)


def test_verify__ignores_space_around_the_header() -> None:
    verify(BODY, f"  {GOOD}\t", [WEBHOOK_KEY])


@pytest.mark.parametrize(
    "body", [BODY + b"\n", BODY[:-1], b"", BODY.replace(b'"score":3', b'"score":9')]
)
def test_verify__refuses_a_tampered_body(body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify(body, GOOD, [WEBHOOK_KEY])


def test_invalid_signature__never_tells_the_right_one() -> None:
    with pytest.raises(InvalidSignature) as caught:
        verify(BODY, "sha1=0", [WEBHOOK_KEY])
    assert GOOD.removeprefix("sha1=") not in str(caught.value)
    assert WEBHOOK_KEY not in str(caught.value)


@given(header=st.text(st.characters()), key=st.text(st.characters()), body=st.binary())
def test_verify__raises_nothing_but_invalid_signature(header: str, key: str, body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify(body, header, [key])


@given(key=st.text(min_size=1), body=st.binary())
def test_verify__accepts_what_the_key_signed(key: str, body: bytes) -> None:
    verify(body, sign(body, key), ["other", key])
