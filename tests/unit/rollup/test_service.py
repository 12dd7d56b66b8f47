"""Other consumers write the same ledgers at the same time."""

import pytest

from nps_core import keys
from nps_core.errors import Contended
from nps_core.numbers.account_numbers import AccountView
from nps_core.numbers.ledger import Ledger
from nps_core.numbers.ports import LedgerRef
from nps_testing.factories import NOW, make_answer
from nps_testing.fakes.stores import InMemoryLedgerStore, InMemorySummaryStore
from rollup.service import Rollup


class ContendedLedgers(InMemoryLedgerStore):
    """Loses the first `losses` writes to somebody who was faster."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses

    def put(self, ref: LedgerRef, ledger: Ledger) -> bool:
        if self.losses > 0:
            self.losses -= 1
            other = self.ledgers.get(ref, Ledger())
            self.ledgers[ref] = Ledger(other.votes, other.version + 1, other.is_split)
            return False
        return super().put(ref, ledger)


class ContendedSummaries(InMemorySummaryStore):
    """The same for summaries."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self.losses = losses

    def put(self, view: AccountView, expected_version: int) -> bool:
        if self.losses > 0:
            self.losses -= 1
            return False
        return super().put(view, expected_version)


def rollup(ledger_losses: int = 0, summary_losses: int = 0) -> Rollup:
    waits: list[float] = []
    ledgers, summaries = ContendedLedgers(ledger_losses), ContendedSummaries(summary_losses)
    return Rollup(ledgers, summaries, 180, sleep=waits.append)


@pytest.mark.parametrize(("ledgers", "summaries"), [(4, 0), (0, 4)])
def test_apply__tries_again_when_somebody_was_faster(ledgers: int, summaries: int) -> None:
    use_case = rollup(ledgers, summaries)
    report = use_case.apply([(None, make_answer())], NOW)
    assert (report.ledgers_written, report.summaries_written) == (2, 1)
    view, _ = use_case.summaries.get_versioned("c-118")
    assert view is not None
    assert view.all.n == 1


@pytest.mark.parametrize(("ledgers", "summaries"), [(99, 0), (0, 99)])
def test_apply__raises_after_five_losses_so_that_the_batch_is_delivered_again(
    ledgers: int, summaries: int
) -> None:
    with pytest.raises(Contended):
        rollup(ledgers, summaries).apply([(None, make_answer())], NOW)


def test_apply__keeps_what_the_faster_one_wrote() -> None:
    use_case = rollup(ledger_losses=1)
    month = keys.ledger("c-118", "2026-03")
    use_case.apply([(None, make_answer(id=1))], NOW)
    use_case.apply([(None, make_answer(id=2))], NOW)
    ledger = use_case.ledgers.get_many([month])[month]
    assert len(ledger.votes) == 2
