"""Runs the fake as a program: prints one JSON line when ready, stops on SIGTERM."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from nps_local.fakes.wootric.oauth import Credentials
from nps_local.fakes.wootric.server import ACCOUNT, FakeWootric


def file_clock(path: Path | None) -> Callable[[], float]:
    """Return a clock that adds the `offset_s` of a JSON file to the real time.

    The file may appear and change at any time; without it the time is real.
    """

    def now() -> float:
        if path is None:
            return time.time()
        try:
            offset = json.loads(path.read_text(encoding="utf-8"))["offset_s"]
        except FileNotFoundError:
            offset = 0.0
        return time.time() + float(offset)

    return now


def main() -> int:
    options = _options()
    credentials = Credentials(client_id=options.client_id, client_secret=options.client_secret)
    fake = FakeWootric(
        port=options.port,
        now=file_clock(options.clock_file),
        seed=options.seed,
        account_token=options.account_token,
        credentials=credentials,
        state=options.state,
    )
    if options.answers and not fake.store.users:
        fake.generate(
            answers=options.answers,
            people=options.people,
            accounts=options.accounts,
            days=options.days,
            seed=options.seed,
        )
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with fake:
        ready = {"url": fake.url, "account_token": options.account_token}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _options() -> argparse.Namespace:
    known = Credentials()
    parser = argparse.ArgumentParser(prog="python -m nps_local.fakes.wootric")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--answers", type=int, default=0)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--accounts", type=int, default=30)
    parser.add_argument("--days", type=float, default=180)
    parser.add_argument("--clock-file", type=Path, help='JSON {"offset_s": seconds}')
    parser.add_argument("--state", type=Path, help="keep the data here between runs")
    parser.add_argument("--account-token", default=ACCOUNT)
    parser.add_argument("--client-id", default=known.client_id)
    parser.add_argument("--client-secret", default=known.client_secret)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
