"""The template and the code accept the same addresses: what deploys also works."""

import os
import re

import pytest

from nps_core.addresses import address
from nps_core.config import DeliverSettings, NotifySettings, SyncSettings
from nps_core.customers.owners import OwnerPolicy
from nps_core.errors import ConfigError
from nps_testing.template import load_template

PARAMETERS = load_template()["Parameters"]
Settings = DeliverSettings | NotifySettings | SyncSettings
READERS: dict[str, list[tuple[str, type[Settings]]]] = {
    "SenderAddress": [("SENDER", DeliverSettings)],
    "FallbackOwnerAddress": [("FALLBACK_OWNER", NotifySettings), ("FALLBACK_OWNER", SyncSettings)],
    "AdminAddress": [("ADMIN_ADDRESS", SyncSettings)],
    "AlarmAddress": [],
}
MAY_BE_EMPTY = {"AdminAddress", "AlarmAddress"}
GOOD = [
    *("cs@example.com", "CS@Example.COM", "o'neil@example.com", "a.b+c@sub.b-c.example"),
    *("c-s_team@xn--mller-kva.example", "1@2.example", f"{'a' * 64}@example.com"),
]
WILD = ["a*@example.com", "*@example.com", "a?b@example.com", "a${b}@example.com", "$a@example.com"]
BAD = [
    *("<cs@example.com>", "mailto:cs@example.com", "j\u00fcrgen@example.com", "cs@example..com"),
    *("cs@m\u00fcller.example", "cs@example", "cs@", "@example.com", "cs@@example.com", "cs"),
    *(
        "cs@example.com ",
        " cs@example.com",
        "cs@example.com\n",
        "c s@example.com",
        "cs@example.com.",
    ),
    *(
        "cs@example.com.",
        "cs..team@example.com",
        ".cs@example.com",
        "cs.@example.com",
        "cs@-example.com",
    ),
    *("cs@example-.com", "a@example.com,b@example.com", "a@example.com;b@example.com"),
    *('"cs"@example.com', "cs@[127.0.0.1]", "cs@exam_ple.com", "Jane Doe <jane@example.com>"),
    *("cs@example.com\r\nBcc: x@example.com", f"{'a' * 250}@example.com", "cs\x00@example.com"),
]


def _deploys(parameter: str, value: str) -> bool:
    """CloudFormation matches the whole value, as Java's `matches` does."""
    spec = PARAMETERS[parameter]
    fits = len(value) <= spec["MaxLength"]
    return fits and re.fullmatch(spec["AllowedPattern"], value, re.ASCII) is not None


def _loads(settings: type[Settings], variable: str) -> bool:
    try:
        settings.load()
    except ConfigError as exc:
        return variable not in str(exc)
    return True


def _works(parameter: str, value: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    results = set()
    for variable, settings in READERS[parameter]:
        with monkeypatch.context() as patch:
            # An environment variable cannot hold a NUL; the function would not even start.
            patch.setattr(os, "environ", {**os.environ, variable: value})
            results.add(_loads(settings, variable))
    assert len(results) == 1, "the readers of one parameter disagree"
    return results.pop()


@pytest.mark.parametrize("value", [*GOOD, *WILD, *BAD, ""], ids=repr)
@pytest.mark.parametrize("parameter", READERS)
def test_address__is_accepted_by_the_template_and_the_code_or_by_neither(
    parameter: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_good = value in GOOD or (value in WILD and parameter != "SenderAddress")
    is_good = is_good or (value == "" and parameter in MAY_BE_EMPTY)
    assert _deploys(parameter, value) is is_good
    if READERS[parameter]:
        assert _works(parameter, value, monkeypatch) is is_good


@pytest.mark.parametrize("value", [*GOOD, *WILD], ids=repr)
def test_fallback_owner__that_deploys_can_be_mailed(value: str) -> None:
    assert _deploys("FallbackOwnerAddress", value)
    assert OwnerPolicy.of(value, "").fallback == value.lower() == address(value)


def test_expression__is_the_same_wherever_an_address_is_a_parameter() -> None:
    required = PARAMETERS["FallbackOwnerAddress"]["AllowedPattern"].strip("^$")
    for name in MAY_BE_EMPTY:
        assert PARAMETERS[name]["AllowedPattern"] == f"^({required})?$"
