import json
from pathlib import Path
from typing import Any

import pytest

from nps_local.stack import credentials

GIVEN: dict[str, Any] = {
    "client_id": "id",
    "client_secret": "secret",
    "account_token": "NPS-1a2b3c4d",
    "webhook_keys": {"active": ["new"], "retired": ["old"]},
}


def written(folder: Path, document: object) -> Path:
    file = folder / "secrets.json"
    file.write_text(json.dumps(document))
    return file


def test_secret_string__holds_everything_but_the_account_token(tmp_path: Path) -> None:
    read = credentials.read(written(tmp_path, GIVEN))
    assert read.account_token == "NPS-1a2b3c4d"
    expected = {name: value for name, value in GIVEN.items() if name != "account_token"}
    assert json.loads(read.secret_string()) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"client_id": ""}, "client_id must be a text"),
        ({"account_token": None}, "account_token must be a text"),
        ({"webhook_keys": []}, "webhook_keys must be an object"),
        ({"webhook_keys": {"active": "key"}}, "webhook_keys.active must be a list of texts"),
        ({"webhook_keys": {"active": [""]}}, "webhook_keys.active must be a list of texts"),
    ],
)
def test_read__of_a_wrong_value__names_it_but_no_secret(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        credentials.read(written(tmp_path, {**GIVEN, **change}))
    assert "secret" not in str(raised.value).replace("secrets.json", "")


def test_read__of_a_missing_file__says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot read"):
        credentials.read(tmp_path / "absent.json")


def test_made_up__a_second_time__is_the_same_and_for_our_eyes_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    first = credentials.made_up(file)
    assert credentials.made_up(file) == first
    assert credentials.made_up(tmp_path / "other.json") != first
    assert file.stat().st_mode & 0o077 == 0
