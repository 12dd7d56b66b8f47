from dataclasses import replace

import pytest

from nps_core.connections.settings import Connection, checked
from nps_core.connectors.wootric.protocol import base_url
from nps_core.errors import ConfigError

EU = Connection("NPS-EU-5e6f7a8b", "", "NPS", "Europe/Berlin", 80)


def test_connection__is_read_as_it_was_written() -> None:
    assert Connection.from_item(EU.to_item(), account_token=EU.account_token) == EU
    assert checked(EU) is EU


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"account_token": "a b"}, "account token"),
        ({"metric": "nps"}, "metric"),
        ({"api_url": "ftp://example.com"}, "API address"),
        ({"requests_per_minute": 0}, "requests"),
        ({"time_zone": "Europe/Nowhere"}, "time zone"),
        ({"time_zone": "../etc"}, "time zone"),
        ({"time_zone": ""}, "time zone"),
    ],
)
def test_setting_that_cannot_work__is_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        checked(replace(EU, **change))  # type: ignore[arg-type]  # one test, fields of several types


@pytest.mark.parametrize(
    ("token", "host"),
    [
        ("NPS-1a2b3c4d", "https://api.wootric.com"),
        ("NPS-EU-5e6f7a8b", "https://api.wootric.eu"),
        ("NPS-AU-9c8d7e6f", "https://api.wootric.au"),
    ],
)
def test_host__follows_from_the_token_and_can_be_overridden(token: str, host: str) -> None:
    assert base_url(token) == host
    assert base_url(token, "http://127.0.0.1:8090/") == "http://127.0.0.1:8090"
