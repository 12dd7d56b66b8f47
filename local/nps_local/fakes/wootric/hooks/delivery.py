"""Sends webhooks: immediately on request, or from a queue after changes."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from random import Random
from threading import Condition, Event, Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from nps_local.fakes.wootric.hooks.webhooks import (
    SIGNATURE_HEADER,
    Encoded,
    Notification,
    encode,
    sign,
)
from nps_local.fakes.wootric.switches import WebhookSwitches

_REORDER_SPREAD_S = 0.3
_LOG_SIZE = 10_000


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One delivery attempt. `status` 0 means no reply, -1 dropped on purpose."""

    kind: str
    id: int
    event: str
    number: int
    status: int

    @property
    def delivered(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class _Waiting:
    due: float
    notification: Notification
    settings: WebhookSwitches


class WebhookSender:
    """Delivers notifications with the failures that the switches configure.

    The queue waits in real time (a few milliseconds); timestamps follow the given clock.
    """

    def __init__(self, now: Callable[[], float], seed: int) -> None:
        self.attempts: deque[Attempt] = deque(maxlen=_LOG_SIZE)
        self._now = now
        self._random = Random(f"webhooks-{seed}")
        self._queue: list[_Waiting] = []
        self._changed = Condition()
        self._busy = False
        self._stopping = Event()
        self._thread: Thread | None = None

    def submit(self, notification: Notification, settings: WebhookSwitches) -> None:
        """Queue a notification for the configured receiver, if there is one."""
        if not settings.url:
            return
        with self._changed:
            spread = self._random.random() * _REORDER_SPREAD_S if settings.reorder else 0.0
            due = monotonic() + settings.delay_ms / 1000 + spread
            self._queue.append(_Waiting(due, notification, settings))
            if self._thread is None:
                self._thread = Thread(target=self._run, name="fake-wootric-webhooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def send_now(
        self, notifications: Iterable[Notification], settings: WebhookSwitches
    ) -> list[Attempt]:
        """Deliver in this thread; returns every attempt."""
        batch = list(notifications)
        if settings.reorder:
            self._random.shuffle(batch)
        return [attempt for item in batch for attempt in self._deliver(item, settings)]

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until the queue is empty; False on timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._busy, timeout_s)

    def stop(self) -> None:
        """Stop the queue; waiting notifications are lost."""
        self._stopping.set()
        with self._changed:
            self._queue.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def as_json(self) -> list[dict[str, Any]]:
        """List the latest attempts, oldest first."""
        return [asdict(attempt) for attempt in list(self.attempts)]

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                item = min(self._queue, key=lambda waiting: waiting.due, default=None)
                wait_s = None if item is None else item.due - monotonic()
                if item is None or wait_s is None or wait_s > 0:
                    self._changed.wait(wait_s)
                    continue
                self._queue.remove(item)
                self._busy = True
            self._deliver(item.notification, item.settings)

    def _deliver(self, item: Notification, settings: WebhookSwitches) -> list[Attempt]:
        made: list[Attempt] = []
        if self._random.random() < settings.drop:
            made.append(self._log(item, 0, -1))
            return made
        for _ in range(2 if self._random.random() < settings.duplicate else 1):
            made.extend(self._attempts(item, settings))
        return made

    def _attempts(self, item: Notification, settings: WebhookSwitches) -> list[Attempt]:
        made: list[Attempt] = []
        encoded: Encoded | None = None
        for number in range(1, settings.retries + 2):
            if encoded is None or settings.retry_new_timestamp:
                encoded = encode(item, int(self._now() * 1000), settings.format)
            made.append(self._log(item, number, post(encoded, settings)))
            if made[-1].delivered or self._stopping.is_set():
                break
            if number <= settings.retries:
                self._stopping.wait(settings.retry_wait_ms / 1000)
        return made

    def _log(self, item: Notification, number: int, status: int) -> Attempt:
        attempt = Attempt(
            kind=item.kind,
            id=item.resource["id"],
            event=item.event,
            number=number,
            status=status,
        )
        self.attempts.append(attempt)
        return attempt


def post(encoded: Encoded, settings: WebhookSwitches) -> int:
    """Post one signed body; returns the status, 0 without a reply."""
    url = urlsplit(settings.url)
    factory = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = factory(url.hostname or "", url.port, timeout=settings.timeout_s)
    headers = {"Content-Type": settings.content_type or encoded.content_type}
    if settings.key:
        headers[SIGNATURE_HEADER] = sign(encoded.body, settings.key)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    try:
        connection.request("POST", target, encoded.body, headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        return 0
    else:
        return answer.status
    finally:
        connection.close()


def overridden(settings: WebhookSwitches, changes: dict[str, Any]) -> WebhookSwitches:
    """Return the settings of one explicit delivery; None keeps the configured value."""
    return replace(settings, **{k: v for k, v in changes.items() if v is not None})
