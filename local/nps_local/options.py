"""The options of `nps local up`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FakeData:
    """Amounts of the bundled fake Wootric's data; equal seeds give equal answers."""

    seed: int = 1
    answers: int = 2000
    people: int = 300
    accounts: int = 30
    days: int = 180


@dataclass(frozen=True, slots=True)
class UpOptions:
    data: Path
    http_port: int | None = None
    aws_port: int | None = None
    wootric_url: str | None = None
    now: datetime | None = None
    secrets: Path | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    schedules: bool = False
    log_level: str = "WARNING"
    fake: FakeData = FakeData()
