"""The options of `nps connect` that describe how an added Wootric account is read."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated

import typer

from nps_cli.shell.errors import Failure
from nps_core.connections.settings import Connection, checked
from nps_core.scoring import NPS

AccountOption = Annotated[
    str | None,
    typer.Option("--account", metavar="TOKEN", help="Another account than the template's."),
]
ApiUrlOption = Annotated[
    str | None,
    typer.Option("--api-url", metavar="URL", help="Its API; default: by the token's prefix."),
]
MetricOption = Annotated[
    str | None, typer.Option("--metric", metavar="NPS|CES|CSAT", help="What its surveys ask.")
]
TimeZoneOption = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="Of its day counts, such as Europe/Berlin."),
]
RequestsOption = Annotated[
    int | None,
    typer.Option("--requests-per-minute", metavar="N", help="Percentage of its rate limit to use."),
]
_PARAMETERS = {
    "api_url": "WootricApiUrl",
    "metric": "WootricMetric",
    "time_zone": "WootricTimeZone",
    "requests_per_minute": "WootricRequestsPerMinute",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The given options, None for the others. Named like the fields of `Connection`."""

    api_url: str | None
    metric: str | None
    time_zone: str | None
    requests_per_minute: int | None

    def require_none(self) -> None:
        """Raise Failure if any was given: the account of the template has parameters instead."""
        given = [name for name, value in asdict(self).items() if value is not None]
        if given:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            parameters = ", ".join(_PARAMETERS[name] for name in given)
            raise Failure(
                f"{options}: for the account of the template deploy with {parameters};"
                " the options are for another account, named by --account TOKEN"
            )

    def first(self, account_token: str, template: Connection) -> Connection:
        """Return the defaults of a new account."""
        return replace(template, account_token=account_token, api_url="", metric=NPS)

    def over(self, connection: Connection) -> Connection:
        """Apply the options to a connection. Raises ConfigError if the result cannot work."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return checked(replace(connection, **given))
