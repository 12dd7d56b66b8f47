"""Results of a redrive or a replay."""

from pydantic import Field

from nps_core.views.view import Moment, View


class RedriveRow(View):
    """A redrive of one kind; `found` = `redriven` + `left` + `failed`."""

    what: str
    found: int
    redriven: int
    left: int
    failed: int
    dry_run: bool


class RestoreRow(View):
    """Items of a restored table with one kind and one fate; `why` is null for a plain copy."""

    kind: str
    result: str
    """`copied`, `left_alone` or `skipped`."""
    why: str | None
    items: int
    dry_run: bool


class Replay(View):
    """Stored answers that were passed to functions again."""

    start: Moment = Field(serialization_alias="from")
    end: Moment = Field(serialization_alias="to")
    answers: int
    batches: int
    functions: tuple[str, ...]
    dry_run: bool
