"""Deliberate failures: by script, by request number or by chance."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from random import Random
from typing import Any, Literal, get_args

from nps_local.fakes.wootric.oauth import unauthorized
from nps_local.fakes.wootric.wire import Reply, json_reply

FaultKind = Literal[
    "ok",
    "error500",
    "error502",
    "error503",
    "unauthorized",
    "rate_limited",
    "revoke",
    "reset",
    "truncate",
    "timeout",
    "lost_reply",
]
KINDS: tuple[str, ...] = get_args(FaultKind)

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n"


@dataclass(kw_only=True)
class FaultPlan:
    """Selects the fault of each request.

    A request whose path begins with `path_prefix` takes the first of these: the fault of its
    number in `at` (1 is the first since the plan was set), the next of `script`, or one drawn by
    the probabilities of `rates`. `lost_reply` carries out the request and then hangs up.
    """

    script: list[str] = field(default_factory=list)
    at: dict[int, str] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    path_prefix: str = "/v1/"
    hold_s: float = 30.0
    """Silence of `timeout` before it hangs up."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "FaultPlan":
        """Check and build a plan.

        Raises:
            ValueError: the field or fault does not exist.
        """
        known = {item.name for item in fields(cls)}
        if unknown := set(value) - known:
            raise ValueError(f"no fault setting named {sorted(unknown)}")
        plan = cls(**value)
        plan.at = {int(number): kind for number, kind in plan.at.items()}
        for kind in [*plan.script, *plan.at.values(), *plan.rates]:
            if kind not in KINDS:
                raise ValueError(f"no fault named {kind!r}, only {', '.join(KINDS)}")
        return plan


class Faults:
    """Draws the fault of each request from the current plan."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"faults-{seed}")
        self._seen = 0
        self.plan = FaultPlan()
        self.injected: Counter[str] = Counter()

    def use(self, plan: FaultPlan) -> None:
        """Start a new plan; numbering begins again."""
        self.plan = plan
        self._seen = 0

    def draw(self, path: str) -> str:
        """Return the fault of the next request, mostly `ok`."""
        if not path.startswith(self.plan.path_prefix):
            return "ok"
        self._seen += 1
        kind = self.plan.at.get(self._seen) or self._scripted() or self._by_chance()
        if kind != "ok":
            self.injected[kind] += 1
        return kind

    def as_json(self) -> dict[str, Any]:
        """Show the plan, the rest of its script, and the injected faults."""
        return {**asdict(self.plan), "seen": self._seen, "injected": dict(self.injected)}

    def _scripted(self) -> str | None:
        return self.plan.script.pop(0) if self.plan.script else None

    def _by_chance(self) -> str:
        drawn = self._random.random()
        for kind, share in self.plan.rates.items():
            drawn -= share
            if drawn < 0:
                return kind
        return "ok"


def early_reply(kind: str) -> Reply | None:
    """Build the reply of a fault that replaces the work on the request."""
    match kind:
        case "error500":
            return json_reply({"error": "Internal Server Error"}, 500)
        case "error502":
            return Reply(502, _HTML, "text/html")
        case "error503":
            return Reply(503, b"", "text/plain")
        case "unauthorized":
            return unauthorized()
        case "rate_limited":  # without headers, as a proxy in front would answer
            return Reply(429)
        case "reset":
            return Reply(transport="reset")
        case "timeout":
            return Reply(transport="hold")
    return None
