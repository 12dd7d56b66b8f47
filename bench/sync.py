"""What the sync costs at the source: requests over the least possible, 429s, pace, ticks.

The real client and service talk to the bundled fake over real HTTP; only waiting is simulated, so
a backfill of 20,000 answers (about six minutes at 80 requests a minute) takes half a minute.
Stores are in memory: DynamoDB is measured elsewhere.
"""

import math
from collections.abc import Sequence
from typing import Any

from nps_local.fake_wootric.actions import NewAnswer
from nps_local.fake_wootric.server import FakeWootric
from nps_testing.fake_sync import MovingTime
from nps_testing.sync_over_http import PER_MINUTE, SyncOverHttp


def first_sync(title: str, embed: str = "email+properties", **faults: Any) -> SyncOverHttp:
    time = MovingTime()
    source = FakeWootric(now=time).start()
    source.switch(end_user_embed=embed)
    made = source.generate(answers=20_000, people=2_000, accounts=60)
    if faults:
        source.fail(**faults)
    bench = SyncOverHttp(source, time)
    records = bench.until_complete()
    asked = source.stats()["endpoints"]
    least = {name: math.ceil(made[name] / 50) for name in ("answers", "declines")}
    print(f"\n{title}")
    for name, path in (("answers", "responses"), ("declines", "declines")):
        used = asked[f"GET /v1/{path}"]
        print(
            f"  {name:9} {used:5} requests, least {least[name]:4}, ratio {used / least[name]:.3f}"
        )
    others = sum(n for path, n in asked.items() if "end_users" in path)
    print(f"  end users {others:5} requests, tokens {asked['POST /oauth/token']}")
    print(f"  429s      {source.stats()['rate_limited']:5}, rows lost {len(bench.missing())}")
    minutes = sum((r.ended_at - r.started_at).total_seconds() for r in records if r.ended_at) / 60
    print(f"  {minutes:.1f} minutes in {len(records)} run(s)")
    _pace([entry["at"] for entry in source.context.stats.log])
    return bench


def _pace(at: Sequence[float]) -> None:
    full = range(int(at[0]), int(at[-1]) - 60, 60)
    used = [sum(minute <= moment < minute + 60 for moment in at) for minute in full]
    if used:
        print(
            f"  pace      {min(used)} to {max(used)} requests in every full minute of {PER_MINUTE}"
        )


def ticks(bench: SyncOverHttp) -> None:
    bench.time.sleep(300)
    print(f"\ntick without news     {bench.tick().requests} requests")
    bench.time.sleep(300)
    with bench.source.store.lock:
        for number in range(50):
            created_ms = round((bench.time() - 100 + number) * 1000)
            bench.source.actions.answer(NewAnswer(score=9, created_ms=created_ms, end_user_id=7001))
    record = bench.tick()
    print(f"tick with 50 answers  {record.requests} requests, {record.created} stored")


def bursts() -> None:
    for size in (1_400, 2_800, 5_000):
        time = MovingTime()
        with FakeWootric(now=time) as source:
            source.generate(answers=size, people=50, accounts=5, bulk_second=size)
            bench = SyncOverHttp(source, time)
            record = bench.tick()
            while not bench.state.finished:
                bench.time.sleep(300)
                record = bench.tick()
            asked = source.stats()["endpoints"]["GET /v1/responses"]
            gaps = len(bench.holes.gaps())
            lost = len(bench.missing())
            print(f"{size} in one second: {asked} requests, {lost} lost, {gaps} gap(s)")
            print(f"  last run {record.status}")


def main() -> None:
    bench = first_sync("first sync of 20,000 answers, 180 days, shuffled ties")
    ticks(bench)
    bench.source.stop()
    rates = {"error500": 0.02, "error502": 0.02, "reset": 0.01, "truncate": 0.01}
    first_sync("the same with faults", rates=rates, at={50: "revoke"}).source.stop()
    first_sync("the same without e-mails in the rows", embed="properties").source.stop()
    print()
    bursts()


if __name__ == "__main__":
    main()
