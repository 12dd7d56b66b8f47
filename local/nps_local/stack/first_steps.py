"""First steps after a deployment: store the secret, verify the sender, activate."""

from __future__ import annotations

import json
from datetime import datetime

from nps_core.connections.profile import DynamoProfiles
from nps_local.machine import ministack
from nps_local.stack.credentials import Credentials


def store_secret(endpoint: str, arn: str, credentials: Credentials) -> None:
    """Write the API credentials and the signing keys, and keep those of added accounts."""
    manager = ministack.session().client(
        "secretsmanager", endpoint_url=endpoint, config=ministack.config()
    )
    stored = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
    others = {"connections": stored["connections"]} if "connections" in stored else {}
    wanted = {**json.loads(credentials.secret_string()), **others}
    if stored != wanted:
        manager.put_secret_value(SecretId=arn, SecretString=json.dumps(wanted))


def verify_sender(endpoint: str, address: str) -> None:
    """Make SES accept mails of this sender, also when the template does not create the identity."""
    mail = ministack.session().client("sesv2", endpoint_url=endpoint, config=ministack.config())
    try:
        mail.create_email_identity(EmailIdentity=address)
    except mail.exceptions.AlreadyExistsException:
        return


def activate(endpoint: str, state_table: str, account_token: str, at: datetime) -> None:
    """Record the activation; a later call changes nothing."""
    database = ministack.session().client(
        "dynamodb", endpoint_url=endpoint, config=ministack.config()
    )
    DynamoProfiles(database, state_table).activate(account_token, at)
