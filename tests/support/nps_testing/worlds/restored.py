"""Both tables of a stack lost after a backup, with webhooks that arrive while it is restored."""

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import notify.app
import rollup.app
from nps_core.answers.dynamo import DynamoAnswerStore, to_item
from nps_core.answers.models import Answer, Change
from nps_core.aws import clients, items
from nps_core.connections.profile import DynamoProfiles
from nps_core.follow_up.dynamo import DynamoFollowUp
from nps_core.follow_up.items import alert_item, task_item
from nps_core.follow_up.models import Alert, Task
from nps_core.outbox.items import mail_item
from nps_core.outbox.mail_states import OutboxMail
from nps_core.times import epoch_ms
from nps_testing import recompute
from nps_testing.factories import NOW, make_answer
from nps_testing.stacks.environment import TOKEN
from nps_testing.stacks.lambda_context import context
from nps_testing.stacks.operator import OperatorStack, run_json
from nps_testing.stream_events import stream_event
from nps_testing.template import load_template, resources

BACKUPS = {"ResponsesTable": "answers-restored", "StateTable": "state-restored"}
_KEYS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def create_backups() -> None:
    """Create the tables that a restore makes: keys and indexes, no stream, no time to live."""
    for logical_id, properties in resources(load_template(), "AWS::DynamoDB::Table").items():
        client = clients.dynamodb()
        arguments = {name: properties[name] for name in _KEYS}
        client.create_table(TableName=BACKUPS[logical_id], **arguments)
        client.get_waiter("table_exists").wait(TableName=BACKUPS[logical_id])


def write_all(table: str, found: Iterable[dict[str, Any]]) -> None:
    """Put items in batches."""
    puts = [{"PutRequest": {"Item": items.to_wire(item)}} for item in found]
    for first in range(0, len(puts), 25):
        left: Any = {table: puts[first : first + 25]}
        while left:
            left = clients.dynamodb().batch_write_item(RequestItems=left)["UnprocessedItems"]


def answers_of(number: int) -> list[Answer]:
    """Answers of 170 days; every fiftieth was given within the last hours."""
    return [_answer(one, number) for one in range(number)]


def _answer(one: int, number: int) -> Answer:
    age = timedelta(hours=2) if one % 50 == 0 else timedelta(days=1 + one % 170, seconds=one)
    at = NOW - age
    person = str(one % (number // 2 + 1))
    return make_answer(
        id=one,
        score=one % 11,
        text="Exports time out",
        answered_at=at,
        end_user_id=person,
        external_id=None,
        email=f"p{person}@acme.example",
        account_id=f"c-{one % 97}",
        rev=epoch_ms(at) + 1000,
    )


def state_of(answers: list[Answer]) -> Iterator[dict[str, Any]]:
    """Per four answers: a person, and an alert, a task and a waiting mail."""
    for answer in answers[::4]:
        task_id, at = f"task-{answer.key.id}", answer.answered_at
        yield {"pk": f"PEOPLE#{TOKEN}", "sk": f"x{answer.key.id}", "email": "p@acme.example"}
        yield alert_item(
            Alert(
                key=answer.key,
                status="on_task",
                task_id=task_id,
                rev=answer.rev,
                score=answer.score,
                decided_at=at,
                opened=(task_id,),
            )
        )
        yield task_item(
            Task(
                task_id=task_id,
                status="open",
                scope=task_id,
                account_id=answer.account_id,
                account_name="Acme",
                contact=answer.email,
                owner="csm@example.com",
                opened_at=at,
                due_at=at,
                answers=(answer.key,),
            )
        )
        yield {"pk": "OPENTASK", "sk": task_id, "task_id": task_id}
        yield mail_item(
            OutboxMail(
                key=f"{answer.key}#detractor#old",
                kind="detractor",
                to="csm@example.com",
                due_at=at,
                created_at=at,
                planned_at=at,
                answer=answer.key,
                task_id=task_id,
            )
        )


@dataclass
class Webhooks:
    """A writer of newer versions, at the store, of every seventh answer; some are there already."""

    store: DynamoAnswerStore
    answers: list[Answer]
    changes: list[Change] = field(default_factory=list)
    done: Event = field(default_factory=Event)

    def arrive(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            self._save(answer)

    @contextmanager
    def arriving(self, answers: list[Answer]) -> Iterator[None]:
        """Write in another thread; at the end all have arrived."""
        thread = Thread(target=self.arrive, args=(answers,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def _save(self, answer: Answer) -> None:
        while True:
            old = self.store.get(answer.key)
            rev = max(epoch_ms(NOW), old.rev + 1 if old else 0)
            new = replace(old or answer, score=10, updated_at=NOW, event_at=NOW, rev=rev)
            if self.store.put(new, old.rev if old else None):
                self.changes.append((old, new))
                return


@dataclass
class Rehearsal:
    """What is lost, what arrives meanwhile, and what must be true at the end."""

    stack: OperatorStack
    answers: list[Answer]
    state: list[dict[str, Any]]
    webhooks: Webhooks

    @classmethod
    def prepare(cls, stack: OperatorStack, number: int) -> "Rehearsal":
        """Fill the backups; the tables of the stack hold only what has arrived since."""
        answers = answers_of(number)
        state = list(state_of(answers))
        write_all(BACKUPS["ResponsesTable"], map(to_item, answers))
        write_all(BACKUPS["StateTable"], state)
        DynamoProfiles(clients.dynamodb(), stack.state).activate(TOKEN, NOW - timedelta(days=1))
        webhooks = Webhooks(DynamoAnswerStore(clients.dynamodb(), stack.responses), answers)
        webhooks.arrive(answers[::35])
        return cls(stack, answers, state, webhooks)

    def restore(self, *more: str) -> list[dict[str, Any]]:
        """Run the command for both tables; returns the rows."""
        return [
            row
            for table in BACKUPS.values()
            for row in run_json("restore", "--from-table", table, *more)
        ]

    def meanwhile(self) -> list[dict[str, Any]]:
        """Restore while webhooks arrive."""
        later = self.answers[7::7]
        random.Random(8).shuffle(later)
        with self.webhooks.arriving(later):
            return self.restore()

    def follow(self) -> None:
        """Hand the stream to both consumers, as it would come."""
        changed = {new.key for _, new in self.webhooks.changes if new}
        stored = self.webhooks.store.everything()
        inserts: list[Change] = [(None, one) for one in stored if one.key not in changed]
        inserts += [(None, old) for old, _ in self.webhooks.changes if old]
        stream = [*inserts, *self.webhooks.changes]
        for app in (rollup.app, notify.app):
            for first in range(0, len(stream), 100):
                app.handler(stream_event(stream[first : first + 100]), context())
                app.metrics.clear_metrics()  # nobody reads them, and the hundredth needs a flush

    def differences(self) -> list[str]:
        """Return everything that is not as it has to be."""
        stored = {one.key: one for one in self.webhooks.store.everything()}
        wrong = [f"{one.key} is lost" for one in self.answers if one.key not in stored]
        newest = {new.key: new for _, new in self.webhooks.changes if new}
        wrong += [f"{key} is older" for key, new in newest.items() if stored[key] != new]
        wrong += self._wrong_numbers(list(stored.values()))
        mails = DynamoFollowUp(clients.dynamodb(), self.stack.state).mails()
        wrong += [f"{mail.key} would leave" for mail in mails if mail.waiting]
        kept = {(item["pk"], item["sk"]) for item in self.stack.state_items()}
        # notify closes tasks, and the pointer of a closed one goes.
        held = [item for item in self.state if item["pk"] != "OPENTASK"]
        lost = [item for item in held if (item["pk"], item["sk"]) not in kept]
        return wrong + [f"{item['pk']} {item['sk']} is lost" for item in lost]

    def _wrong_numbers(self, stored: list[Answer]) -> list[str]:
        expected = recompute.accounts(stored, NOW)
        rows = run_json("accounts", "list")
        told = {
            row["account_id"]: tuple(
                (part["n"], part["promoters"], part["passives"], part["detractors"])
                for part in (row["all"], row["latest"])
            )
            for row in rows
        }
        return [
            f"{account}: {told.get(account)} instead of {tuple(map(tuple, numbers))}"
            for account, numbers in expected.items()
            if told.get(account) != tuple(map(tuple, numbers))
        ]
