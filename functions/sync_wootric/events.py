"""What the function can be asked to do: a tick, or something for an operator."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, model_validator

from nps_core.errors import PayloadError


class Request(BaseModel):
    """The event of an invocation; Scheduler sends `{"schedule": "sync"}`.

    `connection` names one Wootric account, none means all. `task` is what an operator asks for:
    the next tick does it, or with `dry_run` says what it would do. `since` belongs to `backfill`.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    schedule: str = "sync"
    connection: str | None = None
    task: Literal["tick", "audit", "backfill"] = "tick"
    since: AwareDatetime | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _complete(self) -> "Request":
        if self.task == "backfill" and self.since is None:
            raise ValueError("a backfill needs since, an ISO time with an offset")
        if self.dry_run and self.task == "tick":
            raise ValueError("a tick has no dry_run")
        return self

    @property
    def since_s(self) -> int:
        """The begin of a backfill in Unix seconds."""
        begin: datetime | None = self.since
        return int(begin.timestamp()) if begin else 0

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Request":
        """Check the event. Raises PayloadError `bad_event`, naming the field."""
        try:
            return cls.model_validate(dict(event))
        except ValidationError as exc:
            problems = [
                ": ".join([*map(str, error["loc"]), error["msg"]]) for error in exc.errors()
            ]
            raise PayloadError("bad_event", "; ".join(problems)) from exc
