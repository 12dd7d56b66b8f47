"""Whether new credentials are those of the account whose answers are stored."""

import time
from datetime import datetime
from itertools import islice

from nps_cli.shell.errors import Failure
from nps_cli.shell.stack import Stack
from nps_core import clock
from nps_core.connections.secret import Secret
from nps_core.connections.settings import Connection
from nps_core.errors import AnotherAccount, NpsError
from nps_core.sync.proof.witnesses import Witness

_LONGEST_S = 60.0


def is_another(stack: Stack, connection: Connection, secret: Secret) -> bool:
    """Whether the account of these credentials has none of the stored answers.

    False without stored answers, and if Wootric cannot be asked: the sync compares at each login.
    """
    known = _known(stack, connection.account_token)
    if not known:
        return False
    from nps_core.connectors.pacing import Pacer
    from nps_core.connectors.wootric.client import WootricClient

    client = WootricClient(
        connection.account_token,
        connection.api_url,
        _Given(secret),
        Pacer(connection.requests_per_minute, time.sleep, time.monotonic),
        witnesses=lambda _now: known,
    )
    client.begin(clock.now, time.monotonic() + _LONGEST_S, lambda: None)
    try:
        client.connect()
    except AnotherAccount:
        return True
    except NpsError:
        return False
    return False


def refusal(token: str) -> Failure:
    return Failure(
        f"nothing was stored: the credentials are those of another Wootric account than {token};"
        " it has none of the stored answers that were looked up. Check client id and secret. If"
        " the account was emptied on purpose, repeat with --another-account"
    )


def _known(stack: Stack, token: str) -> list[Witness]:
    from nps_core.sync.identity import known_answers

    accepted_at = stack.profiles.account_accepted_at(token)
    look_up = known_answers(stack.answers, stack.sync_state(token), token, lambda: accepted_at)
    return list(islice(look_up(stack.now), 10))


class _Given:
    """Credentials that are not stored yet."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def get(self, _now: datetime) -> Secret:
        return self._secret

    def refetch(self, _now: datetime) -> Secret | None:
        return None
