"""The end of the first sync: marked once for ever, together with the one mail about it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from nps_core.checkpoint import Backfill
from nps_core.outbox import OutboxMail
from nps_core.times import iso

from .run import Run


def finish(report_to: str, run: Run, fills: Sequence[Backfill]) -> bool:
    """Mark the first backfill as finished and put its mail, once; returns whether this call did.

    `fills` are responses and declines, in this order. Without a backfill (0 days) nothing was
    brought in, so nobody is told.
    """
    now = run.clock.at()
    has_read = any(fill.requests for fill in fills)
    return run.state.finish_backfill(_mail(report_to, run, fills, now) if has_read else None, now)


def _mail(report_to: str, run: Run, fills: Sequence[Backfill], now: datetime) -> OutboxMail:
    responses, declines = fills
    ended_at = max((fill.ended_at for fill in fills if fill.ended_at), default=now)
    token = run.record.account_token
    return OutboxMail(
        key=f"backfill#{token}",
        kind="backfill",
        to=report_to,
        due_at=now,
        created_at=now,
        planned_at=now,
        facts={
            "run_id": run.record.run_id,
            "account_token": token,
            "window_from": iso(datetime.fromtimestamp(min(f.from_s for f in fills), UTC)),
            "window_to": iso(ended_at),  # it reads up to the present, so that is when it ended
            "started_at": iso(min(fill.started_at for fill in fills)),
            "ended_at": iso(ended_at),
            "responses": responses.rows,
            "declines": declines.rows,
            "quarantined": sum(fill.quarantined for fill in fills),
            "requests": sum(fill.requests for fill in fills),
        },
    )
