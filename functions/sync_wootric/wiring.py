"""Builds the sync from its settings; tests pass clocks that do not wait."""

from collections.abc import Callable
from datetime import timedelta

from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.aws.clients import dynamodb, secrets_manager
from nps_core.config import SyncSettings
from nps_core.connections.dynamo_settings import DynamoConnections
from nps_core.connections.profile import DynamoProfiles
from nps_core.connections.secret_store import ConnectionSecrets, SecretStore
from nps_core.connections.settings import Connection, checked
from nps_core.connectors.pacing import Pacer
from nps_core.connectors.wootric.client import WootricClient
from nps_core.connectors.wootric.end_users import EndUsers
from nps_core.connectors.wootric.protocol import base_url
from nps_core.customers.directory import DynamoDirectory
from nps_core.customers.dynamo_people import DynamoPeople
from nps_core.sync.dynamo import DynamoSyncState
from nps_core.sync.identity import known_answers
from nps_core.sync.proof.dynamo import DynamoProofStore
from sync_wootric.connections import Connections
from sync_wootric.reading.pages import PageStore
from sync_wootric.run import RunSettings
from sync_wootric.tick import Sync


def build(
    settings: SyncSettings, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> Connections:
    """Wire the sync of all connections. Raises ConfigError for settings that cannot work."""
    default = checked(
        Connection(
            settings.account_token,
            settings.api_url,
            settings.metric,
            settings.time_zone,
            settings.requests_per_minute,
        )
    )
    secrets = SecretStore(secrets_manager(), settings.secret_arn)
    accounts = DynamoConnections(dynamodb(), settings.state_table)
    profiles = DynamoProfiles(dynamodb(), settings.state_table)

    def make(connection: Connection) -> Sync:
        own = ConnectionSecrets(secrets, connection.account_token)
        pacer = Pacer(connection.requests_per_minute, sleep, monotonic)
        client, token = dynamodb(), connection.account_token
        answers = DynamoAnswerStore(client, settings.responses_table)
        state = DynamoSyncState(client, settings.state_table, token)
        source = WootricClient(
            token,
            connection.api_url,
            secrets if connection == default else own,
            pacer,
            witnesses=known_answers(
                answers, state, token, lambda: profiles.account_accepted_at(token)
            ),
        )
        return _sync(settings, connection, source, monotonic, answers, state)

    return Connections(default, accounts.added, make)


def _sync(
    settings: SyncSettings,
    connection: Connection,
    source: WootricClient,
    monotonic: Callable[[], float],
    answers: DynamoAnswerStore,
    state: DynamoSyncState,
) -> Sync:
    client, table, token = dynamodb(), settings.state_table, connection.account_token
    rules = AccountRules.of(
        settings.account_properties, settings.account_name_property, settings.owner_property
    )
    ingest = Ingest(answers, DynamoDirectory(client, table), rules, connection.metric)
    people = DynamoPeople(client, table, token)
    end_users = EndUsers(source, people, monotonic)
    run_settings = RunSettings(
        account_token=token,
        backfill_days=settings.backfill_days,
        overlap=timedelta(minutes=settings.overlap_minutes),
        metric=connection.metric,
        zone=connection.zone,
        round_every=timedelta(hours=settings.round_hours),
        host=base_url(token, connection.api_url),
        report_to=settings.admin_address or settings.fallback_owner,
    )
    return Sync(
        run_settings,
        source,
        PageStore(token, ingest, DynamoQuarantine(client, table), end_users),
        state,
        DynamoProofStore(client, table, token),
        people,
        DynamoProfiles(client, table),
    )
