"""The docs name every command, option and JSON field, and no others."""

import re

import click
import pytest

from nps_core.views.accounts import AccountRow, Company
from nps_core.views.checks import Check
from nps_core.views.connections import Connected, ConnectionRemoval, ConnectionRow
from nps_core.views.contacts import ContactRow
from nps_core.views.directory import DirectoryImport, DirectoryRow
from nps_core.views.mails import MailRow
from nps_core.views.numbers import NumbersCheck, NumbersRebuild
from nps_core.views.quarantine import QuarantineRow
from nps_core.views.repair import RedriveRow, Replay, RestoreRow
from nps_core.views.responses import DeclineRow, ResponseRow
from nps_core.views.sync.removals import RemovalAcceptance, RemovalRow, RemovalUndone
from nps_core.views.sync.requested import AuditRow, BackfillRow
from nps_core.views.sync.runs import RunRow
from nps_core.views.sync.status import StatusRow
from nps_core.views.tasks import TaskRow
from nps_core.views.view import View
from nps_local.fakes.wootric.admin import control, data
from nps_testing.command_tree import commands
from nps_testing.documents import section, text

ALL_COMMANDS = {
    name: command for name, command in commands().items() if not isinstance(command, click.Group)
}
COMMANDS = {name: one for name, one in ALL_COMMANDS.items() if not name.startswith("local ")}
LOCAL_COMMANDS = {name: one for name, one in ALL_COMMANDS.items() if name.startswith("local ")}


def test_commands__are_exactly_those_documented() -> None:
    headings = re.findall(r"^### nps (.+)$", text("docs/cli.md"), re.M)

    documented = {re.sub(r"( [A-Z][\w.]*)+$", "", heading) for heading in headings}
    assert documented == set(COMMANDS) | {"local"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_command__has_its_arguments_and_options_documented(name: str) -> None:
    command = COMMANDS[name]
    arguments = [str(p.metavar) for p in command.params if isinstance(p, click.Argument)]
    entry = section(text("docs/cli.md"), " ".join(["nps", name, *arguments]))

    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name != "help":
            assert f"`{parameter.opts[0]}" in entry, parameter.opts[0]


@pytest.mark.parametrize("name", sorted(LOCAL_COMMANDS))
def test_local_command__and_its_options_are_documented(name: str) -> None:
    document = text("docs/local-stack.md")
    _, group, *sub = name.split()
    heading = re.search(rf"^### (nps local {group}\b.*)$", document, re.M)
    assert heading, name
    entry = section(document, heading[1])

    assert all(f"`{word} " in entry or f"`{word}`" in entry for word in sub)
    for parameter in LOCAL_COMMANDS[name].params:
        if isinstance(parameter, click.Option) and parameter.name not in {"help", "data"}:
            assert f"`{parameter.opts[0]}" in entry, parameter.opts[0]


VIEWS: dict[str, type[View]] = {
    "accounts list": AccountRow,
    "company": Company,
    "contacts list": ContactRow,
    "responses list": ResponseRow,
    "declines list": DeclineRow,
    "tasks list": TaskRow,
    "mail list": MailRow,
    "connect": Connected,
    "connections list": ConnectionRow,
    "connections remove TOKEN": ConnectionRemoval,
    "doctor": Check,
    "sync status": StatusRow,
    "sync audit": AuditRow,
    "sync backfill": BackfillRow,
    "sync removals list": RemovalRow,
    "sync removals accept": RemovalAcceptance,
    "sync removals undo KEY": RemovalUndone,
    "runs list": RunRow,
    "quarantine list": QuarantineRow,
    "redrive KIND": RedriveRow,
    "replay": Replay,
    "numbers check": NumbersCheck,
    "numbers rebuild": NumbersRebuild,
    "restore": RestoreRow,
    "directory list": DirectoryRow,
    "directory import FILE.csv": DirectoryImport,
}


@pytest.mark.parametrize(("command", "view"), VIEWS.items(), ids=list(VIEWS))
def test_json_fields__are_documented_in_their_order(command: str, view: type[View]) -> None:
    fields = list(view.model_json_schema(mode="serialization")["properties"])
    words = re.findall(r"`([a-z_]+)`", section(text("docs/cli.md"), f"nps {command}"))

    assert [word for word in dict.fromkeys(words) if word in fields] == fields


def test_fake_wootric__has_every_control_endpoint_documented() -> None:
    document = text("docs/local-stack.md")

    for route in (*control.ROUTES, *data.ROUTES):
        named = rf"{route.method}\b[^`|]*`?[^|]*{re.escape(route.pattern)}[`?]"
        assert re.search(named, document), f"{route.method} {route.pattern}"
