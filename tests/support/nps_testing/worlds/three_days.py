"""72 simulated hours of failures and a quiet week: one scenario for test and benchmark."""

from dataclasses import dataclass
from datetime import timedelta

from nps_local.fakes.wootric.server import FakeWootric
from nps_testing.fakes.sync import MovingTime
from nps_testing.worlds.hard_days import FAULTS, FragileStore, HardDays
from nps_testing.worlds.sync_account import SyncAccount
from nps_testing.worlds.sync_truth import differences

OUTAGE_MINUTES, STOP_HOURS = 40, 2
_QUIET_TICK_S = 840.0
"""Below the 15 minutes after which unread answers become a gap."""


@dataclass(frozen=True)
class ThreeDays:
    """The end of the scenario."""

    days: HardDays
    account: SyncAccount
    erased: int
    """Answers and declines of the person who was erased."""
    differences: list[str]

    @property
    def long_gaps(self) -> int:
        """The number of recorded gaps of over 15 minutes in live reading."""
        gaps = self.account.proof_store.gaps()
        return sum(gap.kind == "window" and gap.to_s - gap.from_s > 900 for gap in gaps)

    def problems(self) -> list[str]:
        """The violations of the scenario's promises; empty if there are none."""
        account, found = self.account, list(self.differences)
        found += [f"open gap: {gap.reason}" for gap in account.proof_store.gaps() if gap.is_open]
        found += [f"still suspected: {one.key}" for one in account.proof_store.suspects()]
        proof, covered = account.audit().proof, account.coverage()
        if proof is None or not proof.holds:
            found.append(f"the audit does not hold: {proof}")
        late = timedelta(minutes=40)
        if covered.complete_to is None or account.time.now() - covered.complete_to > late:
            found.append(f"complete to {covered.complete_to}: {covered.held_by}")
        if self.long_gaps < 4:
            found.append("outage and stop are not on record in both streams")
        return found


def live_through(source: FakeWootric, time: MovingTime, *, answers: int, seed: int) -> ThreeDays:
    """Run the scenario. Raises AssertionError in the first tick whose claims are false."""
    source.generate(answers=answers, people=answers // 8, accounts=20, days=70)
    source.switch(clock_skew_s=17.0)
    stored = FragileStore()
    account = SyncAccount(source, time, backfill_days=60, answers=stored)
    days = HardDays(account, stored, seed)
    source.fail(rates=FAULTS, hold_s=0.01)
    days.live(9)
    days.burst(120)
    source.context.tokens.revoke_all()
    days.live(6)
    erased = days.erase_somebody()
    days.live(5)
    source.fail(rates={"error503": 1.0}, path_prefix="/")
    days.live(OUTAGE_MINUTES / 60)
    source.fail(rates=FAULTS, hold_s=0.01)
    days.live(20)
    days.pass_time(STOP_HOURS * 3600)
    source.context.tokens.revoke_all()
    days.live(72 - 9 - 6 - 5 - OUTAGE_MINUTES / 60 - 20 - STOP_HOURS)
    source.fail()
    _be_quiet(days)
    return ThreeDays(days, account, erased, differences(account, _oldest(account)))


def _be_quiet(days: HardDays) -> None:
    """A week of ticks without events, and a day for the second check of deletions."""
    end = days.account.time() + timedelta(days=8, hours=1).total_seconds()
    while days.account.time() < end:
        days.account.time.sleep(_QUIET_TICK_S)
        days.post.deliver()
        days.claims.before()
        days.claims.after(days.account.tick())
        days.account.accept_removals()


def _oldest(account: SyncAccount) -> int:
    return account.state.stream("responses").backfill.from_s
