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
    typer.Option("--api-url", metavar="URL", help="Its API; else as the token's prefix says."),
]
MetricOption = Annotated[
    str | None, typer.Option("--metric", metavar="NPS|CES|CSAT", help="What its surveys ask.")
]
TimeZoneOption = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="In which it counts days, Europe/Berlin."),
]
RequestsOption = Annotated[
    int | None,
    typer.Option("--requests-per-minute", metavar="N", help="Of each 100 that it allows."),
]
_PARAMETERS = {
    "api_url": "WootricApiUrl",
    "metric": "WootricMetric",
    "time_zone": "WootricTimeZone",
    "requests_per_minute": "WootricRequestsPerMinute",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options say, None where one was not given. Names as those of `Connection`."""

    api_url: str | None
    metric: str | None
    time_zone: str | None
    requests_per_minute: int | None

    def require_none(self) -> None:
        """Raise Failure if any was given: for the template's account they are parameters."""
        given = [name for name, value in asdict(self).items() if value is not None]
        if given:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            parameters = ", ".join(_PARAMETERS[name] for name in given)
            raise Failure(
                f"{options}: for the account of the template deploy with {parameters};"
                " the options are for another account, named by --account TOKEN"
            )

    def first(self, account_token: str, template: Connection) -> Connection:
        """Return how an account is read that nobody has described yet."""
        return replace(template, account_token=account_token, api_url="", metric=NPS)

    def over(self, connection: Connection) -> Connection:
        """Return the connection as the options change it. Raises ConfigError if it cannot work."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return checked(replace(connection, **given))
