"""AWS clients with explicit timeouts and retries, and one translation of their errors.

The clients come from botocore alone: importing boto3 would add 40 % to every cold start. Retries
are pinned because botocore's default changed between releases ('legacy' with five attempts in 1.43,
'standard' with three in 1.44).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from nps_core.errors import StoreRefused, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

# The second code of each is a reason of a cancelled transaction.
_CONDITION_FAILED = {"ConditionalCheckFailedException", "ConditionalCheckFailed"}
_CONFLICT = {"TransactionConflictException", "TransactionConflict"}
_REFUSED = {
    *("ValidationException", "ItemCollectionSizeLimitExceededException", "InvalidMessageContents"),
    # As reasons of a cancelled transaction.
    *("ValidationError", "ItemCollectionSizeLimitExceeded"),
}
"""Codes that say that the value itself cannot be stored: the same call fails for ever."""


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def _client(service: str, attempts: int, connect_s: float = 2, read_s: float = 5) -> Any:
    config = Config(
        connect_timeout=connect_s,
        read_timeout=read_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return _session().create_client(service, config=config)


@cache
def dynamodb() -> "DynamoDBClient":
    """Return a client that retries, which is safe: every write is conditional."""
    client: DynamoDBClient = _client("dynamodb", 4)
    return client


@cache
def impatient_dynamodb() -> "DynamoDBClient":
    """Return a client that gives up within about 3 s, to answer a webhook in time."""
    client: DynamoDBClient = _client("dynamodb", 2, connect_s=1, read_s=1)
    return client


@cache
def secrets_manager() -> "SecretsManagerClient":
    client: SecretsManagerClient = _client("secretsmanager", 2, connect_s=1, read_s=2)
    return client


@cache
def sqs() -> "SQSClient":
    client: SQSClient = _client("sqs", 2, connect_s=1, read_s=2)
    return client


@cache
def ses() -> "SESV2Client":
    """Return a client that sends once: SES has no idempotency token.

    With retries, one lost reply could send the same mail up to five times.
    """
    client: SESV2Client = _client("sesv2", 1, read_s=15)
    return client


def forget_clients() -> None:
    """Drop all cached clients: tests change credentials and endpoints."""
    for factory in (dynamodb, impatient_dynamodb, secrets_manager, sqs, ses):
        factory.cache_clear()


@contextmanager
def store_errors(action: str) -> Iterator[None]:
    """Translate every SDK error, with its code but without its message.

    StoreRefused if the value itself cannot be stored, else StoreUnavailable.
    """
    try:
        yield
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "unknown")
        refused = sorted(_REFUSED & {code, *reasons_of(exc)})
        if refused:
            raise StoreRefused(f"{action}: {refused[0]}") from exc
        raise StoreUnavailable(f"{action}: {code}") from exc
    except ParamValidationError as exc:
        raise StoreRefused(f"{action}: {type(exc).__name__}") from exc
    except BotoCoreError as exc:
        raise StoreUnavailable(f"{action}: {type(exc).__name__}") from exc


def reasons_of(exc: Any) -> list[str]:
    """Return the codes of a cancelled transaction, one for each of its writes; else none."""
    reasons = exc.response.get("CancellationReasons") or []
    return [str(reason.get("Code", "")) for reason in reasons]


def is_condition_failure(exc: Any) -> bool:
    """Whether a ClientError reports a failed condition, which is a result, not an error."""
    codes = {exc.response.get("Error", {}).get("Code"), *reasons_of(exc)}
    return bool(_CONDITION_FAILED & codes)


def is_conflict(exc: Any) -> bool:
    """Whether another transaction touched the item at the same time: soon it will not."""
    codes = {exc.response.get("Error", {}).get("Code"), *reasons_of(exc)}
    return bool(_CONFLICT & codes) and not is_condition_failure(exc)
