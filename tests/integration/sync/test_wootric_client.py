"""The HTTP client against the fake Wootric: retries, token, refusals."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nps_core.connections.secret import Secret
from nps_core.connectors.pacing import Pacer
from nps_core.connectors.wootric.client import WootricClient
from nps_core.connectors.wootric.protocol import row_ref
from nps_core.errors import OutOfTime, RateLimited, SourceRejected, SourceUnavailable, Unauthorized
from nps_core.sync.proof.witnesses import Witness
from nps_core.sync.reading.cursor import PageQuery
from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import FakeWootric
from nps_local.fakes.wootric.wire import ApiError
from nps_testing.effort import usually
from nps_testing.fakes.sync import MovingTime
from nps_testing.stacks.environment import TOKEN

QUERY = PageQuery(1_700_000_000)


class RotatingSecrets:
    """Wrong secrets first; `refetch` gives the next one, None when there is no other."""

    def __init__(self, *client_secrets: str) -> None:
        self.left = list(client_secrets)
        self.current = self.left.pop(0)

    def get(self, _now: datetime) -> Secret:
        return Secret(Credentials().client_id, self.current)

    def refetch(self, now: datetime) -> Secret | None:
        if not self.left:
            return None
        self.current = self.left.pop(0)
        return self.get(now)


class Connection:
    """A client, its source and its time."""

    def __init__(self, source: FakeWootric, time: MovingTime) -> None:
        self.source, self.time = source, time
        self.client = self.with_secrets(Credentials().client_secret)

    def with_secrets(self, *client_secrets: str, known: Iterable[Witness] = ()) -> WootricClient:
        pacer = Pacer(80, self.time.sleep, self.time)
        secrets = RotatingSecrets(*client_secrets)
        self.client = WootricClient(
            TOKEN, self.source.url, secrets, pacer, lambda: 0.5, lambda _now: known
        )
        self.client.begin(self.time.now, self.time() + 800, lambda: None)
        return self.client


@pytest.fixture
def connection() -> Iterator[Connection]:
    time = MovingTime()
    with FakeWootric(now=time) as source:
        source.generate(answers=60, people=10, accounts=3)
        yield Connection(source, time)


@pytest.mark.parametrize(
    "fault", ["error500", "error502", "error503", "reset", "truncate", "lost_reply", "rate_limited"]
)
def test_page__is_had_at_the_fifth_try(connection: Connection, fault: str) -> None:
    connection.source.fail(script=[fault] * 4)
    assert len(connection.client.page("responses", QUERY).rows) == 50
    assert connection.client.requests == 6
    assert connection.client.throttled == (4 if fault == "rate_limited" else 0)


def test_list_of_a_person_who_is_gone__is_empty(connection: Connection) -> None:
    assert connection.client.page("end_users/987654/responses", QUERY).rows == []
    assert connection.client.page("end_users/987654/declines", QUERY).rows == []


@pytest.mark.parametrize(
    ("fault", "error"), [("error500", SourceUnavailable), ("rate_limited", RateLimited)]
)
def test_page__is_given_up_after_the_fifth_try(
    connection: Connection, fault: str, error: type[Exception]
) -> None:
    connection.source.fail(script=[fault] * 5)
    with pytest.raises(error):
        connection.client.page("responses", QUERY)
    assert connection.client.requests == 6


def test_429__of_the_fifth_try_keeps_the_next_request_waiting(connection: Connection) -> None:
    connection.source.fail(script=["rate_limited"] * 5)
    with pytest.raises(RateLimited):
        connection.client.page("responses", QUERY)
    began = connection.time()
    assert len(connection.client.page("declines", QUERY).rows) > 0
    assert connection.time() - began >= 15


def test_waiting__past_the_deadline_ends_the_run_at_once(connection: Connection) -> None:
    connection.client.page("responses", QUERY)
    connection.client.begin(connection.time.now, connection.time() + 5, lambda: None)
    connection.source.fail(script=["rate_limited"])
    began = connection.time()
    with pytest.raises(OutOfTime):
        connection.client.page("responses", QUERY)
    assert connection.time() - began < 5


def test_refusal__for_good_is_not_retried_and_says_why(connection: Connection) -> None:
    with pytest.raises(SourceRejected, match=r"created\[gte\] is invalid.*nps doctor"):
        connection.client.rows("/v1/responses", {"created[gte]": "2026-01-01"})
    assert connection.client.requests == 2


def test_unknown_path__is_a_refusal_for_a_list_and_nothing_for_a_record(
    connection: Connection,
) -> None:
    with pytest.raises(SourceRejected, match="HTTP 404"):
        connection.client.rows("/v1/nothing", {})
    assert connection.client.one("end_users/999999") is None


def test_record__is_returned_as_it_is(connection: Connection) -> None:
    user = connection.client.one("end_users/7001")
    assert user is not None
    assert user["id"] == 7001


def test_token__is_had_although_its_endpoint_fails_first(connection: Connection) -> None:
    connection.source.fail(script=["error502", "reset"], path_prefix="/oauth")
    assert len(connection.client.page("responses", QUERY).rows) == 50


def test_token__revoked_in_the_middle_is_renewed_once(connection: Connection) -> None:
    connection.client.page("responses", QUERY)
    connection.source.context.tokens.revoke_all()
    connection.client.page("responses", QUERY)
    assert connection.source.stats()["endpoints"]["POST /oauth/token"] == 2


def test_credentials__rotated_in_the_secret_are_found(connection: Connection) -> None:
    client = connection.with_secrets("wrong", Credentials().client_secret)
    assert len(client.page("responses", QUERY).rows) == 50


@pytest.mark.parametrize("secrets", [("wrong",), ("wrong", "wrong too")])
def test_credentials__refused_for_good_say_what_to_do_and_never_what_they_are(
    connection: Connection, secrets: tuple[str, ...]
) -> None:
    client = connection.with_secrets(*secrets)
    with pytest.raises(Unauthorized, match="Fix: store the client_id") as raised:
        client.page("responses", QUERY)
    assert "wrong" not in str(raised.value)
    assert client.requests == len(secrets)


def test_page__refused_with_every_token_ends_after_three_tries(connection: Connection) -> None:
    client = connection.with_secrets(*[Credentials().client_secret] * 9)
    connection.source.fail(rates={"unauthorized": 1.0})
    with pytest.raises(Unauthorized):
        client.page("responses", QUERY)
    assert connection.source.stats()["endpoints"]["GET /v1/responses"] == 3


def test_rate_limit__met_with_a_slow_clock_is_waited_for_a_whole_minute(
    connection: Connection,
) -> None:
    connection.source.switch(rate_limit=1, clock_skew_s=-40.0)
    for _ in range(3):
        assert connection.client.page("responses", QUERY).rows
    assert connection.client.throttled <= 1


@settings(derandomize=True, deadline=None, max_examples=usually(30, soak=300))
@given(
    skew_s=st.integers(-3600, 3600) | st.integers(-61, 61),
    first=st.integers(0, 59),
    by_others=st.integers(0, 120),
)
def test_rate_limit__used_up_by_others_costs_one_429_at_most_whatever_the_servers_clock(
    skew_s: int, first: int, by_others: int
) -> None:
    time = MovingTime()
    time.epoch_s += first
    with FakeWootric(now=time) as source:
        source.switch(clock_skew_s=float(skew_s))
        client = Connection(source, time).client
        for number in range(80):
            client.rows("/v1/responses", {"per_page": "1"})
            if number == 10:
                with suppress(ApiError):
                    for _ in range(by_others):
                        source.context.limiter.take(100, time() + skew_s, "account")
    assert client.throttled <= 1


def test_login__recognises_the_account_by_any_witness(connection: Connection) -> None:
    row = connection.client.page("responses", QUERY).rows[0]
    there = Witness(
        f"end_users/{row['end_user_id']}/responses/{row['id']}", row_ref(row).second or 0
    )
    gone = Witness("end_users/7/responses/999999999", there.second)
    client = connection.with_secrets(Credentials().client_secret, known=[gone, there])
    assert len(client.page("responses", QUERY).rows) == 50
    assert client.requests == 4
    assert client.page("responses", QUERY)
    assert client.requests == 5, "once for each login"


def test_login__is_refused_when_the_same_id_was_given_at_another_second(
    connection: Connection,
) -> None:
    known = [
        Witness(f"end_users/{row['end_user_id']}/responses/{row['id']}", 1)
        for row in connection.source.source()[:3]
    ]
    assert connection.with_secrets(Credentials().client_secret, known=known[:2]).page(
        "responses", QUERY
    ), "two are too few to tell"
    client = connection.with_secrets(Credentials().client_secret, known=known)
    for _ in range(2):
        with pytest.raises(Unauthorized, match="another Wootric account"):
            client.page("responses", QUERY)


class BrokenRows(BaseHTTPRequestHandler):
    """An API whose replies to lists are scripted; every one is a success."""

    bodies: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self._reply(b'{"access_token": "t", "expires_in": 7200}')

    def do_GET(self) -> None:
        self._reply(self.bodies.pop(0))

    def _reply(self, body: bytes) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def broken() -> Iterator[WootricClient]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BrokenRows)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    time = MovingTime()
    pacer = Pacer(80, time.sleep, time)
    url = f"http://127.0.0.1:{server.server_port}"
    client = WootricClient(TOKEN, url, RotatingSecrets("s"), pacer, lambda: 0.5)
    client.begin(time.now, time() + 800, lambda: None)
    yield client
    server.shutdown()
    thread.join()
    server.server_close()


BAD = b'[{"id": 1}, {"id": 2, "score": }, {"id": 3}]'


def test_page__with_a_broken_row_is_read_when_it_comes_twice(broken: WootricClient) -> None:
    BrokenRows.bodies[:] = [BAD, BAD]
    assert broken.page("responses", QUERY).rows == [{"id": 1}, '{"id": 2, "score": }', {"id": 3}]
    assert broken.requests == 3


def test_page__that_was_broken_on_its_way_is_asked_for_again(broken: WootricClient) -> None:
    BrokenRows.bodies[:] = [BAD, b"<html>", BAD[:20], BAD.replace(b'}, {"id": 3', b""), b"[]"]
    assert broken.page("responses", QUERY).rows == []


def test_page__that_is_no_list_stays_unavailable(broken: WootricClient) -> None:
    BrokenRows.bodies[:] = [b"<html>"] * 5
    with pytest.raises(SourceUnavailable, match="not JSON"):
        broken.page("responses", QUERY)
