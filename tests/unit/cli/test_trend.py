from nps_cli.commands.accounts import spark
from nps_core.numbers.account_numbers import MonthPoint
from nps_core.scoring import count
from nps_core.views.accounts import Month


def test_spark__draws_the_latest_six_months_low_to_high() -> None:
    scores: tuple[list[int], ...] = ([10], [], [0], [0, 10], [9, 7, 7, 7], [8], [10])
    months = tuple(
        Month.model_validate(MonthPoint(f"2026-{number:02}", count(found)))
        for number, found in enumerate(scores, 1)
    )
    assert spark(months) == "\u00b7\u2581\u2585\u2586\u2585\u2588"


def test_spark__of_nothing_is_nothing() -> None:
    assert spark(()) == ""
