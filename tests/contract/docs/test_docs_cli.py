"""Every command with its options and JSON fields is documented, and nothing that does not exist."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
import pytest
import typer.main

from nps_cli.commands import connections
from nps_cli.commands.replay import Request, report_row
from nps_cli.main import app
from nps_cli.repair.redrive_result import Tally
from nps_cli.sync import sync_reports
from nps_core.numbers.account_numbers import fold_account, fold_contact
from nps_core.numbers.ledger import contact_vote, vote_id
from nps_core.sync.proof.audit import AuditState
from nps_core.sync.requests import OperatorRequests
from nps_core.views import answers, records
from nps_core.views.sync_status import Known, status_row
from nps_local.fakes.wootric.admin import control, data
from nps_testing.documents import section, text
from nps_testing.factories import make_answer

NOW = datetime(2026, 3, 2, tzinfo=UTC)
UNKNOWN = Known(
    account_token="NPS-1a2b3c4d",
    host="https://api.wootric.com",
    activated_at=None,
    overlap=timedelta(minutes=15),
    zone=ZoneInfo("UTC"),
    streams={"responses": None, "declines": None},
    people=None,
    audit=AuditState(),
    wanted=OperatorRequests(),
    gaps=(),
    suspects=(),
    last_run=None,
)


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from leaves(child, (*path, name))
    else:
        yield " ".join(path), command


ALL_COMMANDS = dict(leaves(typer.main.get_command(app)))
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


def _fields() -> dict[str, list[str]]:
    """Return the fields that each list prints, as the code makes them."""
    answer = make_answer()
    view = fold_account("c-1", {}, NOW, 180)
    contact = fold_contact("c-1", {vote_id(answer): contact_vote(answer)})
    assert contact is not None
    return {
        "accounts list": list(answers.account_row(view, {}, "owner@example.com")),
        "company": list(answers.company_row(view, 0, 0)),
        "contacts list": list(answers.contact_row(contact, None)),
        "responses list": list(answers.response_row(answer)),
        "declines list": list(answers.decline_row(answer)),
        "runs list": list(records.RUN),
        "sync status": list(status_row(UNKNOWN, NOW)),
        "sync audit": list(sync_reports.AUDIT),
        "sync backfill": list(sync_reports.BACKFILL),
        "connections list": list(connections.FIELDS),
        "tasks list": list(records.TASK),
        "mail list": list(records.MAIL),
        "quarantine list": list(records.QUARANTINE),
        "directory list": list(records.DIRECTORY),
        "redrive KIND": list(Tally("batches").row(dry_run=True)),
        "replay": list(report_row(Request(NOW, NOW), 0, 0, dry_run=True)),
    }


@pytest.mark.parametrize(("command", "fields"), _fields().items(), ids=list(_fields()))
def test_json_fields__are_documented_in_their_order(command: str, fields: list[str]) -> None:
    words = re.findall(r"`([a-z_]+)`", section(text("docs/cli.md"), f"nps {command}"))

    assert [word for word in dict.fromkeys(words) if word in fields] == fields


def test_fake_wootric__has_every_control_endpoint_documented() -> None:
    document = text("docs/local-stack.md")

    for route in (*control.ROUTES, *data.ROUTES):
        named = rf"{route.method}\b[^`|]*`?[^|]*{re.escape(route.pattern)}[`?]"
        assert re.search(named, document), f"{route.method} {route.pattern}"
