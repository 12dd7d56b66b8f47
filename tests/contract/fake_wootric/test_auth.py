import base64

import pytest
import requests

from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import TIMEOUT_S, ManualClock, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]

KNOWN = Credentials()
CLIENT = {
    "grant_type": "client_credentials",
    "client_id": KNOWN.client_id,
    "client_secret": KNOWN.client_secret,
}
LOGIN = {"grant_type": "password", "username": KNOWN.username, "password": KNOWN.password}


def ask(fake: FakeWootric, body: dict[str, str], query: str = "") -> requests.Response:
    return requests.post(f"{fake.url}/oauth/token{query}", data=body, timeout=TIMEOUT_S)


def test_client_credentials_in_the_body__give_a_token_of_two_hours(wootric: FakeWootric) -> None:
    body = ask(wootric, CLIENT).json()
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 7200
    assert body["scope"] == "public"
    assert "refresh_token" not in body


def test_client_credentials_by_http_basic__give_a_token(wootric: FakeWootric) -> None:
    pair = base64.b64encode(f"{KNOWN.client_id}:{KNOWN.client_secret}".encode()).decode()
    answer = requests.post(
        f"{wootric.url}/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {pair}"},
        timeout=TIMEOUT_S,
    )
    assert answer.json()["access_token"]


def test_multipart_token_request__is_accepted(wootric: FakeWootric) -> None:
    parts = {name: (None, value) for name, value in CLIENT.items()}
    answer = requests.post(f"{wootric.url}/oauth/token", files=parts, timeout=TIMEOUT_S)
    assert answer.status_code == 200


def test_refresh_token__works_once_and_gives_another(wootric: FakeWootric) -> None:
    first = ask(wootric, LOGIN).json()["refresh_token"]
    renew = {"grant_type": "refresh_token", "refresh_token": first}
    second = ask(wootric, renew).json()
    assert second["refresh_token"] != first
    again = ask(wootric, renew)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        pytest.param({**CLIENT, "client_secret": "x"}, 401, "invalid_client", id="wrong-secret"),
        pytest.param({**LOGIN, "password": "x"}, 400, "invalid_grant", id="wrong-password"),
        pytest.param({"grant_type": "magic"}, 400, "unsupported_grant_type", id="unknown-grant"),
        pytest.param({}, 400, "invalid_request", id="no-grant"),
    ],
)
def test_refused_token_request__names_the_oauth_error(
    wootric: FakeWootric, body: dict[str, str], status: int, error: str
) -> None:
    answer = ask(wootric, body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_account_token_of_another_account__is_not_found(wootric: FakeWootric) -> None:
    assert ask(wootric, LOGIN, "?account_token=NPS-1a2b3c4d").status_code == 200
    other = ask(wootric, LOGIN, "?account_token=NPS-00000000")
    assert (other.status_code, other.json()) == (404, {"error": "Not found", "status": 404})


def test_call_without_token__is_401_with_a_hint_and_no_body(probe: Probe) -> None:
    probe.token = "nonsense"
    answer = probe.get("/v1/responses")
    assert (answer.status_code, answer.content) == (401, b"")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_token_in_the_query__is_still_accepted(wootric: FakeWootric, probe: Probe) -> None:
    answer = requests.get(
        f"{wootric.url}/v1/responses", params={"access_token": probe.token}, timeout=TIMEOUT_S
    )
    assert answer.status_code == 200


def test_token__dies_after_its_lifetime(probe: Probe, wootric_clock: ManualClock) -> None:
    wootric_clock.now_s += 7199
    assert probe.get("/v1/responses").status_code == 200
    wootric_clock.now_s += 1
    assert probe.get("/v1/responses").status_code == 401


def test_token_ttl_switch__shortens_the_lifetime(
    wootric: FakeWootric, wootric_clock: ManualClock
) -> None:
    wootric.switch(token_ttl=30)
    client = Probe(wootric.url).login()
    wootric_clock.now_s += 31
    assert client.get("/v1/responses").status_code == 401
    client.session.close()


@pytest.mark.parametrize(("kills", "status"), [(False, 200), (True, 401)])
def test_new_token__leaves_the_old_one_alive_or_kills_it(
    wootric: FakeWootric, probe: Probe, kills: bool, status: int
) -> None:
    wootric.switch(new_token_kills_old=kills)
    newer = Probe(wootric.url).login()
    assert probe.get("/v1/responses").status_code == status
    assert newer.get("/v1/responses").status_code == 200
    newer.session.close()


def test_revocation__kills_tokens_until_the_next_login(probe: Probe) -> None:
    probe.admin("POST", "/tokens/revoke")
    assert probe.get("/v1/responses").status_code == 401
    assert probe.login().get("/v1/responses").status_code == 200


def test_observed_token_shape__has_created_at_and_capital_bearer(wootric: FakeWootric) -> None:
    wootric.switch(token_shape="observed_2022")
    body = ask(wootric, CLIENT).json()
    assert body["token_type"] == "Bearer"
    assert body["created_at"] == 1772470800
    assert "respond" in body["scope"].split()
