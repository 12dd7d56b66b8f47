"""AWS clients with explicit timeouts and retries, and one translation of their errors.

Retries are pinned because botocore's default changed between releases ('legacy' with five
attempts in 1.43, 'standard' with three in 1.44).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from nps_core.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

CONDITION_FAILED = "ConditionalCheckFailedException"


def _config(attempts: int, connect_s: float = 2, read_s: float = 5) -> Config:
    return Config(
        connect_timeout=connect_s,
        read_timeout=read_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )


@cache
def dynamodb(attempts: int = 4) -> "DynamoDBClient":
    """Return the DynamoDB client of this process. Retries are safe: every write is conditional."""
    return boto3.client("dynamodb", config=_config(attempts))


@cache
def impatient_dynamodb() -> "DynamoDBClient":
    """Return a client that gives up within about 3 s, for answering a webhook in time."""
    return boto3.client("dynamodb", config=_config(2, connect_s=1, read_s=1))


@cache
def secrets_manager() -> "SecretsManagerClient":
    """Return the Secrets Manager client of this process."""
    return boto3.client("secretsmanager", config=_config(2, connect_s=1, read_s=2))


@cache
def sqs() -> "SQSClient":
    """Return the SQS client of this process."""
    return boto3.client("sqs", config=_config(2, connect_s=1, read_s=2))


@cache
def ses() -> "SESV2Client":
    """Return an SES client that sends once: SES has no idempotency token.

    With retries, one lost reply would submit the same mail up to five times.
    """
    return boto3.client("sesv2", config=_config(1, read_s=15))


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
