"""Reads and writes the stack's secret."""

import json
from typing import Any

from nps_cli.shell.stack import Stack
from nps_core.connections.secret import Secret, parse_secret


def read(stack: Stack) -> Secret:
    """Raises ConfigError when the stored text is not the JSON we expect."""
    from nps_core.aws.clients import store_errors

    with store_errors("GetSecretValue"):
        reply = stack.deployment.client("secretsmanager").get_secret_value(
            SecretId=stack.deployment.output("SecretArn")
        )
    return parse_secret(reply["SecretString"])


def write(stack: Stack, secret: Secret) -> None:
    from nps_core.aws.clients import store_errors

    with store_errors("PutSecretValue"):
        stack.deployment.client("secretsmanager").put_secret_value(
            SecretId=stack.deployment.output("SecretArn"), SecretString=to_text(secret)
        )


def to_text(secret: Secret) -> str:
    """Return the JSON that the functions read."""
    whole = _fields(secret)
    if secret.connections:
        whole["connections"] = {
            token: _fields(added) for token, added in secret.connections.items()
        }
    return json.dumps(whole)


def _fields(secret: Secret) -> dict[str, Any]:
    return {
        "client_id": secret.client_id,
        "client_secret": secret.client_secret,
        "webhook_keys": {
            "active": list(secret.active_keys),
            "retired": list(secret.retired_keys),
        },
    }
