"""The secret: cached for five minutes, stale while it cannot be read, refetched on demand."""

import json
from collections.abc import Iterator
from datetime import timedelta

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from nps_core.aws.clients import secrets_manager
from nps_core.connections.secret_store import SecretStore
from nps_core.errors import ConfigError, StoreUnavailable
from nps_testing.factories import NOW

ARN = "wootric"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


class Vault:
    """Secrets Manager with the secret, which can be changed, lost and found again."""

    def __init__(self) -> None:
        self.calls = 0
        self.write("first")
        secrets_manager().meta.events.register("before-call.secrets-manager", self._count)

    def write(self, key: str) -> None:
        self.write_text(json.dumps({"webhook_keys": {"active": [key], "retired": []}}))

    def write_text(self, text: str) -> None:
        client = secrets_manager()
        try:
            client.put_secret_value(SecretId=ARN, SecretString=text)
        except client.exceptions.ResourceNotFoundException:
            client.create_secret(Name=ARN, SecretString=text)

    def write_bytes(self, value: bytes) -> None:
        secrets_manager().put_secret_value(SecretId=ARN, SecretBinary=value)

    def lose(self) -> None:
        secrets_manager().delete_secret(SecretId=ARN, ForceDeleteWithoutRecovery=True)

    def _count(self, **call: object) -> None:
        self.calls += "GetSecretValue" in str(call["event_name"])


@pytest.fixture
def vault(clean_environment: None) -> Iterator[Vault]:
    """Secrets Manager on moto."""
    with mock_aws():
        yield Vault()


@pytest.fixture
def store(vault: Vault) -> SecretStore:
    """A store that has read nothing yet."""
    return SecretStore(secrets_manager(), ARN)


def test_get__reads_once_in_five_minutes(vault: Vault, store: SecretStore) -> None:
    assert vault.calls == 0
    assert store.get(NOW).active_keys == ("first",)
    vault.write("second")
    assert store.get(NOW + 5 * MINUTE - SECOND).active_keys == ("first",)
    assert vault.calls == 1
    assert store.get(NOW + 5 * MINUTE).active_keys == ("second",)
    assert vault.calls == 2


def test_get__keeps_the_last_value_while_it_cannot_be_read(
    vault: Vault, store: SecretStore
) -> None:
    store.get(NOW)
    vault.lose()
    for minutes in (5, 60, 600):
        assert store.get(NOW + minutes * MINUTE).active_keys == ("first",)
    vault.write("second")
    assert store.get(NOW + 601 * MINUTE).active_keys == ("second",)


def test_get__asks_once_a_minute_while_it_cannot_be_read(vault: Vault, store: SecretStore) -> None:
    store.get(NOW)
    vault.lose()
    store.get(NOW + 6 * MINUTE)
    asked = vault.calls
    store.get(NOW + 7 * MINUTE - SECOND)
    assert vault.calls == asked
    store.get(NOW + 7 * MINUTE)
    assert vault.calls == asked + 1


def test_get__fails_without_any_earlier_value(vault: Vault, store: SecretStore) -> None:
    vault.lose()
    with pytest.raises(StoreUnavailable, match="GetSecretValue: ResourceNotFoundException"):
        store.get(NOW)
    vault.write("second")
    assert store.get(NOW + SECOND).active_keys == ("second",)


def test_get__says_when_the_secret_has_another_shape(vault: Vault, store: SecretStore) -> None:
    vault.write_text("very-private")
    with pytest.raises(ConfigError) as caught:
        store.get(NOW)
    assert "very-private" not in str(caught.value)


def test_get__says_when_the_secret_is_binary(vault: Vault, store: SecretStore) -> None:
    vault.write_bytes(b"{}")
    with pytest.raises(ConfigError):
        store.get(NOW)


def test_refetch__brings_a_rotated_key_before_the_cache_ends(
    vault: Vault, store: SecretStore
) -> None:
    store.get(NOW)
    vault.write("second")
    fresh = store.refetch(NOW + SECOND)
    assert fresh is not None
    assert fresh.active_keys == ("second",)
    assert store.get(NOW + 2 * SECOND).active_keys == ("second",)


def test_refetch__is_done_ten_times_at_once_and_then_every_ten_seconds(
    vault: Vault, store: SecretStore
) -> None:
    store.get(NOW)
    for n in range(1, 11):
        assert store.refetch(NOW + n * SECOND / 10) is not None
    assert vault.calls == 11
    assert store.refetch(NOW + 2 * SECOND) is None
    assert vault.calls == 11
    assert store.refetch(NOW + 11 * SECOND) is not None
    assert store.refetch(NOW + 12 * SECOND) is None


def test_refetch__in_a_flood_of_forged_bodies_costs_six_calls_a_minute(
    vault: Vault, store: SecretStore
) -> None:
    """Twenty a second, as fast as the front door lets them in, for ten minutes."""
    store.get(NOW)
    for n in range(1, 12_001):
        store.refetch(NOW + n * SECOND / 20)
    assert vault.calls <= 1 + 10 + 60


def test_refetch__of_a_key_rotated_amid_a_flood_comes_within_ten_seconds(
    vault: Vault, store: SecretStore
) -> None:
    store.get(NOW)
    for n in range(1, 1_000):
        store.refetch(NOW + n * SECOND / 20)
    at = NOW + 50 * SECOND
    vault.write("second")
    for n in range(1, 201):
        store.refetch(at + n * SECOND / 20)
    assert store.get(at + 10 * SECOND).active_keys == ("second",)


def test_refetch__of_what_was_fetched_at_this_moment_asks_nobody(
    vault: Vault, store: SecretStore
) -> None:
    store.get(NOW)
    fresh = store.refetch(NOW)
    assert fresh is not None
    assert (fresh.active_keys, vault.calls) == (("first",), 1)


def test_refetch__that_fails_keeps_the_last_value_but_does_not_call_it_fresh(
    vault: Vault, store: SecretStore
) -> None:
    store.get(NOW)
    vault.lose()
    assert store.refetch(NOW + SECOND) is None
    assert store.get(NOW + 2 * SECOND).active_keys == ("first",)


def test_network_failure__is_a_store_that_is_unavailable(clean_environment: None) -> None:
    once = Config(connect_timeout=0.2, read_timeout=0.2, retries={"total_max_attempts": 1})
    nobody = boto3.client("secretsmanager", endpoint_url="http://127.0.0.1:9", config=once)
    with pytest.raises(StoreUnavailable, match="GetSecretValue: EndpointConnectionError"):
        SecretStore(nobody, ARN).get(NOW)
