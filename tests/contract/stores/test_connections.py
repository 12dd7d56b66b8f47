"""The fake and DynamoDB (moto and DynamoDB Local) keep the same record of a connection."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from nps_core.aws import clients
from nps_core.connections.profile import DynamoProfiles
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.outbox.mail_states import OutboxMail
from nps_core.times import iso
from nps_testing.factories import NOW
from nps_testing.fakes.sync import InMemoryProfiles
from nps_testing.stacks.backends import BACKENDS, local_tables, moto_tables
from nps_testing.stacks.crashes import Killed, Moment, fuse_on
from nps_testing.stacks.environment import TOKEN

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Connections = InMemoryProfiles | DynamoProfiles


@dataclass(frozen=True)
class Kept:
    """Connections of one backend, and the keys of the mails they put."""

    connections: Connections
    mails: Callable[[], list[str]]


def on_dynamodb() -> Kept:
    client, table = clients.dynamodb(), os.environ["STATE_TABLE"]
    follow_up = DynamoFollowUp(client, table)
    return Kept(
        DynamoProfiles(client, table), lambda: sorted(mail.key for mail in follow_up.mails())
    )


@pytest.fixture(params=["memory", *BACKENDS])
def kept(request: pytest.FixtureRequest, clean_environment: None) -> Iterator[Kept]:
    if request.param == "memory":
        fake = InMemoryProfiles()
        yield Kept(fake, lambda: sorted(fake.mails))
    elif request.param == "moto":
        with moto_tables():
            yield on_dynamodb()
    else:
        with local_tables(request.getfixturevalue("dynamodb_local")):
            yield on_dynamodb()


def test_account_that_an_operator_accepts__is_recorded_with_its_time(kept: Kept) -> None:
    kept.connections.accept_account(TOKEN, NOW)
    assert kept.connections.account_accepted_at(TOKEN) is None, "there is no such connection"
    kept.connections.activate(TOKEN, NOW - HOUR)
    assert kept.connections.account_accepted_at(TOKEN) is None
    kept.connections.accept_account(TOKEN, NOW)
    assert kept.connections.account_accepted_at(TOKEN) == NOW.replace(microsecond=0)


def mail_at(at: datetime) -> OutboxMail:
    facts = {
        "account_token": TOKEN,
        "host": "api.wootric.com",
        "failed_at": iso(at),
        "since": iso(NOW - HOUR),
        "error": "HTTP 401: run `nps connect`",
    }
    key = f"credentials#{TOKEN}#{at:%Y-%m-%dT%H:%M}"
    return OutboxMail(key, "credentials", "admin@example.com", at, at, at, facts=facts)


def refuse(connections: Connections, at: datetime) -> bool:
    return connections.login_refused(TOKEN, mail_at(at), at)


def test_activation__is_recorded_once(kept: Kept) -> None:
    assert kept.connections.activated_at(TOKEN) is None
    assert kept.connections.activate(TOKEN, NOW + timedelta(milliseconds=7))
    assert not kept.connections.activate(TOKEN, NOW + HOUR)
    assert kept.connections.activated_at(TOKEN) == NOW


def test_refusal__of_credentials_that_never_worked_is_no_news(kept: Kept) -> None:
    assert not refuse(kept.connections, NOW)
    kept.connections.login_worked(TOKEN, NOW)
    assert not refuse(kept.connections, NOW)
    assert (kept.mails(), kept.connections.credentials_ok_at(TOKEN)) == ([], None)


def test_refusal__is_mailed_once_in_24_hours(kept: Kept) -> None:
    kept.connections.activate(TOKEN, NOW - HOUR)
    later = NOW + timedelta(hours=24)
    told = [refuse(kept.connections, at) for at in (NOW, NOW, NOW + HOUR, later - MINUTE, later)]
    assert told == [True, False, False, False, True]
    assert kept.mails() == sorted([mail_at(NOW).key, mail_at(later).key])


def test_mail__has_its_facts_even_if_one_is_called_like_an_attribute_of_the_mail(
    kept: Kept,
) -> None:
    kept.connections.activate(TOKEN, NOW - HOUR)
    assert refuse(kept.connections, NOW)
    if isinstance(kept.connections, InMemoryProfiles):
        (mail,) = kept.connections.mails.values()
    else:
        (mail,) = DynamoFollowUp(clients.dynamodb(), os.environ["STATE_TABLE"]).mails()
    assert (mail.facts, mail.error) == (mail_at(NOW).facts, None)


def test_login_that_works__is_noted_once_an_hour(kept: Kept) -> None:
    kept.connections.activate(TOKEN, NOW - HOUR)
    noted: list[datetime | None] = []
    for minutes in (0, 5, 60, 61, 65):
        kept.connections.login_worked(TOKEN, NOW + minutes * MINUTE)
        noted.append(kept.connections.credentials_ok_at(TOKEN))
    assert noted == [NOW, NOW, NOW, NOW + 61 * MINUTE, NOW + 61 * MINUTE]


def test_login_that_works__after_a_mail_is_noted_at_once(kept: Kept) -> None:
    kept.connections.activate(TOKEN, NOW - HOUR)
    kept.connections.login_worked(TOKEN, NOW)
    assert refuse(kept.connections, NOW + 5 * MINUTE)
    for minutes in (10, 15, 20):
        kept.connections.login_worked(TOKEN, NOW + minutes * MINUTE)
    assert kept.connections.credentials_ok_at(TOKEN) == NOW + 10 * MINUTE


def test_connections__do_not_hear_of_each_other(kept: Kept) -> None:
    for token in (TOKEN, "NPS-EU-2"):
        kept.connections.activate(token, NOW - HOUR)
    assert refuse(kept.connections, NOW)
    kept.connections.login_worked("NPS-EU-2", NOW)
    assert kept.connections.credentials_ok_at(TOKEN) is None
    assert kept.connections.login_refused("NPS-EU-2", mail_at(NOW + MINUTE), NOW)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed__at_its_one_call_a_repeat_leaves_one_mail(tables: str, moment: Moment) -> None:
    kept = on_dynamodb()
    assert isinstance(kept.connections, DynamoProfiles)
    kept.connections.activate(TOKEN, NOW - HOUR)
    with suppress(Killed), fuse_on([clients.dynamodb()], 1, moment):
        refuse(kept.connections, NOW)
        pytest.fail("the fuse did not blow")
    assert refuse(kept.connections, NOW) is (moment == "before")
    assert kept.mails() == [mail_at(NOW).key]
    with suppress(Killed), fuse_on([clients.dynamodb()], 1, moment):
        kept.connections.login_worked(TOKEN, NOW + MINUTE)
        pytest.fail("the fuse did not blow")
    kept.connections.login_worked(TOKEN, NOW + MINUTE)
    assert kept.connections.credentials_ok_at(TOKEN) == NOW + MINUTE
