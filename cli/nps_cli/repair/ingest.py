"""The one merge of the functions, over the tables and with the settings of the operator's stack."""

from nps_cli.shell.stack import Space
from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules, Directory


def account_rules(space: Space) -> AccountRules:
    """Return how the stack reads account and owner from an answer."""
    return AccountRules.of(
        space.target.parameter("AccountProperties"),
        space.target.parameter("AccountNameProperty"),
        space.target.parameter("OwnerProperty"),
    )


def ingest_of(space: Space, directory: Directory) -> Ingest:
    """Return the ingest use case of the stack; `directory` may be one in memory."""
    metric = space.target.parameter("WootricMetric")
    return Ingest(space.answers, directory, account_rules(space), metric)
