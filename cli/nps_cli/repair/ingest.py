"""The ingest of the functions, with the tables and settings of the operator's stack."""

from nps_cli.shell.stack import Stack
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules, Directory


def account_rules(stack: Stack) -> AccountRules:
    """Return the stack's rules for the account and owner of an answer."""
    return AccountRules.of(
        stack.deployment.parameter("AccountProperties"),
        stack.deployment.parameter("AccountNameProperty"),
        stack.deployment.parameter("OwnerProperty"),
    )


def ingest_of(stack: Stack, directory: Directory) -> Ingest:
    """`directory` may be one in memory."""
    metric = stack.deployment.parameter("WootricMetric")
    return Ingest(stack.answers, directory, account_rules(stack), metric)
