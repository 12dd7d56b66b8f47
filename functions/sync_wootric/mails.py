"""The sync's own mails: the first backfill has finished, or Wootric refuses the credentials."""

from collections.abc import Sequence
from datetime import UTC, datetime

from nps_core.connections.ports import Profiles
from nps_core.mails.backfill import BackfillFacts, backfill_mail
from nps_core.mails.credentials import CredentialsFacts, credentials_mail
from nps_core.outbox.mail_states import OutboxMail
from nps_core.sync.lists import STREAMS
from nps_core.sync.ports import SyncState
from nps_core.sync.reading.checkpoint import Backfill, oldest_proof
from sync_wootric.run import Run


def finish_backfill(run: Run, fills: Sequence[Backfill]) -> bool:
    """Mark the first backfill as finished and post its mail, once. Returns whether this call did.

    `fills` are responses and declines, in this order. A backfill of 0 days reads nothing, so it
    posts no mail.
    """
    now = run.clock.at()
    has_read = any(fill.requests for fill in fills)
    return run.state.finish_backfill(_backfill_mail(run, fills, now) if has_read else None, now)


def _backfill_mail(run: Run, fills: Sequence[Backfill], now: datetime) -> OutboxMail:
    responses, declines = fills
    ended_at = max((fill.ended_at for fill in fills if fill.ended_at), default=now)
    facts = BackfillFacts(
        run_id=run.record.run_id,
        account_token=run.record.account_token,
        window_from=datetime.fromtimestamp(min(f.from_s for f in fills), UTC),
        window_to=ended_at,  # a backfill reads up to the present
        started_at=min(fill.started_at for fill in fills),
        ended_at=ended_at,
        responses=responses.rows,
        declines=declines.rows,
        quarantined=sum(fill.quarantined for fill in fills),
        requests=sum(fill.requests for fill in fills),
    )
    return backfill_mail(run.settings.report_to, facts, now)


def report_refusal(run: Run, profiles: Profiles, why: str) -> bool:
    """Post the mail about refused credentials. Returns whether a mail was posted.

    Only for credentials that have worked before, and at most once in 24 hours.
    """
    now, token = run.clock.at(), run.record.account_token
    facts = CredentialsFacts(
        account_token=token,
        host=run.settings.host,
        failed_at=now,
        since=_last_read(run.state) or now,
        error=why,
    )
    return profiles.login_refused(token, credentials_mail(run.settings.report_to, facts), now)


def _last_read(state: SyncState) -> datetime | None:
    """Return the time up to which both streams have been read."""
    return oldest_proof(state.read_checkpoint(stream) for stream in STREAMS)
