"""The record of a soak, parsed from the output of pytest."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import soak

LISTED = "tests/unit/test_a.py: 9\n\n12 tests collected in 0.31s\n"
RAN = """
....F.                                                                   [ 66%]
=================== 1 failed, 8 passed in 1.31s ===================
..                                                                       [100%]
Required test coverage of 95.0% reached. Total coverage: 96.52%
=================== 3 passed, 2 warnings in 601.31s (0:10:01) ===================
"""
GOOD = RAN.replace("1 failed, 8 passed", "9 passed")


class Machine:
    """Answers the commands of a soak."""

    def __init__(self, output: str, status: int = 0, listed: tuple[int, str] = (0, LISTED)) -> None:
        self.output, self.status, self.listed = output, status, listed
        self.ran: list[list[str]] = []

    def __call__(self, command: list[str]) -> tuple[int, str]:
        self.ran.append(command)
        if command[0] == "git":
            return 0, "0123456789\n"
        return self.listed if "--collect-only" in command else (self.status, self.output)


def test_soak__is_good_when_every_collected_test_passed() -> None:
    outcome = soak.soak(Machine(GOOD))
    assert outcome == soak.Outcome(12, 12, 0, "96.52 %", 0)
    assert outcome.good
    assert outcome.not_run == 0


def test_failure__is_counted_over_both_runs_of_pytest() -> None:
    outcome = soak.soak(Machine(RAN, status=2))
    assert (outcome.passed, outcome.failed, outcome.not_run) == (11, 1, 0)
    assert not outcome.good


@pytest.mark.parametrize("left_out", ["8 passed, 1 skipped", "8 passed, 1 deselected", "8 passed"])
def test_test_that_did_not_run__makes_the_soak_fail(left_out: str) -> None:
    outcome = soak.soak(Machine(RAN.replace("1 failed, 8 passed", left_out)))
    assert outcome.not_run == 1
    assert not outcome.good


def test_error_beside_a_passed_test__makes_the_soak_fail() -> None:
    outcome = soak.soak(Machine(GOOD.replace("9 passed", "9 passed, 2 errors"), status=2))
    assert outcome.failed == 2
    assert not outcome.good


def test_too_little_coverage__makes_the_soak_fail() -> None:
    short = "FAIL Required test coverage of 95.0% not reached. Total coverage: 94.10%"
    line = "Required test coverage of 95.0% reached. Total coverage: 96.52%"
    outcome = soak.soak(Machine(GOOD.replace(line, short), status=2))
    assert outcome.coverage == "94.10 %"
    assert not outcome.good


def test_coverage_that_was_not_measured__makes_the_soak_fail() -> None:
    lines = [line for line in GOOD.splitlines(keepends=True) if "coverage" not in line]
    outcome = soak.soak(Machine("".join(lines)))
    assert (outcome.passed, outcome.coverage) == (12, soak.UNKNOWN)
    assert not outcome.good


def test_options_of_the_shell__change_no_soak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--ignore=tests/e2e --no-cov")
    show = "import os; print([os.environ[name] for name in ('PYTEST_ADDOPTS', 'NPS_SOAK')])"
    assert soak.printing([sys.executable, "-c", show]) == (0, "['', '1']\n")


@pytest.mark.parametrize(
    "listed", [(2, "1 error in 0.20s\n"), (0, "11/12 tests collected (1 deselected) in 0.31s\n")]
)
def test_tests_that_cannot_all_be_collected__are_not_run(listed: tuple[int, str]) -> None:
    machine = Machine(GOOD, listed=listed)
    assert not soak.soak(machine).good
    assert len(machine.ran) == 1


def test_row__has_a_cell_for_each_column_of_the_record() -> None:
    began = datetime(2026, 3, 1, 9, 5, tzinfo=UTC)
    failed = soak.Outcome(2_912, 2_910, 1, "96.52 %", 2)
    line = soak.row(failed, "0123456789", began, 1_499.6)
    cells = [cell.strip() for cell in line.strip("|\n ").split("|")]
    assert cells[:2] == ["2026-03-01 09:05", "0123456789"]
    assert cells[3:] == ["2,912 tests in full", "2,910", "1", "1", "1,500", "96.52 %", "**failed**"]
    (head,) = [row for row in soak.RECORD.read_text().splitlines() if row.startswith("| began")]
    assert head.count("|") == line.count("|")


@pytest.mark.parametrize(("changed", "said"), [(0, "0123456789"), (1, "0123456789 and changes")])
def test_commit__says_whether_the_checkout_differs(changed: int, said: str) -> None:
    def git(command: list[str]) -> tuple[int, str]:
        return (0, "0123456789\n") if "rev-parse" in command else (changed, "")

    assert soak.commit_of(git) == said


def test_soak_that_is_broken_off__is_recorded_too(tmp_path: Path) -> None:
    machine = Machine(GOOD)

    def stopped(command: list[str]) -> tuple[int, str]:
        if command[0] == "make":
            raise KeyboardInterrupt
        return machine(command)

    record = tmp_path / "soak.md"
    with pytest.raises(KeyboardInterrupt):
        soak.recorded(stopped, record)
    (line,) = record.read_text().splitlines()
    assert line.endswith("| **failed** |")


def test_record__grows_by_a_line_and_keeps_what_it_has(tmp_path: Path) -> None:
    record = tmp_path / "soak.md"
    for _ in range(2):
        assert soak.recorded(Machine(GOOD), record).good
    assert [line[-10:] for line in record.read_text().splitlines()] == ["| passed |"] * 2
