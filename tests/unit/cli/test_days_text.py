from datetime import date

from nps_cli.commands.sync import days_text


def test_days__have_their_length() -> None:
    assert days_text(date(2026, 3, 1), date(2026, 3, 1)) == "2026-03-01"
    shown = days_text(date(2026, 2, 27), date(2026, 3, 1))
    assert shown == "2026-02-27 to 2026-03-01, 3 days"
