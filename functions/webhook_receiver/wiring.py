"""Adapters shared by the two entry points of this package."""

from nps_core.answers.dynamo import DynamoAnswerStore
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.quarantine import DynamoQuarantine
from nps_core.aws.clients import impatient_dynamodb
from nps_core.config import InboxSettings, WebhookSettings
from nps_core.customers.directory import DynamoDirectory
from webhook_receiver.service import VerifiedStores


def stores(settings: WebhookSettings | InboxSettings) -> VerifiedStores:
    """Build the stores over a DynamoDB client with short timeouts."""
    client = impatient_dynamodb()
    rules = AccountRules.of(
        settings.account_properties, settings.account_name_property, settings.owner_property
    )
    answers = DynamoAnswerStore(client, settings.responses_table)
    directory = DynamoDirectory(client, settings.state_table)
    return VerifiedStores(
        Ingest(answers, directory, rules, settings.metric),
        DynamoQuarantine(client, settings.state_table),
    )
