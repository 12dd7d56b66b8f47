"""What follows when the source refuses the credentials: one mail, at most one a day."""

from datetime import datetime

from nps_core.checkpoint import StreamCheckpoint
from nps_core.outbox import OutboxMail
from nps_core.times import iso
from nps_core.wootric import STREAMS

from .ports import Connections, SyncState
from .run import Run


def refused(report_to: str, host: str, connections: Connections, run: Run, why: str) -> bool:
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
