"""The Wootric accounts that a deployment reads: the settings of each connection. Pure."""

import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nps_core.errors import ConfigError
from nps_core.formats import IN_KEY, Stored
from nps_core.scoring import NPS

METRICS = (NPS, "CES", "CSAT")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{3,63}")


@dataclass(frozen=True, slots=True)
class Connection(Stored):
    """Settings of one Wootric account.

    An empty `api_url` means the region that the token names. `requests_per_minute` is a percentage
    of the account's rate limit. The account counts its days in `time_zone`.
    """

    account_token: str = field(metadata=IN_KEY)
    api_url: str = ""
    metric: str = NPS
    time_zone: str = "America/Los_Angeles"
    requests_per_minute: int = 80

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def checked(connection: Connection) -> Connection:
    """Return the connection if it can work. Raises ConfigError, naming the setting and the fix."""
    if not _TOKEN.fullmatch(connection.account_token):
        raise ConfigError("the account token is 4 to 64 letters, digits, - and _, as Wootric shows")
    if connection.metric not in METRICS:
        raise ConfigError(f"the metric is one of {', '.join(METRICS)}")
    if connection.api_url and not re.fullmatch(r"https?://[^\s/]\S*", connection.api_url):
        raise ConfigError("the API address is empty or a URL with http:// or https://")
    if connection.requests_per_minute < 1:
        raise ConfigError("the requests a minute are at least 1")
    try:
        _ = connection.zone
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ConfigError(
            "the time zone is a name of the IANA database such as Europe/Berlin"
        ) from exc
    return connection


def all_connections(default: Connection, added: list[Connection]) -> list[Connection]:
    """Return the template's connection and the added ones; the template's own settings win."""
    others = [
        connection for connection in added if connection.account_token != default.account_token
    ]
    return [default, *others]
