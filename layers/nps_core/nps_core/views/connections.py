"""The Wootric accounts that the stack reads."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from nps_core.connections.settings import Connection
from nps_core.views.checks import Check
from nps_core.views.view import Moment, View

Origin = Literal["template", "added"]


class ConnectionRow(View):
    """A connection and its settings."""

    account_token: str
    host: str
    metric: str
    time_zone: str
    requests_per_minute: int
    activated_at: Moment | None
    origin: Origin = Field(serialization_alias="from")


class Connected(View):
    """What `nps connect` has done; `time_zone` is null when the source cannot be asked."""

    account_token: str
    activated_at: Moment | None
    activated_now: bool
    webhook_url: str
    time_zone: Check | None


class ConnectionRemoval(View):
    """What `nps connections remove` has done, or would do."""

    account_token: str
    removed: bool
    dry_run: bool


def connection_row(
    connection: Connection, host: str, activated_at: datetime | None, origin: Origin
) -> ConnectionRow:
    """Return a connection."""
    return ConnectionRow(
        account_token=connection.account_token,
        host=host,
        metric=connection.metric,
        time_zone=connection.time_zone,
        requests_per_minute=connection.requests_per_minute,
        activated_at=activated_at,
        origin=origin,
    )
