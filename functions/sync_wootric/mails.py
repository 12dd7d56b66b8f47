"""The mails of the sync itself: the first backfill is done, or the credentials are refused."""

from collections.abc import Sequence
from datetime import UTC, datetime

from nps_core.connections.ports import Profiles
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.lists import STREAMS
from nps_core.sync.ports import SyncState
from nps_core.sync.reading.checkpoint import Backfill, StreamCheckpoint
from nps_core.times import iso
from sync_wootric.run import Run


def finish(report_to: str, run: Run, fills: Sequence[Backfill]) -> bool:
    """Mark the first backfill as finished and put its mail, once; returns whether this call did.

    `fills` are responses and declines, in this order. Without a backfill (0 days) nothing was
    brought in, so nobody is told.
    """
    now = run.clock.at()
    has_read = any(fill.requests for fill in fills)
    return run.state.finish_backfill(
        _backfill_mail(report_to, run, fills, now) if has_read else None, now
    )


def _backfill_mail(
    report_to: str, run: Run, fills: Sequence[Backfill], now: datetime
) -> OutboxMail:
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


def refused(report_to: str, host: str, connections: Profiles, run: Run, why: str) -> bool:
    """Put the mail about refused credentials; returns whether one was put.

    Only where they have worked before, and at most one in 24 hours.
    """
    now, token = run.clock.at(), run.record.account_token
    mail = OutboxMail(
        key=f"credentials#{token}#{now:%Y-%m-%dT%H:%M}",
        kind="credentials",
        to=report_to,
        due_at=now,
        created_at=now,
        planned_at=now,
        facts={
            "account_token": token,
            "host": host,
            "failed_at": iso(now),
            "since": iso(_last_read(run.state) or now),
            "error": why,
        },
    )
    return connections.login_refused(token, mail, now)


def _last_read(state: SyncState) -> datetime | None:
    """Return up to when both streams have been read."""
    texts = [state.read_checkpoint(stream) for stream in STREAMS]
    proven = [StreamCheckpoint.from_json(text).proven_at for text in texts if text]
    return min(proven, default=None)
