"""Copy what the table of the stack lacks: in parallel, each item by one conditional write.

A write needs that its key is free, so nothing that is there is touched, and a second run after a
crash does the rest. Tasks wait for the alerts, which tell whose contact they name, and for the
pointers, which tell whether another task has been opened since.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from nps_cli.repair.restore_fates import (
    Fate,
    closed_for_another,
    fate_of,
    fate_of_task,
    kind_of,
    opened_by,
)
from nps_cli.repair.restore_removed import RemovedBefore
from nps_cli.repair.restore_tables import Pair
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack
from nps_core import keys
from nps_core.aws import items
from nps_core.aws.items import Item
from nps_core.follow_up.items import pointer_key
from nps_core.keys import AnswerKey
from nps_core.views.repair import RestoreRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS = 8
_BATCH = 100
_KEY = ("pk", "sk")
_NO_TASK = "its task is not open"
_Count = tuple[str, str, str | None]


class Copy:
    def __init__(self, stack: Stack, tables: Pair, *, dry_run: bool) -> None:
        self._tables, self._dry_run = tables, dry_run
        self._client: DynamoDBClient = stack.dynamodb
        self._now: datetime = stack.now
        self._removed = RemovedBefore(stack)
        self._follow_up = stack.follow_up
        self._lock = Lock()
        self._counts: Counter[_Count] = Counter()
        self._tasks: list[Item] = []
        self._pointers: list[Item] = []
        self._status: dict[str, Any] = {}
        self._openers: dict[str, list[AnswerKey]] = defaultdict(list)
        self._pointed: dict[str, str] = {}

    def run(self) -> list[RestoreRow]:
        """Copy everything that is lost. Returns the counts by kind, result and reason."""
        with ThreadPoolExecutor(SEGMENTS) as threads:
            segments = [threads.submit(self._segment, number) for number in range(SEGMENTS)]
            for done in track(as_completed(segments), "segments", SEGMENTS):
                done.result()
            self._status = {str(task.get("task_id")): task.get("status") for task in self._tasks}
            self._spread(threads, self._pointers, self._fate_of_pointer)
            self._spread(threads, self._tasks, self._fate_of_task)
        return [
            RestoreRow(kind=kind, result=result, why=why, items=number, dry_run=self._dry_run)
            for (kind, result, why), number in sorted(
                self._counts.items(), key=lambda entry: tuple(map(str, entry[0]))
            )
        ]

    def _segment(self, number: int) -> None:
        for page in items.scan_pages(self._client, self._tables.source, number, SEGMENTS):
            self._copy(list(self._kept_for_later(page)), self._fate)

    def _kept_for_later(self, page: Iterable[Item]) -> Iterator[Item]:
        """Yield the items that depend on no other."""
        for item in page:
            kind = kind_of(item)
            with self._lock:
                if kind == keys.TASK:
                    self._tasks.append(item)
                    continue
                if kind == keys.OPENTASK:
                    self._pointers.append(item)
                    continue
                if kind == keys.ALERT:
                    self._note_opener(item)
            yield item

    def _note_opener(self, alert: Item) -> None:
        try:
            answer, opened = opened_by(alert)
        except ValueError:
            return
        for task_id in opened:
            self._openers[task_id].append(answer)

    def _spread(
        self, threads: ThreadPoolExecutor, found: Sequence[Item], fate: Callable[[Item], Fate]
    ) -> None:
        parts = [found[first : first + _BATCH] for first in range(0, len(found), _BATCH)]
        for _ in threads.map(lambda part: self._copy(part, fate), parts):
            continue

    def _copy(self, page: Sequence[Item], fate: Callable[[Item], Fate]) -> None:
        there = self._present(page)
        for item in page:
            if _key(item) in there:
                self._count(item, "left_alone", None)
                continue
            wanted, why = fate(item)
            if wanted is None:
                self._count(item, "skipped", why)
            elif self._dry_run or self._put(wanted):
                if kind_of(item) == keys.OPENTASK:
                    with self._lock:
                        self._pointed[str(item["sk"])] = str(item["task_id"])
                self._count(item, "copied", why)
            else:
                self._count(item, "left_alone", None)

    def _present(self, page: Sequence[Item]) -> set[tuple[str, ...]]:
        wanted = [dict(zip(_KEY, _key(item), strict=False)) for item in page]
        found = items.get_items(self._client, self._tables.target, wanted, may_lag=True)
        return {_key(item) for item in found}

    def _put(self, item: Item) -> bool:
        return items.put_if(self._client, self._tables.target, item, "attribute_not_exists(pk)")

    def _fate(self, item: Item) -> Fate:
        return fate_of(item, self._removed.of, self._now)

    def _fate_of_task(self, item: Item) -> Fate:
        task_id, scope = str(item.get("task_id")), str(item.get("scope"))
        openers = tuple(self._openers.get(task_id, ()))
        fate = fate_of_task(item, openers, self._removed.of)
        if fate.item is None or fate.item["status"] == "closed":
            return fate
        key = pointer_key(scope)._asdict()
        pointer = items.get_item(self._client, self._tables.target, key) or {}
        pointed = pointer.get("task_id", self._pointed.get(scope, task_id))
        return fate if pointed == task_id else closed_for_another(fate.item, self._now)

    def _fate_of_pointer(self, item: Item) -> Fate:
        """A pointer leaves the table when its task closes, so a lost one may not be lost."""
        task_id = str(item.get("task_id"))
        task = self._follow_up.task(task_id)
        status = task.status if task else self._status.get(task_id)
        return Fate(None, _NO_TASK) if status in (None, "closed") else Fate(item)

    def _count(self, item: Item, result: str, why: str | None) -> None:
        with self._lock:
            self._counts[kind_of(item), result, why] += 1


def _key(item: Item) -> tuple[str, ...]:
    return tuple(str(item[name]) for name in _KEY if name in item)
