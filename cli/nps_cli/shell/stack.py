"""The stack of a command: its stores, its time and the output options."""

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import typer

from nps_cli.shell.options import Options
from nps_core import clock
from nps_core.customers.owners import OwnerPolicy
from nps_core.keys import AnswerKey
from nps_core.numbers.ledger import join

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_dynamodb import DynamoDBClient

    from nps_cli.shell.deployment import Deployment
    from nps_core.answers.dynamo import DynamoAnswerStore
    from nps_core.answers.quarantine import DynamoQuarantine
    from nps_core.aws.items import Item
    from nps_core.connections.dynamo_settings import DynamoConnections
    from nps_core.connections.profile import DynamoProfiles
    from nps_core.customers.directory import DynamoDirectory
    from nps_core.customers.dynamo_people import DynamoPeople
    from nps_core.follow_up.dynamo import DynamoFollowUp
    from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
    from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
    from nps_core.sync.dynamo import DynamoSyncState
    from nps_core.sync.dynamo_runs import DynamoRunLog
    from nps_core.sync.proof.dynamo import DynamoProofStore
    from nps_core.views.view import View

V = TypeVar("V", bound="View")


class Stack:
    """Created once per command; the deployment is looked up on first use.

    Each store imports its adapter on first use: importing the SDK takes longer than everything
    else that `nps --help` and wrong usage need.
    """

    def __init__(self, options: Options) -> None:
        self.options = options

    @cached_property
    def deployment(self) -> "Deployment":
        """Raises Failure when no stack is named or found."""
        self.options.require_one_stack()
        from nps_cli.shell import deployment

        return deployment.find(self.options)

    @cached_property
    def now(self) -> datetime:
        """The time of the stack, the same for all rows. The clock of a local stack can be moved."""
        _ = self.deployment
        return clock.now()

    @property
    def window_days(self) -> int:
        return int(self.deployment.parameter("WindowDays"))

    @property
    def fallback_owner(self) -> str:
        return self.deployment.parameter("FallbackOwnerAddress")

    @property
    def owners(self) -> OwnerPolicy:
        """Raises ConfigError when the fallback owner may not be mailed."""
        return OwnerPolicy.of(self.fallback_owner, self.deployment.parameter("RecipientDomains"))

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        client: DynamoDBClient = self.deployment.client("dynamodb")
        return client

    @property
    def state_table(self) -> str:
        return self.deployment.output("StateTableName")

    @cached_property
    def answers(self) -> "DynamoAnswerStore":
        from nps_core.answers.dynamo import DynamoAnswerStore

        return DynamoAnswerStore(self.dynamodb, self.deployment.output("ResponsesTableName"))

    @cached_property
    def ledgers(self) -> "DynamoLedgerStore":
        from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore

        return DynamoLedgerStore(self.dynamodb, self.state_table)

    @cached_property
    def summaries(self) -> "DynamoSummaryStore":
        from nps_core.numbers.dynamo_summaries import DynamoSummaryStore

        return DynamoSummaryStore(self.dynamodb, self.state_table)

    @cached_property
    def directory(self) -> "DynamoDirectory":
        from nps_core.customers.directory import DynamoDirectory

        return DynamoDirectory(self.dynamodb, self.state_table)

    @cached_property
    def profiles(self) -> "DynamoProfiles":
        from nps_core.connections.profile import DynamoProfiles

        return DynamoProfiles(self.dynamodb, self.state_table)

    @cached_property
    def connections(self) -> "DynamoConnections":
        from nps_core.connections.dynamo_settings import DynamoConnections

        return DynamoConnections(self.dynamodb, self.state_table)

    @cached_property
    def quarantine(self) -> "DynamoQuarantine":
        from nps_core.answers.quarantine import DynamoQuarantine

        return DynamoQuarantine(self.dynamodb, self.state_table)

    @cached_property
    def follow_up(self) -> "DynamoFollowUp":
        from nps_core.follow_up.dynamo import DynamoFollowUp

        return DynamoFollowUp(self.dynamodb, self.state_table)

    @cached_property
    def run_log(self) -> "DynamoRunLog":
        from nps_core.sync.dynamo_runs import DynamoRunLog

        return DynamoRunLog(self.dynamodb, self.state_table)

    def sync_state(self, account_token: str) -> "DynamoSyncState":
        from nps_core.sync.dynamo import DynamoSyncState

        return DynamoSyncState(self.dynamodb, self.state_table, account_token)

    def proof_store(self, account_token: str) -> "DynamoProofStore":
        from nps_core.sync.proof.dynamo import DynamoProofStore

        return DynamoProofStore(self.dynamodb, self.state_table, account_token)

    def people(self, account_token: str) -> "DynamoPeople":
        from nps_core.customers.dynamo_people import DynamoPeople

        return DynamoPeople(self.dynamodb, self.state_table, account_token)


def report_unreadable(item: "Item") -> None:
    """Warn of an item that a list leaves out: another version may have written it."""
    _warn_of(" ".join(item[part] for part in ("pk", "sk") if part in item))


def rows_of(view: type[V], found: "Iterable[object]", name: str) -> list[V]:
    """Return the rows of a list. Warn of each value with a field of another type, by its `name`."""
    rows: list[V] = []
    for value in found:
        try:
            rows.append(view.model_validate(value))
        except ValueError:
            _warn_of(f"{type(value).__name__} {getattr(value, name)}")
    return rows


def _warn_of(name: str) -> None:
    typer.echo(f"warning: {name} cannot be read by this version", err=True)


def stack_of(ctx: typer.Context) -> Stack:
    """Return the stack that the root command put into the context."""
    stack = ctx.find_object(Stack)
    if stack is None:
        raise RuntimeError("the root command has not run")
    return stack


def answer_keys(stack: Stack, account_id: str) -> list[AnswerKey]:
    """Return the keys of all answers in an account's ledgers, including those not counted."""
    votes = join(stack.ledgers.months(account_id, "0"))
    pairs = (vote_id.split("#", 1) for vote_id in votes)
    return [AnswerKey(token, "response", answer_id) for token, answer_id in pairs]
