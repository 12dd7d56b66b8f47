"""The template engine, made once per process and only when the first mail is rendered."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nps_core.mails import palette
from nps_core.mails.wording import MIN_ANSWERS


@cache
def environment() -> Environment:
    """Return the engine: every value is escaped, a name that is not there is an error."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # the files of a deployed function do not change
        keep_trailing_newline=True,
    )
    made.globals.update(
        light=palette.LIGHT,
        dark=palette.DARK,
        tones=palette.TONES,
        on_colour=palette.ON_COLOUR,
        button=palette.BUTTON,
        min_answers=MIN_ANSWERS,
        bars=palette.BARS,
        pale_bars=palette.PALE_BARS,
        pale_bars_in_dark=palette.PALE_BARS_IN_DARK,
    )
    return made
