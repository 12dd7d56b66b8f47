import socket
from pathlib import Path

import pytest

from nps_local.machine import ports


def test_choose__a_second_time__keeps_the_ports(tmp_path: Path) -> None:
    first = ports.choose(tmp_path / "ports.json", None, None)
    assert ports.choose(tmp_path / "ports.json", None, None) == first
    assert len({first.http, first.aws, first.wootric}) == 3


def test_choose__when_a_kept_port_is_taken__takes_another(tmp_path: Path) -> None:
    first = ports.choose(tmp_path / "ports.json", None, None)
    with socket.create_server(("127.0.0.1", first.aws)):
        second = ports.choose(tmp_path / "ports.json", None, None)
    assert second.aws != first.aws
    assert second.http == first.http


def test_choose__a_port_that_is_in_use__says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(ValueError, match=f"port {taken} of 127.0.0.1 is in use"):
            ports.choose(tmp_path / "ports.json", taken, None)
