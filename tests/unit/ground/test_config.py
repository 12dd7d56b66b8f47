import os

import pytest

from nps_core.config import (
    DeliverSettings,
    InboxSettings,
    NotifySettings,
    RollupSettings,
    SyncSettings,
    WebhookSettings,
)
from nps_core.errors import ConfigError
from nps_testing.stacks.environment import FUNCTION, TOKEN

Settings = (
    type[InboxSettings]
    | type[WebhookSettings]
    | type[SyncSettings]
    | type[RollupSettings]
    | type[NotifySettings]
    | type[DeliverSettings]
)
ALL: list[Settings] = [
    *(InboxSettings, WebhookSettings, SyncSettings, RollupSettings),
    *(NotifySettings, DeliverSettings),
]


def _reader(name: str) -> type[SyncSettings | RollupSettings]:
    """A function's settings that have the variable."""
    return RollupSettings if name == "WINDOW_DAYS" else SyncSettings


@pytest.mark.parametrize("settings", ALL)
def test_settings__load_from_the_environment_of_a_function(settings: Settings) -> None:
    loaded = settings.load()
    assert (loaded.service, loaded.metrics_namespace, loaded.log_level) == (
        "test",
        "NpsLoop",
        "INFO",
    )


def test_settings__are_read_by_name_and_typed() -> None:
    settings = SyncSettings.load()
    assert (settings.account_token, settings.api_url, settings.metric) == (TOKEN, "", "NPS")
    assert (settings.requests_per_minute, settings.backfill_days) == (80, 180)
    assert RollupSettings.load().window_days == 180


def test_settings__have_no_default() -> None:
    for settings in ALL:
        for name in {field.alias for field in settings.model_fields.values()}:
            assert name in FUNCTION
            kept = os.environ.pop(str(name))
            with pytest.raises(ConfigError, match=str(name)):
                settings.load()
            os.environ[str(name)] = kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("REQUESTS_PER_MINUTE", "0"), ("REQUESTS_PER_MINUTE", "many"), ("BACKFILL_DAYS", "731")),
        *(("BACKFILL_DAYS", "-1"), ("OVERLAP_MINUTES", "-1"), ("WINDOW_DAYS", "0")),
        *(("ROUND_HOURS", "0"), ("ROUND_HOURS", "25")),
    ],
)
def test_settings__name_what_is_wrong(name: str, value: str) -> None:
    os.environ[name] = value
    with pytest.raises(ConfigError) as caught:
        _reader(name).load()
    assert str(caught.value) == f"set these environment variables correctly: {name}"


def test_settings__never_show_a_value() -> None:
    os.environ["WINDOW_DAYS"] = "very-private"
    with pytest.raises(ConfigError) as caught:
        RollupSettings.load()
    assert "very-private" not in f"{caught.value} {caught.value.__cause__}"


def test_settings__name_everything_that_is_wrong_at_once() -> None:
    del os.environ["STATE_TABLE"]
    os.environ["WINDOW_DAYS"] = "x"
    with pytest.raises(ConfigError, match="STATE_TABLE, WINDOW_DAYS"):
        RollupSettings.load()


@pytest.mark.parametrize(
    ("name", "value"), [("BACKFILL_DAYS", "0"), ("BACKFILL_DAYS", "730"), ("WINDOW_DAYS", "1")]
)
def test_settings__take_their_bounds(name: str, value: str) -> None:
    os.environ[name] = value
    assert str(getattr(_reader(name).load(), name.lower())) == value


def test_settings__do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        RollupSettings.load().window_days = 1  # type: ignore[misc]  # that is the point
