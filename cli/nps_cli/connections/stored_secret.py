"""The one secret of the stack as an operator reads and writes it."""

import json
from typing import Any

from nps_cli.shell.stack import Stack
from nps_core.aws.clients import store_errors
from nps_core.connections.secret import Secret, parse_secret


def read(stack: Stack) -> Secret:
    """Return what is stored. Raises ConfigError when it is not the JSON we expect."""
    with store_errors("GetSecretValue"):
        reply = stack.target.client("secretsmanager").get_secret_value(
            SecretId=stack.target.output("SecretArn")
        )
    return parse_secret(reply["SecretString"])


def write(stack: Stack, secret: Secret) -> None:
    """Replace what is stored."""
    with store_errors("PutSecretValue"):
        stack.target.client("secretsmanager").put_secret_value(
            SecretId=stack.target.output("SecretArn"), SecretString=to_text(secret)
        )


def to_text(secret: Secret) -> str:
    """Return the JSON that the functions read."""
    whole = _one(secret)
    if secret.connections:
        whole["connections"] = {name: _one(one) for name, one in secret.connections.items()}
    return json.dumps(whole)


def _one(secret: Secret) -> dict[str, Any]:
    return {
        "client_id": secret.client_id,
        "client_secret": secret.client_secret,
        "webhook_keys": {
            "active": list(secret.active_keys),
            "retired": list(secret.retired_keys),
        },
    }
