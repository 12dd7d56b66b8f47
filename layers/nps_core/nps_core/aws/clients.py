"""AWS clients with explicit timeouts and retries, and one translation of their errors.

Clients are made by botocore, the half of boto3 that does the work: importing boto3 as well would
add 40 % to every cold start. Retries are pinned because botocore's default changed between
releases ('legacy' with five attempts in 1.43, 'standard' with three in 1.44).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from nps_core.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

CONDITION_FAILED = "ConditionalCheckFailedException"


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
    """Return the DynamoDB client of this process. Retries are safe: every write is conditional."""
    client: DynamoDBClient = _client("dynamodb", 4)
    return client


@cache
def impatient_dynamodb() -> "DynamoDBClient":
    """Return a client that gives up within about 3 s, for answering a webhook in time."""
    client: DynamoDBClient = _client("dynamodb", 2, connect_s=1, read_s=1)
    return client


@cache
def secrets_manager() -> "SecretsManagerClient":
    """Return the Secrets Manager client of this process."""
    client: SecretsManagerClient = _client("secretsmanager", 2, connect_s=1, read_s=2)
    return client


@cache
def sqs() -> "SQSClient":
    """Return the SQS client of this process."""
    client: SQSClient = _client("sqs", 2, connect_s=1, read_s=2)
    return client


@cache
def ses() -> "SESV2Client":
    """Return an SES client that sends once: SES has no idempotency token.

    With retries, one lost reply would submit the same mail up to five times.
    """
    client: SESV2Client = _client("sesv2", 1, read_s=15)
    return client


def forget_clients() -> None:
    """Drop all cached clients (tests change credentials and endpoints)."""
    for factory in (dynamodb, impatient_dynamodb, secrets_manager, sqs, ses):
        factory.cache_clear()


@contextmanager
def store_errors(action: str) -> Iterator[None]:
    """Translate every SDK failure into StoreUnavailable, with the code and without the content."""
    try:
        yield
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "unknown")
        raise StoreUnavailable(f"{action}: {code}") from exc
    except BotoCoreError as exc:
        raise StoreUnavailable(f"{action}: {type(exc).__name__}") from exc


def is_condition_failure(exc: Any) -> bool:
    """Whether a ClientError says that a condition did not hold, which is an outcome."""
    return bool(exc.response.get("Error", {}).get("Code") == CONDITION_FAILED)
