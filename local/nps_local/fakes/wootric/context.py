"""What every request handler works with."""

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
    """Counts what clients asked for; control calls are not counted."""

    def __init__(self) -> None:
        self.endpoints: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.log: deque[dict[str, Any]] = deque(maxlen=_LOG_SIZE)

    def record(self, endpoint: str, request: Request, reply: Reply, at_s: float) -> None:
        """Note one request. A reply that never arrives counts as status 0."""
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
        """Give the counters."""
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
        """Begin with an empty account."""
        self.sender = WebhookSender(self.now, self.seed)
        self.clear()

    def clear(self) -> None:
        """Forget data, switches, faults, tokens and counters."""
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
        """The current behaviour."""
        return self.actions.switches

    def now_ms(self) -> int:
        """Read the clock in milliseconds."""
        return self.actions.now_ms()


@dataclass(frozen=True)
class Call:
    """One routed request: what stood in the path, and who asks (None for control calls)."""

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
    """Whether the store's lock is held; not for calls that wait for others."""
