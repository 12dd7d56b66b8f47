"""The one module that runs templates."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from nps_core.mails.kind import Mail
from nps_core.mails.parts import palette
from nps_core.mails.parts.wording import MIN_ANSWERS


@dataclass(frozen=True)
class RenderedMail:
    """A mail ready to be sent, and the comment that it quotes."""

    subject: str
    html: str
    text: str
    comment: str | None = None


def render(mail: Mail) -> RenderedMail:
    """Render a mail: the same values give the same bytes.

    The HTML is a complete document below 100 KB that loads no external content.
    """
    subject = mail.subject()
    html = (
        _environment()
        .get_template(mail.template)
        .render(subject=subject, preheader=mail.preheader(), **mail.html_values())
    )
    return RenderedMail(subject, html, "\n".join(mail.text_lines()) + "\n", mail.comment)


@cache
def _environment() -> Environment:
    """Create the engine on first use; it escapes every value and fails on unknown names."""
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
