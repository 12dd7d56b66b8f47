import json
from datetime import datetime, timedelta, timezone

import pytest
from rich.text import Text

from nps_cli.shell import drawing, tables
from nps_cli.shell.columns import Column
from nps_core.views.view import View


class Row(View):
    name: str | None = None
    n: int


class WideRow(View):
    id: str = "NPS-1"
    comment: str = "word " * 20
    key: str = "k" * 40
    n: int = 7


COLUMNS = (Column.of("name"), Column.of("n", "answers", right=True))


def test_json_rows__are_one_array_with_a_row_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_rows([Row(n=1), Row(n=2)], (), as_json=True, empty="none")
    out = capsys.readouterr().out
    assert json.loads(out) == [{"name": None, "n": 1}, {"name": None, "n": 2}]
    assert len(out.splitlines()) == 4


def test_no_rows__are_an_empty_array_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_rows([], (), as_json=True, empty="none")
    assert json.loads(capsys.readouterr().out) == []


def test_no_rows__say_what_to_do_next_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_rows([], COLUMNS, as_json=False, empty="do this next")
    assert capsys.readouterr().out == "do this next\n"


def test_a_table__has_neither_colour_nor_line_breaks_when_not_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    long = "x" * 300
    tables.print_rows([Row(name=long, n=7)], COLUMNS, as_json=False, empty="")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert any(long in line and line.rstrip().endswith("7") for line in out.splitlines())


RANKED = (
    Column.of("id"),
    Column.of("comment", wraps_at=20, rank=1),
    Column.of("key", rank=2),
    Column.of("n", right=True, rank=3),
)
ROW = WideRow()


def test_a_narrow_terminal__gets_the_important_columns_and_the_names_of_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    tables.print_rows([ROW], RANKED, as_json=False, empty="")
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    assert "kkk" not in out
    assert "Not shown for lack of width: key (--json has everything)." in out
    assert out.count("word") == 20


def test_what_must_stay_in_one_piece__does_so_while_prose_wraps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    tables.print_rows([ROW], RANKED, as_json=False, empty="")
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 90
    assert "k" * 40 in out
    assert "Not shown" not in out


def test_columns__that_are_always_shown_are_folded_rather_than_lost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    tables.print_rows([Row(name="x" * 50, n=7)], COLUMNS, as_json=False, empty="")
    out = capsys.readouterr().out
    assert out.count("x") == 50
    assert max(map(len, out.splitlines())) <= 30


def test_fitting__takes_by_rank_what_there_is_room_for_and_keeps_the_order() -> None:
    first, second, third = (
        Column.of(name, rank=rank) for name, rank in (("a", 2), ("b", 0), ("c", 1))
    )
    widths = {first: 5, second: 10, third: 10}
    assert drawing.fitting(widths, 100) == [first, second, third]
    assert drawing.fitting(widths, 25) == [second, third]
    assert drawing.fitting(widths, 20) == [first, second]
    assert drawing.fitting(widths, 5) == [second]


def test_customer_text__is_neither_markup_nor_a_terminal_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [Row(name="[red]x[/red] \x1b[2J\u202e\r\nforged", n=1)]
    tables.print_rows(rows, COLUMNS, as_json=False, empty="")
    assert "[red]x[/red] [2J forged" in capsys.readouterr().out


@pytest.mark.parametrize("nothing", [None, "", []])
def test_nothing__is_shown_as_a_dash(nothing: object) -> None:
    assert drawing.cell(nothing) == Text("-", style="dim")


def test_zero_and_false__are_something() -> None:
    assert drawing.cell(0).plain == "0"
    assert drawing.cell(False).plain == "no"


@pytest.mark.parametrize(("number", "shown"), [(5, "+5"), (-5, "-5"), (0, "0"), (None, None)])
def test_nps__is_shown_with_its_sign(number: int | None, shown: str | None) -> None:
    assert tables.signed(number) == shown


def test_a_long_comment__is_cut_in_a_table_only() -> None:
    assert tables.shorten("abcdef", 4) == "abc\u2026"
    assert tables.shorten("abcd", 4) == "abcd"


def test_joiners__stay_in_text_that_needs_them() -> None:
    family = "\U0001f469\u200d\U0001f467"
    assert drawing.plain(f" {family}\n") == family


@pytest.mark.parametrize(
    ("number", "shown"), [(1, "1 entry"), (0, "0 entries"), (1200, "1,200 entries")]
)
def test_numbers__agree_with_their_noun(number: int, shown: str) -> None:
    assert tables.counted(number, "entry", "entries") == shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, None),
        (0, "0 s"),
        (59.6, "1 min"),
        (90, "1 min 30 s"),
        (7_260, "2 h 1 min"),
        (266_400, "3 d 2 h"),
    ],
)
def test_duration__has_its_two_largest_units(seconds: float | None, text: str | None) -> None:
    assert tables.duration(seconds) == text


def test_minute__is_shown_in_utc() -> None:
    there = datetime(2026, 3, 3, 2, 16, 59, tzinfo=timezone(timedelta(hours=9)))
    assert (tables.minute(there), tables.minute(None)) == ("2026-03-02 17:16", None)
