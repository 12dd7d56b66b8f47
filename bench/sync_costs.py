"""What a day of ticks costs: requests, read units and dollars a month, by the setting of rounds.

Prices of us-east-1 on demand: a million read units $0.125, a GB second of Lambda on arm64
$0.0000133334. A run that waits for its pace is billed while it waits.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from nps_core.answers.models import Answer, Listed
from nps_core.keys import AnswerKey, Kind
from nps_testing.fakes.stores import InMemoryAnswerStore
from sync_reads import account_of_20_000
from sync_table import Row

READ_UNIT, GB_SECOND, MEMORY_GB = 0.125e-6, 0.0000133334, 0.5
INDEX_ROW_BYTES = 220
"""A row of the index by_day, as DynamoDB bills it."""
BEFORE = 0.22
"""Dollars a month of the same account before rounds, when changes of any age took up to a week:
1,034 requests, 22,036 read units and 716 s of runs a day."""


class Counted(InMemoryAnswerStore):
    """Counts the read units that the same calls cost in DynamoDB."""

    def __init__(self) -> None:
        super().__init__()
        self.read_units = 0.0

    def get(self, key: AnswerKey) -> Answer | None:
        self.read_units += 1
        return super().get(key)

    def get_many(
        self, keys: Collection[AnswerKey], *, may_lag: bool = False
    ) -> Mapping[AnswerKey, Answer]:
        self.read_units += len(keys) * (0.5 if may_lag else 1)
        return super().get_many(keys)

    def between(
        self, account_token: str, kind: Kind, start: datetime, end: datetime
    ) -> Iterable[Listed]:
        rows = list(super().between(account_token, kind, start, end))
        days = (end - start) / timedelta(days=1) + 1
        self.read_units += max(len(rows) * INDEX_ROW_BYTES / 4_096, days) / 2
        return rows


def rows() -> Iterator[Row]:
    """Measure a day without changes at each setting."""
    for hours in (1, 4, 24):
        store = Counted()
        account = account_of_20_000(store=store, round_hours=hours)
        account.until_complete()
        account.ticks(24)  # so that every setting is in its rhythm
        requests, store.read_units = account.asked(), 0.0
        records = account.ticks(24)
        requests = account.asked() - requests
        seconds = sum((one.ended_at - one.started_at).total_seconds() for one in records
                      if one.ended_at is not None)  # fmt: skip
        account.source.stop()
        dollars = 30 * (store.read_units * READ_UNIT + seconds * MEMORY_GB * GB_SECOND)
        figure = (f"{requests:,} requests, {store.read_units:,.0f} read units, {seconds:,.0f} s"
                  f" a day; ${dollars:.2f} a month")  # fmt: skip
        is_default = hours == 4
        yield Row(f"20,000 answers, a round every {hours} h, nothing changes", figure,
                  f"<= ${BEFORE:.2f}, as before rounds" if is_default else "",
                  dollars <= BEFORE if is_default else None)  # fmt: skip
