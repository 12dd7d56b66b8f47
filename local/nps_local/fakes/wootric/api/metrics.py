"""The account-wide endpoints: NPS summary, segments and notes."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nps_local.fakes.wootric.context import Call, Context, Route
from nps_local.fakes.wootric.data.model import Note
from nps_local.fakes.wootric.data.orders import counted
from nps_local.fakes.wootric.data.timefmt import rest_time, to_datetime
from nps_local.fakes.wootric.data.timeline import Window
from nps_local.fakes.wootric.wire import Reply, error_list, invalid, json_reply


def nps_summary(ctx: Context, call: Call) -> Reply:
    """Summarise the counted answers of whole days in the account's time zone."""
    first, last = _days(ctx, call)
    zone = ZoneInfo(ctx.switches.account_time_zone)
    period = Window(_midnight_ms(first, zone), _midnight_ms(last + timedelta(days=1), zone))
    promoters, passives, detractors = (
        counted(ctx.store, group, ctx.switches.summary_counts).count(period)
        for group in ("promoter", "passive", "detractor")
    )
    responses = promoters + passives + detractors
    asked = responses + ctx.store.decline_line.count(period)
    balance = promoters - detractors
    return json_reply(
        {
            "nps": round(100 * balance / responses) if responses else 0,
            "responses": responses,
            "detractors": detractors,
            "passives": passives,
            "promoters": promoters,
            "response_rate": round(100 * responses / asked) if asked else 0,
            "email_response_rate": 0,
        }
    )


def segments(ctx: Context, _call: Call) -> Reply:
    """List the property keys in use with their types."""
    zone = ctx.switches.payload_zone
    seen: dict[str, int] = {}
    for user in ctx.store.live_users():
        for name in user.properties:
            seen[name] = min(user.created_ms, seen.get(name, user.created_ms))
    return json_reply(
        [
            {"name": name, "data_type": _data_type(name), "created_at": rest_time(created_ms, zone)}
            for name, created_ms in sorted(seen.items())
        ]
    )


def list_notes(ctx: Context, call: Call) -> Reply:
    answer_id = call.request.params.get("response_ids[]", "")
    if not answer_id.isdigit():
        raise invalid("response_ids", "is invalid")
    answer = ctx.actions.live_answer(int(answer_id))
    return json_reply([_note(ctx, answer.id, note) for note in answer.notes])


def create_note(ctx: Context, call: Call) -> Reply:
    """Write a note; allowed for tokens of a person only."""
    if call.token is None or call.token.grant != "password":
        message = "Cannot create, update or delete notes when logged in with credentials"
        raise error_list(403, "forbidden", message)
    answer_id = str(call.request.fields.get("response_id", ""))
    if not answer_id.isdigit():
        raise invalid("response_id", "is invalid")
    answer = ctx.actions.live_answer(int(answer_id))
    text = str(call.request.fields.get("text", ""))
    note = ctx.actions.note(answer, text, ctx.credentials.username)
    return json_reply(_note(ctx, answer.id, note), 201)


def _note(ctx: Context, answer_id: int, note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "response_id": answer_id,
        "text": note.text,
        "user_email": note.user_email,
        "created_at": rest_time(note.created_ms, ctx.switches.payload_zone),
    }


def _days(ctx: Context, call: Call) -> tuple[date, date]:
    zone = ZoneInfo(ctx.switches.account_time_zone)
    today = to_datetime(ctx.now_ms()).astimezone(zone).date()
    last = today.replace(day=1) - timedelta(days=1)
    return (
        _day(call, "date[start]", last.replace(day=1)),
        _day(call, "date[end]", last),
    )


def _day(call: Call, name: str, default: date) -> date:
    text = call.request.params.get(name)
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise invalid(name, "is invalid") from None


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    moment = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return int(moment.timestamp()) * 1000


def _data_type(name: str) -> str:
    if name.endswith("_amount"):
        return "integer"
    return "date" if name.endswith("_date") else "string"


ROUTES = (
    Route("GET", "/v1/nps_summary", nps_summary),
    Route("GET", "/v1/segments", segments),
    Route("GET", "/v1/notes", list_notes),
    Route("POST", "/v1/notes", create_note),
)
