import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nps_local.fakes.wootric
from nps_testing.sources.probe import Probe

SOURCES = Path(nps_local.fakes.wootric.__file__).parents[3]


@contextmanager
def program(*options: str) -> Iterator[Probe]:
    """Run the fake as a program until the block ends, then stop it by SIGTERM."""
    command = [sys.executable, "-m", "nps_local.fakes.wootric", *options]
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stdout is not None
        try:
            ready = json.loads(child.stdout.readline())
            client = Probe(ready["url"])
            yield client.login()
            client.session.close()
        finally:
            child.send_signal(signal.SIGTERM)
            assert child.wait(timeout=20) == 0


def test_program__generates_data_and_stops_on_sigterm() -> None:
    with program("--answers", "120", "--people", "20", "--accounts", "4", "--days", "3") as client:
        assert len(client.ids()) == 50
        assert len(client.ids(page=3)) == 20


def test_program_with_state__is_the_same_source_after_a_restart(tmp_path: Path) -> None:
    options = ("--answers", "60", "--state", str(tmp_path / "state" / "fake.json"))
    with program(*options) as client:
        made = client.admin("POST", "/answers", {"score": 1, "text": "Öl & <3"}).json()["ids"][0]
        client.admin("PATCH", f"/answers/{made}", {"note": "called"})
        client.admin("DELETE", f"/answers/{client.ids()[0]}")
        client.admin("POST", "/switches", {"tie_order": "stable", "webhook.retries": 3})
        before = client.admin("GET", "/source").json()
        listed = client.ids(sort_order="desc")
    with program(*options) as client:
        assert client.admin("GET", "/source").json() == before
        assert client.ids(sort_order="desc") == listed
        assert client.admin("GET", "/switches").json()["webhook"]["retries"] == 3
        added = client.admin("POST", "/answers", {"score": 1}).json()["ids"][0]
        assert added == made + 1


def test_program_with_clock_file__follows_the_moved_clock(tmp_path: Path) -> None:
    clock = tmp_path / "clock.json"
    with program("--clock-file", str(clock)) as client:
        start_ms = client.admin("GET", "/health").json()["now_ms"]
        clock.write_text('{"offset_s": 864000.0}')
        moved_ms = client.admin("GET", "/health").json()["now_ms"]
        assert 864_000_000 <= moved_ms - start_ms < 864_060_000
        assert client.get("/v1/responses").status_code == 401  # the token is ten days old
