import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from nps_local.fakes.wootric.actions import NewAnswer
from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.sources.probe import MONDAY_S, ManualClock, Probe

pytest_plugins = ["nps_testing.sources.fixtures"]


def test_rate_limit_headers__count_down_to_the_end_of_the_minute(
    wootric: FakeWootric, probe: Probe, wootric_clock: ManualClock
) -> None:
    wootric.switch(rate_limit=3)
    wootric_clock.now_s += 20
    reset = str(int(MONDAY_S) + 60)
    for left in ("2", "1", "0"):
        answer = probe.get("/v1/responses")
        assert answer.status_code == 200
        assert answer.headers["X-Rate-Limit-Limit"] == "3"
        assert answer.headers["X-Rate-Limit-Remaining"] == left
        assert answer.headers["X-Rate-Limit-Reset"] == reset
    refused = probe.get("/v1/declines")  # the limit is one for all endpoints
    assert refused.status_code == 429
    assert refused.headers["X-Rate-Limit-Remaining"] == "0"
    assert refused.headers["X-Rate-Limit-Reset"] == reset
    wootric_clock.now_s += 40
    assert probe.get("/v1/declines").status_code == 200


def test_rate_limit_scope__counts_each_endpoint_by_itself(
    wootric: FakeWootric, probe: Probe
) -> None:
    wootric.switch(rate_limit=1, rate_limit_scope="endpoint")
    paths = ("/v1/responses", "/v1/declines", "/v1/end_users/7001", "/v1/end_users/7002")
    statuses = [probe.get(path).status_code for path in (*paths, "/v1/responses")]
    assert statuses == [200, 200, 404, 429, 429]


def test_refused_values__are_counted_and_carry_the_headers(probe: Probe) -> None:
    answer = probe.get("/v1/responses", page=0)
    assert answer.status_code == 400
    assert "X-Rate-Limit-Remaining" in answer.headers


def test_unlimited_endpoint__has_no_headers(wootric: FakeWootric, probe: Probe) -> None:
    wootric.switch(rate_limit=1, unlimited_endpoints=["/v1/segments"])
    assert "X-Rate-Limit-Limit" not in probe.get("/v1/segments").headers
    assert probe.get("/v1/segments").status_code == 200


def test_clock_skew__moves_the_printed_reset(wootric: FakeWootric, probe: Probe) -> None:
    wootric.switch(clock_skew_s=-300)
    reset = int(probe.get("/v1/responses").headers["X-Rate-Limit-Reset"])
    assert reset == int(MONDAY_S) + 60 - 300


def test_date__is_of_the_servers_clock(wootric: FakeWootric, probe: Probe) -> None:
    wootric.switch(clock_skew_s=-300)
    date = parsedate_to_datetime(probe.get("/v1/responses").headers["Date"])
    assert date.timestamp() == int(MONDAY_S) - 300
    wootric.switch(sends_date=False)
    assert "Date" not in probe.get("/v1/responses").headers


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("error500", 500, b'{"error":"Internal Server Error"}'),
        ("error502", 502, b"<html>"),
        ("error503", 503, b""),
        ("unauthorized", 401, b""),
        ("rate_limited", 429, b""),
    ],
)
def test_scripted_fault__hits_one_request(
    wootric: FakeWootric, probe: Probe, kind: str, status: int, body: bytes
) -> None:
    wootric.fail(script=["ok", kind])
    assert probe.get("/v1/responses").status_code == 200
    answer = probe.get("/v1/responses")
    assert answer.status_code == status
    assert answer.content.startswith(body)
    assert probe.get("/v1/responses").status_code == 200


def test_truncated_body__is_shorter_than_its_content_length(
    wootric: FakeWootric, probe: Probe
) -> None:
    wootric.actions.answer(NewAnswer(score=9))
    wootric.fail(script=["truncate"])
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        probe.get("/v1/responses")
    assert len(probe.ids()) == 1


def test_reset_connection__fails_and_the_next_works(wootric: FakeWootric, probe: Probe) -> None:
    wootric.fail(script=["reset"])
    with pytest.raises(requests.exceptions.ConnectionError):
        probe.get("/v1/responses")
    assert probe.get("/v1/responses").status_code == 200
    assert wootric.stats()["statuses"]["0"] == 1


def test_timeout__keeps_silent_and_does_not_block_stopping(
    wootric: FakeWootric, probe: Probe
) -> None:
    wootric.fail(script=["timeout"], hold_s=600)
    with pytest.raises(requests.exceptions.ReadTimeout):
        probe.call("GET", "/v1/responses", timeout=0.2)
    before = time.monotonic()
    wootric.stop()
    assert time.monotonic() - before < 5


def test_lost_reply__has_done_the_work(wootric: FakeWootric, probe: Probe) -> None:
    made = wootric.actions.answer(NewAnswer(score=9))
    wootric.fail(script=["lost_reply"])
    with pytest.raises(requests.exceptions.ConnectionError):
        probe.call("PUT", f"/v1/responses/{made.id}", data={"completed": "true"})
    assert made.completed


def test_token_revoked_at_a_numbered_request__stays_dead(
    wootric: FakeWootric, probe: Probe
) -> None:
    wootric.fail(at={"3": "revoke"})
    statuses = [probe.get("/v1/responses").status_code for _ in range(4)]
    assert statuses == [200, 200, 401, 401]
    assert probe.login().get("/v1/responses").status_code == 200


def test_faults_by_chance__hit_about_their_share_and_repeat_with_the_seed() -> None:
    runs = []
    for _ in range(2):
        with FakeWootric(seed=7) as fake:
            fake.switch(rate_limit=10_000)
            fake.fail(rates={"error500": 0.2, "error502": 0.1})
            client = Probe(fake.url).login()
            runs.append([client.get("/v1/responses").status_code for _ in range(200)])
            client.session.close()
    assert runs[0] == runs[1]
    assert 20 < runs[0].count(500) < 60
    assert 5 < runs[0].count(502) < 40


def test_fault_on_the_token_endpoint__is_chosen_by_prefix(
    wootric: FakeWootric, probe: Probe
) -> None:
    wootric.fail(script=["error503"], path_prefix="/oauth/")
    assert probe.get("/v1/responses").status_code == 200
    with pytest.raises(requests.HTTPError, match="503"):
        probe.login()


def test_unknown_fault__is_refused(probe: Probe) -> None:
    answer = probe.admin("POST", "/faults", {"script": ["meteor"]})
    assert answer.status_code == 400
    assert "meteor" in answer.json()["error"]


def test_latency__slows_api_calls_but_not_control_calls(wootric: FakeWootric, probe: Probe) -> None:
    wootric.switch(latency_ms=600)
    with pytest.raises(requests.exceptions.ReadTimeout):
        probe.call("GET", "/v1/responses", timeout=0.2)
    assert probe.admin("GET", "/health").elapsed.total_seconds() < 0.5
