import pytest

from nps_cli.connections.connect_settings import Settings
from nps_cli.shell.errors import Failure
from nps_core.connections.settings import Connection
from nps_core.errors import ConfigError

TEMPLATE = Connection("NPS-1a2b3c4d", "http://127.0.0.1:9", "CES", "Europe/Berlin", 60)
NONE = Settings(None, None, None, None)


def test_a_new_account__has_pace_and_time_zone_of_the_template_and_nothing_else() -> None:
    first = NONE.first("NPS-EU-5e6f7a8b", TEMPLATE)
    assert first == Connection("NPS-EU-5e6f7a8b", "", "NPS", "Europe/Berlin", 60)


def test_options__change_what_they_name() -> None:
    settings = Settings(None, "CSAT", None, 20)
    changed = settings.over(Connection("NPS-EU-5e6f7a8b", "http://a.example", "NPS", "UTC", 80))
    assert changed == Connection("NPS-EU-5e6f7a8b", "http://a.example", "CSAT", "UTC", 20)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings("ftp://x", None, None, None), "API address"),
        (Settings(None, "XPS", None, None), "metric"),
        (Settings(None, None, "Berlin", None), "time zone"),
        (Settings(None, None, None, 0), "requests a minute"),
    ],
)
def test_options_that_cannot_work__are_named(settings: Settings, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        settings.over(TEMPLATE)


def test_options_for_the_template__name_its_parameters() -> None:
    NONE.require_none()
    with pytest.raises(Failure, match=r"--time-zone.*deploy with WootricTimeZone"):
        Settings(None, None, "UTC", None).require_none()
