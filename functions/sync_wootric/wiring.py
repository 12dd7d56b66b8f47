"""Builds the sync from its settings; tests give it clocks that do not wait."""

from collections.abc import Callable
from datetime import timedelta

from nps_core.accounts import AccountRules
from nps_core.adapters.answers import DynamoAnswerStore
from nps_core.adapters.aws import dynamodb, secrets_manager
from nps_core.adapters.connections import DynamoConnections
from nps_core.adapters.directory import DynamoDirectory
from nps_core.adapters.end_users import EndUsers
from nps_core.adapters.pacing import Pacer
from nps_core.adapters.quarantine import DynamoQuarantine
from nps_core.adapters.secret_store import SecretStore
from nps_core.adapters.sync_state import DynamoSyncState
from nps_core.adapters.wootric import WootricClient
from nps_core.config import SyncSettings
from nps_core.ingest import Ingest

from .rows import RowStore
from .service import Plan, Sync


def build(
    settings: SyncSettings, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> Sync:
    """Wire the sync of the configured account."""
    client, table, token = dynamodb(), settings.state_table, settings.account_token
    rules = AccountRules.of(
        settings.account_properties, settings.account_name_property, settings.owner_property
    )
    answers = DynamoAnswerStore(client, settings.responses_table)
    ingest = Ingest(answers, DynamoDirectory(client, table), rules, settings.metric)
    secrets = SecretStore(secrets_manager(), settings.secret_arn)
    pacer = Pacer(settings.requests_per_minute, sleep, monotonic)
    source = WootricClient(token, settings.api_url, secrets, pacer)
    people = EndUsers(source, monotonic)
    plan = Plan(
        account_token=token,
        backfill_days=settings.backfill_days,
        overlap=timedelta(minutes=settings.overlap_minutes),
        report_to=settings.admin_address or settings.fallback_owner,
    )
    rows = RowStore(token, ingest, DynamoQuarantine(client, table), people)
    state = DynamoSyncState(client, table, token)
    return Sync(plan, source, rows, state, DynamoConnections(client, table))
