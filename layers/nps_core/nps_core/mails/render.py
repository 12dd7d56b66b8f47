"""Render a mail: the one entry of this package."""

from nps_core.mails.html import build_html
from nps_core.mails.model import Mail, RenderedMail
from nps_core.mails.subject import build_subject
from nps_core.mails.text import build_text


def render(mail: Mail) -> RenderedMail:
    """Turn values into a mail. Pure: the same mail gives the same bytes."""
    subject = build_subject(mail)
    return RenderedMail(subject=subject, html=build_html(mail, subject), text=build_text(mail))
