"""Settings of every function: the only reader of the environment.

Names of resources have no default: a missing variable must fail the first invocation, with its
name, rather than write somewhere else. Values never appear in error messages.
"""

import os
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nps_core.addresses import ADDRESS, MAX_LENGTH, SENDER
from nps_core.errors import ConfigError

_Address = Annotated[str, Field(pattern=f"^{ADDRESS}$", max_length=MAX_LENGTH)]
_AddressOrEmpty = Annotated[str, Field(pattern=f"^({ADDRESS})?$", max_length=MAX_LENGTH)]
_Sender = Annotated[str, Field(pattern=f"^{SENDER}$", max_length=MAX_LENGTH)]


class _Settings(BaseModel):
    """Base of the settings; the alias of a field is the name of its environment variable."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True)

    service: str = Field(alias="POWERTOOLS_SERVICE_NAME")
    metrics_namespace: str = Field(alias="POWERTOOLS_METRICS_NAMESPACE")
    log_level: str = Field(alias="POWERTOOLS_LOG_LEVEL")

    @classmethod
    def load(cls) -> Self:
        """Read and check the environment.

        Raises:
            ConfigError: names the missing or wrong variables.
        """
        try:
            return cls.model_validate(dict(os.environ))
        except ValidationError as exc:
            names = ", ".join(str(error["loc"][0]) for error in exc.errors())
            raise ConfigError(f"set these environment variables correctly: {names}") from exc


class _Accounts(_Settings):
    """Properties of an answer that hold its account and the account's owner."""

    account_properties: str = Field(alias="ACCOUNT_PROPERTIES")
    account_name_property: str = Field(alias="ACCOUNT_NAME_PROPERTY")
    owner_property: str = Field(alias="OWNER_PROPERTY")


class _Ingest(_Accounts):
    """Settings of everything that stores answers."""

    responses_table: str = Field(alias="RESPONSES_TABLE")
    state_table: str = Field(alias="STATE_TABLE")
    metric: str = Field(alias="WOOTRIC_METRIC")


class InboxSettings(_Ingest):
    """The inbox consumer needs nothing more."""


class WebhookSettings(_Ingest):
    secret_arn: str = Field(alias="SECRET_ARN")
    inbox_queue_url: str = Field(alias="INBOX_QUEUE_URL")


class SyncSettings(_Ingest):
    secret_arn: str = Field(alias="SECRET_ARN")
    account_token: str = Field(alias="WOOTRIC_ACCOUNT_TOKEN")
    api_url: str = Field(alias="WOOTRIC_API_URL")
    requests_per_minute: int = Field(alias="REQUESTS_PER_MINUTE", ge=1)
    time_zone: str = Field(alias="WOOTRIC_TIME_ZONE")
    backfill_days: int = Field(alias="BACKFILL_DAYS", ge=0, le=730)
    overlap_minutes: int = Field(alias="OVERLAP_MINUTES", ge=0)
    round_hours: int = Field(alias="ROUND_HOURS", ge=1, le=24)
    fallback_owner: _Address = Field(alias="FALLBACK_OWNER")
    admin_address: _AddressOrEmpty = Field(alias="ADMIN_ADDRESS")


class RollupSettings(_Settings):
    state_table: str = Field(alias="STATE_TABLE")
    window_days: int = Field(alias="WINDOW_DAYS", ge=1)


class NotifySettings(_Settings):
    responses_table: str = Field(alias="RESPONSES_TABLE")
    state_table: str = Field(alias="STATE_TABLE")
    settle_seconds: int = Field(alias="SETTLE_SECONDS", ge=0)
    fallback_owner: _Address = Field(alias="FALLBACK_OWNER")
    recipient_domains: str = Field(alias="RECIPIENT_DOMAINS")


class DeliverSettings(_Settings):
    responses_table: str = Field(alias="RESPONSES_TABLE")
    state_table: str = Field(alias="STATE_TABLE")
    window_days: int = Field(alias="WINDOW_DAYS", ge=1)
    sender: _Sender = Field(alias="SENDER")
    configuration_set: str = Field(alias="CONFIGURATION_SET")
