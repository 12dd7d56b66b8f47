"""The context of every request handler."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Event
from typing import Any

from nps_local.fakes.wootric.actions import Actions
from nps_local.fakes.wootric.data.store import Store
from nps_local.fakes.wootric.data.views import AnswerRenderer
from nps_local.fakes.wootric.faults import Faults
from nps_local.fakes.wootric.hooks.delivery import WebhookSender
from nps_local.fakes.wootric.limiter import RateLimiter
from nps_local.fakes.wootric.oauth import Credentials, Token, Tokens
from nps_local.fakes.wootric.switches import Switches
from nps_local.fakes.wootric.wire import Reply, Request

_LOG_SIZE = 5_000


class Stats:
    """Counts the requests of clients, control calls excluded."""

    def __init__(self) -> None:
        self.endpoints: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.log: deque[dict[str, Any]] = deque(maxlen=_LOG_SIZE)

    def record(self, endpoint: str, request: Request, reply: Reply, at_s: float) -> None:
        """Count one request. A reply that never arrives counts as status 0."""
        status = reply.status if reply.transport in ("send", "truncate") else 0
        self.endpoints[endpoint] += 1
        self.statuses[status] += 1
        self.log.append(
            {
                "at": round(at_s, 3),
                "method": request.method,
                "path": request.path,
                "params": request.params,
                "status": status,
            }
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "total": self.endpoints.total(),
            "endpoints": dict(self.endpoints),
            "statuses": {str(status): number for status, number in self.statuses.items()},
            "rate_limited": self.statuses[429],
        }


@dataclass
class Context:
    """The account, its machinery and the clock."""

    account_token: str
    credentials: Credentials
    now: Callable[[], float]
    seed: int
    stopping: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.sender = WebhookSender(self.now, self.seed)
        self.clear()

    def clear(self) -> None:
        self.store = Store()
        self.actions = Actions(self.store, self.sender, self.account_token, self.now)
        self.tokens = Tokens(self.credentials, self.account_token, self.seed)
        self.limiter = RateLimiter()
        self.faults = Faults(self.seed)
        self.renderer = AnswerRenderer()
        self.shuffle = Random(f"ties-{self.seed}")
        self.stats = Stats()

    @property
    def switches(self) -> Switches:
        return self.actions.switches

    def now_ms(self) -> int:
        return self.actions.now_ms()


@dataclass(frozen=True)
class Call:
    """One routed request: the variables of its path and its token (None for control calls)."""

    request: Request
    args: tuple[str, ...]
    token: Token | None = None


Handler = Callable[[Context, Call], Reply]


@dataclass(frozen=True)
class Route:
    """One endpoint. `pattern` has `:id` (digits) and `:any` (one segment) as variables."""

    method: str
    pattern: str
    handler: Handler
    is_locked: bool = True
    """Whether the store's lock is held. Off for calls that wait for other requests."""
