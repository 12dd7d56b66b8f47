import json

import pytest

from nps_core.connections.secret import Secret, parse_secret
from nps_core.errors import ConfigError

FULL = {
    "client_id": "the-id",
    "client_secret": "the-secret",
    "webhook_keys": {"active": ["a", "b"], "retired": ["c"]},
}


def test_secret__holds_credentials_and_keys_active_ones_first() -> None:
    secret = parse_secret(json.dumps(FULL))
    assert (secret.client_id, secret.client_secret) == ("the-id", "the-secret")
    assert secret.webhook_keys == ("a", "b", "c")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"webhook_keys": None},
        {"webhook_keys": {}},
        {"webhook_keys": {"active": None, "retired": [""]}, "client_id": None},
    ],
)
def test_secret__that_is_not_filled_in_yet_has_no_keys(data: dict[str, object]) -> None:
    assert parse_secret(json.dumps(data)) == Secret()
    assert parse_secret(json.dumps(data)).webhook_keys == ()


@pytest.mark.parametrize(
    "text",
    [
        *("", "the-secret", "[]", "null", "5", '"the-secret"'),
        *('{"webhook_keys": ["the-secret"]}', '{"webhook_keys": {"active": "the-secret"}}'),
        *('{"webhook_keys": {"active": [5]}}', '{"webhook_keys": {"retired": {"a": 1}}}'),
        '{"client_secret": "the-secret"',
    ],
)
def test_secret__of_another_shape_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_secret(text)
    assert "webhook_keys" in str(caught.value)
    assert "the-secret" not in str(caught.value)
    assert "the-secret" not in str(caught.value.__cause__)


def test_secret__never_prints_its_values() -> None:
    assert repr(parse_secret(json.dumps(FULL))) == "Secret()"


def test_missing__names_the_empty_fields_and_never_a_value() -> None:
    assert Secret().missing == ("client_id", "client_secret", "webhook_keys.active")
    assert Secret("id", "secret", ("key",)).missing == ()
    assert Secret("id", "secret", (), ("retired",)).missing == ("webhook_keys.active",)
