"""The Wootric accounts that the stack reads."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from nps_core.connections.settings import Connection
from nps_core.views.checks import Check
from nps_core.views.view import Moment, View

Origin = Literal["template", "added"]


class ConnectionRow(View):
    account_token: str
    host: str
    metric: str
    time_zone: str
    requests_per_minute: int
    activated_at: Moment | None
    origin: Origin = Field(serialization_alias="from")


class Connected(View):
    """Result of `nps connect`; `time_zone` is null if the source cannot be asked."""

    account_token: str
    activated_at: Moment | None
    activated_now: bool
    webhook_url: str
    time_zone: Check | None


class ConnectionRemoval(View):
    """Result of `nps connections remove`, or its preview."""

    account_token: str
    removed: bool
    dry_run: bool


def connection_row(
    connection: Connection, host: str, activated_at: datetime | None, origin: Origin
) -> ConnectionRow:
    return ConnectionRow(
        account_token=connection.account_token,
        host=host,
        metric=connection.metric,
        time_zone=connection.time_zone,
        requests_per_minute=connection.requests_per_minute,
        activated_at=activated_at,
        origin=origin,
    )
