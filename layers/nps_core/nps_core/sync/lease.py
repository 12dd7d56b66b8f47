"""Values of the lease that keeps two runs of one connection apart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grant:
    """The lease is ours. `fence` is higher than that of any earlier run."""

    run_id: str
    fence: int
    crashed_run: str | None = None
    """The previous holder, if it never released the lease."""


@dataclass(frozen=True, slots=True)
class Held:
    """Another run holds the lease, until `until_ms` unless it renews."""

    run_id: str
    until_ms: int
