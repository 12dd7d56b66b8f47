"""Values of the lease that keeps two runs of one connection apart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grant:
    """The lease is ours. `fence` is larger than that of any run before."""

    run_id: str
    fence: int
    crashed_run: str | None = None
    """The run that held it before and never gave it back."""


@dataclass(frozen=True, slots=True)
class Held:
    """Another run has the lease, until `until_ms` unless it renews."""

    run_id: str
    until_ms: int
