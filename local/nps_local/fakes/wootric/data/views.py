"""Rows and people in REST replies."""

import json
from functools import partial
from html import escape
from typing import Any

from nps_local.fakes.wootric.data.model import Answer, Decline, EndUser, Properties
from nps_local.fakes.wootric.data.timefmt import iso_time, rest_time
from nps_local.fakes.wootric.switches import Switches

UNNAMED = {"driver_picklist": {"reports": "Reports"}}


def escaped(text: str) -> str:
    """Escape as the vendor's Ruby does (`&#39;` for an apostrophe)."""
    return escape(text, quote=True).replace("&#x27;", "&#39;")


def _text(text: str | None, switches: Switches) -> str | None:
    return escaped(text) if text is not None and switches.html_escape_text else text


def _time(ms: int, switches: Switches) -> str:
    return rest_time(ms, switches.payload_zone, has_offset=switches.times_have_offset)


def _properties(values: Properties, switches: Switches) -> Properties:
    if not switches.html_escape_text:
        return dict(values)
    return {k: escaped(v) if isinstance(v, str) else v for k, v in values.items()}


def _tags(answer: Answer, switches: Switches) -> list[Any]:
    if switches.tag_shape == "strings":
        return answer.tags
    return [{"name": tag} for tag in answer.tags]


def answer_view(answer: Answer, user: EndUser, switches: Switches) -> dict[str, Any]:
    """Show one answer, with its person as of now and its properties as of then."""
    embed: dict[str, Any] = {}
    if switches.end_user_embed == "id+email+external_id+properties":
        embed = {"id": user.id, "email": user.email, "external_id": user.external_id}
    elif switches.end_user_embed == "email+properties":
        embed = {"email": user.email}
    embed["properties"] = _properties(answer.properties, switches)
    notes: list[str] | None = [note.text for note in answer.notes]
    if not notes and switches.notes_when_empty == "null":
        notes = None
    return {
        "id": answer.id,
        "end_user_id": answer.end_user_id,
        "survey_id": answer.survey_id,
        "score": answer.score,
        "text": _text(answer.text, switches),
        "completed": answer.completed,
        "excluded_from_calculations": answer.excluded,
        "ip_address": answer.ip_address,
        "origin_url": answer.origin_url,
        "created_at": _time(answer.created_ms, switches),
        "updated_at": _time(answer.updated_ms, switches),
        "tags": _tags(answer, switches),
        "notes": notes,
        "end_user": embed,
        **(UNNAMED if switches.unnamed_keys else {}),
    }


def decline_view(decline: Decline, switches: Switches) -> dict[str, Any]:
    return {
        "id": decline.id,
        "end_user_id": decline.end_user_id,
        "survey_id": decline.survey_id,
        "ip_address": decline.ip_address,
        "origin_url": decline.origin_url,
        "created_at": _time(decline.created_ms, switches),
        "updated_at": _time(decline.updated_ms, switches),
        "end_user": {"properties": _properties(decline.properties, switches)},
    }


def user_view(
    user: EndUser, last: Answer | None, switches: Switches, *, precise: bool = False
) -> dict[str, Any]:
    """Show a person; `precise` prints milliseconds, as in replies to writes."""
    show = (
        partial(iso_time, zone=switches.payload_zone)
        if precise
        else partial(_time, switches=switches)
    )
    surveyed = user.last_surveyed_ms
    return {
        "id": user.id,
        "created_at": show(user.created_ms),
        "updated_at": show(user.updated_ms),
        "email": user.email,
        "last_surveyed": None if surveyed is None else show(surveyed),
        "external_created_at": user.external_created_s,
        "last_seen_at": None,
        "properties": _properties(user.properties, switches),
        "phone_number": user.phone_number,
        "external_id": user.external_id,
        "last_response": None if last is None else _last_response(last, switches),
        "settings": user.settings,
    }


def settings_view(user: EndUser, switches: Switches) -> dict[str, Any]:
    """Show a person's survey settings as a separate record."""
    names = ("email_nps", "mobile_nps", "web_nps", "force_web_survey", "force_mobile_survey")
    return {
        "id": user.id + 100_000,
        "end_user_id": user.id,
        "created_at": rest_time(user.created_ms, switches.payload_zone),
        "updated_at": rest_time(user.updated_ms, switches.payload_zone),
        **{name: user.settings[name] for name in names},
    }


def _last_response(answer: Answer, switches: Switches) -> dict[str, Any]:
    return {
        "id": answer.id,
        "score": answer.score,
        "text": _text(answer.text, switches),
        "survey": {"channel": answer.channel},
    }


class AnswerRenderer:
    """Renders answers as JSON, cached until row, person or switches change."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[int, int, Switches, str]] = {}

    def page(self, rows: list[tuple[Answer, EndUser]], switches: Switches) -> bytes:
        return f"[{','.join(self._text(row, user, switches) for row, user in rows)}]".encode()

    def _text(self, answer: Answer, user: EndUser, switches: Switches) -> str:
        known = self._texts.get(answer.id)
        if (
            known is not None
            and known[0] == answer.version
            and known[1] == user.version
            and known[2] is switches
        ):
            return known[3]
        view = answer_view(answer, user, switches)
        text = json.dumps(view, ensure_ascii=False, separators=(",", ":"))
        self._texts[answer.id] = (answer.version, user.version, switches, text)
        return text
