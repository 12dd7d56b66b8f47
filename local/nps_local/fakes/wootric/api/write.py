"""The writing endpoints of REST v1."""

from typing import Any

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.api.params import flag, whole_number
from nps_local.fakes.wootric.api.people import find_user
from nps_local.fakes.wootric.context import Call, Context, Route
from nps_local.fakes.wootric.data.model import Properties, Row
from nps_local.fakes.wootric.data.views import answer_view, decline_view, settings_view, user_view
from nps_local.fakes.wootric.wire import (
    ApiError,
    Reply,
    error_list,
    invalid,
    json_reply,
    nested,
    not_found,
)

_HISTORY = "end_user[properties]"


def create_user(ctx: Context, call: Call) -> Reply:
    """Add a person; e-mail addresses are unique."""
    changes = _user_changes(call)
    if not changes.get("email") and not changes.get("phone_number"):
        raise invalid("email", "is missing")
    email = changes.get("email")
    if email and ctx.store.named("email", email):
        raise ApiError(
            json_reply({"error": "Validation failed: Email has already been taken"}, 400)
        )
    user = ctx.actions.new_user(**changes)
    return json_reply(user_view(user, None, ctx.switches, precise=True), ctx.switches.create_status)


def update_user(ctx: Context, call: Call) -> Reply:
    """Change a person; given properties replace all stored ones, or are merged by switch."""
    user = find_user(ctx, call)
    changes = _user_changes(call)
    if "properties" in changes and ctx.switches.put_properties == "merge":
        changes["properties"] = {**user.properties, **changes["properties"]}
    ctx.actions.edit_user(user, changes)
    return json_reply(user_view(user, None, ctx.switches, precise=True))


def delete_user(ctx: Context, call: Call) -> Reply:
    """Mark a person for erasure."""
    user = find_user(ctx, call, email_allowed=True)
    reply = json_reply(user_view(user, None, ctx.switches, precise=True))
    ctx.actions.delete_user(user)
    return reply


def update_settings(ctx: Context, call: Call) -> Reply:
    user = ctx.actions.live_user(int(call.args[0]))
    given = {k: flag(v, k) for k, v in call.request.fields.items() if k in user.settings}
    ctx.actions.edit_user(user, {"settings": {**user.settings, **given}})
    return json_reply(settings_view(user, ctx.switches))


def create_response(ctx: Context, call: Call) -> Reply:
    """Add an answer, back-dated on request."""
    fields = call.request.fields
    user = ctx.actions.live_user(int(call.args[0]))
    for name in ("score", "ip_address", "origin_url"):
        if name not in fields:
            raise invalid(name, "is missing")
    score = whole_number(str(fields["score"]), "score")
    if not 0 <= score <= 10:
        raise invalid("score", "does not have a valid value")
    text = fields.get("text")
    answer = ctx.actions.answer(
        NewAnswer(**_new_row(call, user.id), score=score, text=text, channel="api")
    )
    return json_reply(answer_view(answer, user, ctx.switches), 201)


def update_response(ctx: Context, call: Call) -> Reply:
    """Complete or exclude an answer, and rewrite its properties where that is enabled."""
    answer = ctx.actions.live_answer(int(call.args[0]))
    _rewrite_history(ctx, call, answer)
    fields = call.request.fields
    excluded, completed = (
        flag(fields[name], name) if name in fields else None
        for name in ("excluded_from_calculations", "completed")
    )
    if excluded is not None or completed is not None:
        ctx.actions.flag(answer, excluded=excluded, completed=completed)
    return Reply(204)


def delete_response(ctx: Context, call: Call) -> Reply:
    """Delete an answer without a trace."""
    answer = ctx.actions.live_answer(int(call.args[1]))
    if answer.end_user_id != int(call.args[0]):
        raise not_found()
    ctx.store.remove_row(answer)
    return Reply(204)


def create_decline(ctx: Context, call: Call) -> Reply:
    user = ctx.actions.live_user(int(call.args[0]))
    if "origin_url" not in call.request.fields:
        raise invalid("origin_url", "is missing")
    decline = ctx.actions.decline(NewRow(**_new_row(call, user.id)))
    return json_reply(decline_view(decline, ctx.switches), ctx.switches.create_status)


def update_decline(ctx: Context, call: Call) -> Reply:
    """Rewrite the historical properties of a decline."""
    decline = ctx.store.declines.get(int(call.args[0]))
    if decline is None or decline.deleted:
        raise not_found()
    _rewrite_history(ctx, call, decline)
    return Reply(204)


def delete_decline(ctx: Context, call: Call) -> Reply:
    """Delete a decline without a trace."""
    decline = ctx.store.declines.get(int(call.args[1]))
    if decline is None or decline.deleted or decline.end_user_id != int(call.args[0]):
        raise not_found()
    ctx.store.remove_row(decline)
    return Reply(204)


def _rewrite_history(ctx: Context, call: Call, row: Row) -> None:
    properties = nested(call.request.fields, _HISTORY)
    if not properties:
        return
    if ctx.switches.historical_properties == "locked":
        raise error_list(423, "locked", "Historical properties cannot be changed")
    ctx.actions.snapshot_properties(row, _typed(properties))


def _new_row(call: Call, user_id: int) -> dict[str, Any]:
    fields = call.request.fields
    created_ms = None
    if "created_at" in fields:
        created_ms = whole_number(str(fields["created_at"]), "created_at") * 1000
    properties = _typed(nested(fields, _HISTORY))
    return {
        "end_user_id": user_id,
        "properties": properties or None,
        "created_ms": created_ms,
        "ip_address": fields.get("ip_address"),
        "origin_url": fields.get("origin_url"),
    }


def _user_changes(call: Call) -> dict[str, Any]:
    fields = call.request.fields
    names = ("email", "external_id", "phone_number")
    changes: dict[str, Any] = {name: fields[name] for name in names if name in fields}
    if "external_created_at" in fields:
        text = str(fields["external_created_at"])
        changes["external_created_s"] = whole_number(text, "external_created_at")
    if "last_surveyed" in fields:
        text = str(fields["last_surveyed"])
        changes["last_surveyed_ms"] = whole_number(text, "last_surveyed") * 1000
    properties = nested(fields, "properties")
    if properties:
        changes["properties"] = _typed(properties)
    return changes


def _typed(values: dict[str, Any]) -> Properties:
    # Wootric decides by the suffix of the key that a value is a number.
    return {
        name: whole_number(str(value), name) if name.endswith(("_amount", "_date")) else str(value)
        for name, value in values.items()
    }


ROUTES = (
    Route("POST", "/v1/end_users", create_user),
    Route("PUT", "/v1/end_users/:id/settings", update_settings),
    Route("POST", "/v1/end_users/:id/responses", create_response),
    Route("DELETE", "/v1/end_users/:id/responses/:id", delete_response),
    Route("POST", "/v1/end_users/:id/declines", create_decline),
    Route("DELETE", "/v1/end_users/:id/declines/:id", delete_decline),
    Route("PUT", "/v1/end_users/:any", update_user),
    Route("DELETE", "/v1/end_users/:any", delete_user),
    Route("PUT", "/v1/responses/:id", update_response),
    Route("PUT", "/v1/declines/:id", update_decline),
)
