"""The stored items, and the output of `nps` for them, byte for byte.

`GOLDEN_RECORD=1 .venv/bin/pytest tests/integration/golden` records everything again:
the items in tests/support/stored and the outputs in the folder cli. Without it nothing is written.
"""

import json
import os
import re
import zlib
from base64 import b64decode
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import pytest

from nps_testing import documents
from nps_testing.stacks import stored
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.stored import Item, differences
from nps_testing.worlds.stored_week import live
from nps_testing.worlds.stored_world import EU, stored_world

RECORDS = bool(os.environ.get("GOLDEN_RECORD"))
OUTPUTS = Path(__file__).with_name("cli")
_ANSWER = f"{TOKEN}#response#"
MAILS = {
    "detractor": f"{_ANSWER}500152#detractor#c270cac09789",
    "comment": f"{_ANSWER}500159#comment#c7a1ac598935",
    "score-raised": f"{_ANSWER}500161#score_raised#b7d9c7866068",
    "erased": f"{_ANSWER}500167#detractor#b7d9c7866068",
    "sending": f"{_ANSWER}500169#detractor#c7a1ac598935",
    "backfill": f"backfill#{TOKEN}",
    "credentials": f"credentials#{EU}#2026-03-01T11:34",
}
"""Mails to show, by what is worth seeing in them."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "accounts-list": ("accounts", "list"),
    "accounts-show": ("accounts", "show", "c-118"),
    "accounts-show-split": ("accounts", "show", "c-101"),
    "company": ("company",),
    "contacts-list": ("contacts", "list"),
    "contacts-list-account": ("contacts", "list", "--account", "c-118"),
    "responses-list": ("responses", "list"),
    "responses-list-account": ("responses", "list", "--account", "c-101"),
    "declines-list": ("declines", "list"),
    "tasks-list": ("tasks", "list"),
    "mail-list": ("mail", "list"),
    **{f"mail-show-{name}": ("mail", "show", key) for name, key in MAILS.items()},
    "connections-list": ("connections", "list"),
    "sync-status": ("sync", "status"),
    "sync-removals-list": ("sync", "removals", "list"),
    "sync-status-connection": ("sync", "status", "--connection", EU),
    "runs-list": ("runs", "list"),
    "runs-show-last": ("runs", "show", "last"),
    "runs-show-begin": ("runs", "show", "20260226"),
    "quarantine-list": ("quarantine", "list"),
    "quarantine-list-raw": ("quarantine", "list", "--raw"),
    "directory-list": ("directory", "list"),
}
NOT_LISTS = {
    *("numbers check", "numbers rebuild", "rebuild", "restore"),
    *("connect", "connections remove TOKEN", "doctor", "sync audit", "sync backfill", "sync now"),
    *("redrive KIND", "replay", "directory import FILE.csv", "local"),
    *("sync removals accept", "sync removals undo KEY"),
}
"""Commands of docs/cli.md that write, invoke a function or ask Wootric."""
JSON_ONLY = {"mail-show-erased"}
"""As a table this one ends with an error: the mail no longer has a body."""


def test_the_functions__write_what_is_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with stored_world(monkeypatch, tmp_path) as world:
        live(world)
        assert world.time.now() < stored.READ_AT
        found = {
            "responses": stored.read_table(world.responses),
            "state": stored.read_table(world.state),
        }
        addresses = (world.us.url, world.eu.url)
    for name, items in found.items():
        fixed = [_at_fixed_addresses(item, addresses) for item in items]
        if RECORDS:
            stored.write_file(name, fixed)
        recorded = {_key(item): _unpacked(item) for item in stored.read_file(name)}
        told = differences(recorded, {_key(item): _unpacked(item) for item in fixed}, name)
        assert not told, "\n".join(told[:40])


def _at_fixed_addresses(item: Item, addresses: tuple[str, str]) -> Item:
    """The fakes listen where the system lets them."""
    line = json.dumps(item)
    for address in addresses:
        line = line.replace(address, "http://127.0.0.1:9")
    changed: Item = json.loads(line)
    return changed


def _key(item: Item) -> str:
    return f"{item['pk']} {item.get('sk', '')}"


def _unpacked(item: Item) -> Item:
    """Votes as they were packed: another zlib may press them in another way."""
    if "votes" not in item:
        return item
    return {**item, "votes": zlib.decompress(b64decode(item["votes"]["$base64"])).decode()}


# --------------------------------------------------------------------------------------- reading


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stack with the recorded items, and a terminal of 80 columns."""
    monkeypatch.setattr(stored.CLOCK, lambda: stored.READ_AT)
    monkeypatch.setenv("COLUMNS", "80")
    with stored.empty_stack() as names:
        for file, logical_id in stored.TABLES.items():
            stored.write_table(names[logical_id], stored.read_file(file))
        yield


def test_every_list__prints_the_recorded_json(
    loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    for name, words in COMMANDS.items():
        printed = stored.nps(*words, "--json", monkeypatch=monkeypatch)
        recorded = _recorded(f"{name}.json", printed)
        if printed != recorded:
            found = differences(json.loads(recorded), json.loads(printed), name)
            told += found or [f"{name}: the same values, written in another way"]
    assert not told, "\n".join(told[:40])


def test_every_list__prints_the_recorded_table(
    loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    for name, words in COMMANDS.items():
        if name in JSON_ONLY:
            continue
        printed = stored.nps(*words, monkeypatch=monkeypatch)
        recorded = _recorded(f"{name}.txt", printed)
        told += unified_diff(
            recorded.decode().splitlines(), printed.decode().splitlines(), name, name
        )
        assert printed == recorded or told, f"{name}: the same lines, ended in another way"
    assert not told, "\n".join(told[:60])


def _recorded(file: str, printed: bytes) -> bytes:
    if RECORDS:
        OUTPUTS.mkdir(exist_ok=True)
        (OUTPUTS / file).write_bytes(printed)
    return (OUTPUTS / file).read_bytes()


# -------------------------------------------------------------------------------- what is covered


def test_commands__are_all_that_list_or_show() -> None:
    headings = re.findall(r"^### nps (.+)$", documents.text("docs/cli.md"), re.M)
    run = {" ".join(words) for words in COMMANDS.values()}
    left = {one for one in headings if not any(_is(one, words) for words in run)}
    assert left == NOT_LISTS


def _is(heading: str, words: str) -> bool:
    name = re.sub(r"( [A-Z]+)+$", "", heading)
    return words == name or words.startswith(f"{name} ")


def test_outputs__all_have_a_command() -> None:
    wanted = {f"{name}.json" for name in COMMANDS}
    wanted |= {f"{name}.txt" for name in COMMANDS if name not in JSON_ONLY}
    assert {path.name for path in OUTPUTS.iterdir()} == wanted


STATE_KINDS = {
    *("CONN PROFILE", "CONN LEASE", "CONN WANTED", "CONN GAP", "CONN MISSING"),
    *(f"CONN CHECKPOINT#{name}" for name in ("responses", "declines", "people", "audit")),
    *("CONNECTION", "PEOPLE", "ACCT LEDGER", "ACCT CONTACT", "ACCOUNT", "TASK", "OPENTASK"),
    *("ALERT", "MAIL", "RUN", "QUARANTINE", "DIRECTORY"),
}
"""Every line of StateTable in the table of docs/data-model.md."""


def test_items__of_every_kind_are_recorded() -> None:
    state = stored.read_file("state")
    assert {_kind(item) for item in state} == STATE_KINDS
    assert {kind.split()[0] for kind in STATE_KINDS} == documented_kinds()
    pairs = {tuple(one["pk"].split("#")[:2]) for one in stored.read_file("responses")}
    assert pairs == {(t, k) for t in (TOKEN, EU) for k in ("response", "decline")}


def documented_kinds() -> set[str]:
    rows = documents.table(documents.section(documents.text("docs/data-model.md"), "StateTable"))
    return {name.split("#")[0] for name in rows if name.isupper() or name.split("#")[0].isupper()}


def _kind(item: Item) -> str:
    pk, sk = item["pk"].split("#")[0], item["sk"]
    if pk == "CONN":
        return f"CONN {sk}" if sk.startswith("CHECKPOINT") else f"CONN {sk.split('#')[0]}"
    return f"ACCT {sk.split('#')[0]}" if pk == "ACCT" else str(pk)


def test_items__are_in_every_state() -> None:
    state, responses = stored.read_file("state"), stored.read_file("responses")
    of = {pk: [item for item in state if item["pk"] == pk] for pk in ("MAIL", "RUN", "TASK")}
    assert {mail["kind"] for mail in of["MAIL"]} == {
        *("detractor", "comment", "score_raised", "backfill", "credentials"),
    }
    assert {mail["state"] for mail in of["MAIL"]} == {
        *("PENDING", "SENDING", "SENT", "FAILED", "UNKNOWN", "CANCELLED"),
    }
    assert {run["status"] for run in of["RUN"]} == {"running", "complete", "partial", "failed"}
    assert {run["kind"] for run in of["RUN"]} == {"backfill", "live", "sweep", "preview"}
    assert {task["status"] for task in of["TASK"]} == {"open", "closed"}, "no code acknowledges"
    assert {one["status"] for one in state if one["pk"] == "ALERT"} == {"on_task", "withdrawn"}
    for flag in ("deleted", "erased", "excluded", "is_unknown_user"):
        assert any(one.get(flag) for one in responses), flag
    gaps = [item for item in state if item["sk"].startswith("GAP#")]
    assert {("closed_at" in gap, gap["kind"]) for gap in gaps} == {
        *((True, "window"), (False, "counts"), (False, "second")),
    }
    assert {item.get("outcome") for item in state if item["sk"].startswith("MISSING#")} == {
        *(None, "deleted", "erased"),
    }
    assert any(item.get("split") for item in state)
    assert any("holder" in item for item in state if item["sk"] == "LEASE")


def test_checkpoints__are_in_the_middle() -> None:
    states = {
        (item["pk"], item["sk"]): json.loads(item["state"])
        for item in stored.read_file("state")
        if item["sk"].startswith("CHECKPOINT#")
    }
    responses = states[f"CONN#{TOKEN}", "CHECKPOINT#responses"]
    assert all(responses[part] for part in ("month", "swept", "extension", "backfill"))
    proof = states[f"CONN#{EU}", "CHECKPOINT#audit"]["proof"]
    assert proof["source"] != proof["stored"]


def test_a_difference__is_named_by_its_field() -> None:
    old = {"a": [{"b": 1, "state": '{"c":[1,2]}'}], "d": "x"}
    new = {"a": [{"b": True, "state": '{"c":[1,3]}'}], "e": "x"}
    assert differences(old, new, "list") == [
        *("list.d: gone, was 'x'", "list.e: new, is 'x'"),
        *("list.a[0].b: 1 is now True", "list.a[0].state.c[1]: 2 is now 3"),
    ]
    assert differences({"a": 1, "b": 2}, {"b": 2, "a": 1}) == [
        ": the order ['a', 'b'] is now ['b', 'a']"
    ]
    assert differences('{"a": 1}', '{"a":1}') == [""": '{"a": 1}' is now '{"a":1}'"""]
    assert differences([1], [1, 2], "x") == ["x: 1 entries are now 2"]
