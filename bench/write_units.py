"""Write units per answer on DynamoDB Local, when the stream delivers batches of 1, 10 and 100.

600 answers of 300 people in 60 accounts over 30 days, in the order they were given, through the
real ingest and the real rollup. DynamoDB Local counts capacity as DynamoDB does.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.models import Answer, Incoming
from nps_core.aws import clients
from nps_core.customers.directory import DynamoDirectory
from nps_core.numbers.dynamo_ledgers import DynamoLedgerStore
from nps_core.numbers.dynamo_summaries import DynamoSummaryStore
from nps_testing.factories import NOW, make_incoming
from nps_testing.stacks import dynamodb_local_server, environment
from nps_testing.stacks.backends import local_tables
from rollup.service import Rollup

ANSWERS, PEOPLE, ACCOUNTS = 600, 300, 60
COMMENT = "Exports time out and support is slow to answer"


def main() -> None:
    """Measure and print one line per batch size."""
    lacking = dynamodb_local_server.missing()
    if lacking:
        print(f"write units: not measured, {lacking}")
        return
    os.environ.update(environment.AWS)
    with dynamodb_local_server.running() as endpoint:
        print("write units per answer (answer + rollup = sum)")
        for batch in (1, 10, 100):
            with local_tables(endpoint):
                stored, rolled = _measure(batch)
            print(f"  batches of {batch:3}: {stored:.2f} + {rolled:.2f} = {stored + rolled:.2f}")


def _measure(batch: int) -> tuple[float, float]:
    client = clients.dynamodb()
    answers = DynamoAnswerStore(client, os.environ["RESPONSES_TABLE"])
    state = os.environ["STATE_TABLE"]
    rules = AccountRules.of("company_id,company", "company", "csm_email")
    ingest = Ingest(answers, DynamoDirectory(client, state), rules, "NPS")
    rollup = Rollup(DynamoLedgerStore(client, state), DynamoSummaryStore(client, state), 180)
    with _units(client) as units:
        changes: list[tuple[Answer | None, Answer | None]] = []
        for incoming in _arrivals():
            ingest.one(incoming, incoming.answered_at)
            changes.append((None, answers.get(incoming.key)))
        for start in range(0, ANSWERS, batch):
            rollup.apply(changes[start : start + batch], NOW)
    return (
        units[os.environ["RESPONSES_TABLE"]] / ANSWERS,
        units[state] / ANSWERS,
    )


def _arrivals() -> list[Incoming]:
    rng = random.Random(7)
    times = sorted(rng.randrange(30 * 86_400) for _ in range(ANSWERS))
    rows = []
    for number, seconds in enumerate(times):
        person = rng.randrange(PEOPLE)
        account = person % ACCOUNTS
        at = NOW - timedelta(days=30) + timedelta(seconds=seconds)
        rows.append(
            make_incoming(
                id=500_000 + number,
                score=rng.randint(0, 10),
                text="Exports time out and support is slow to answer"
                if rng.random() < 0.4
                else None,
                email=f"person{person}@account{account}.example",
                external_id=f"u-{person}",
                end_user_id=str(7_000 + person),
                answered_at=at,
                event_at=at,
                properties={
                    "company_id": f"c-{account}",
                    "company": f"Account {account} Inc",
                    "csm_email": f"csm{account % 7}@example.com",
                    "pricing_plan": "Enterprise",
                    "seats_amount": 120,
                },
            )
        )
    return rows


@contextmanager
def _units(client: Any) -> Iterator[Counter[str]]:
    """Sum the write units of every call of `client`, by table."""
    units: Counter[str] = Counter()

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def add(parsed: dict[str, Any], **_: Any) -> None:
        used = parsed.get("ConsumedCapacity")
        if isinstance(used, dict):
            units[used["TableName"]] += used["CapacityUnits"]

    client.meta.events.register("provide-client-params.dynamodb.PutItem", ask)
    client.meta.events.register("after-call.dynamodb.PutItem", add)
    yield units


if __name__ == "__main__":
    main()
