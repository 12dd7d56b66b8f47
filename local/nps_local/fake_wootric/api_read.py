"""The reading endpoints of REST v1."""

from typing import Literal, TypeVar
from urllib.parse import unquote

from .context import Call, Context, Route
from .model import Answer, Decline, EndUser, Row
from .params import is_filtered, paging, window
from .phrases import standing
from .timeline import Slice, Timeline, Window
from .views import answer_view, decline_view, settings_view, user_view
from .wire import Reply, error_list, invalid, json_reply, not_found

T = TypeVar("T", Answer, Decline)
Group = Literal["promoter", "passive", "detractor"]


def _created(row: Row) -> int:
    return row.created_ms


def _updated(row: Row) -> int:
    return row.updated_ms


def _page(ctx: Context, call: Call, line: Timeline[T], created: Window) -> list[T]:
    part = paging(call.request, ctx.switches, "desc")
    if part.offset is None:
        return []
    shuffle = ctx.shuffle if ctx.switches.tie_order == "shuffled" else None
    return line.page(created, Slice(part.offset, part.limit, part.descending), shuffle)


def _answer_page(ctx: Context, call: Call, line: Timeline[Answer]) -> Reply:
    created = window(call.request, "created", ctx.switches.bounds)
    by_update = call.request.params.get("sort_key") == "updated_at"
    if is_filtered(call.request, "updated") or by_update:
        if ctx.switches.responses_updated_filter == "error400":
            raise invalid("updated[gt]", "is invalid")
        if ctx.switches.responses_updated_filter == "supported":
            updated = window(call.request, "updated", ctx.switches.bounds)
            rows = [row for row in line.window(created) if updated.holds(row.updated_ms)]
            line, created = Timeline(_updated if by_update else _created, rows), Window()
    rows = _page(ctx, call, line, created)
    users = ctx.store.users
    return Reply(
        body=ctx.renderer.page([(row, users[row.end_user_id]) for row in rows], ctx.switches)
    )


def list_responses(ctx: Context, call: Call) -> Reply:
    """List the answers of the account."""
    return _answer_page(ctx, call, ctx.store.answer_line)


def list_user_responses(ctx: Context, call: Call) -> Reply:
    """List the answers of one person."""
    user = ctx.actions.live_user(int(call.args[0]))
    rows = ctx.store.answers_of(user.id, ctx.now_ms())
    return _answer_page(ctx, call, Timeline(_created, rows))


def list_user_group(ctx: Context, call: Call) -> Reply:
    """List a person's promoter, passive or detractor answers."""
    user = ctx.actions.live_user(int(call.args[0]))
    group = call.request.path.rstrip("/").removesuffix(".json").rsplit("/", 1)[1].removesuffix("s")
    rows = ctx.store.answers_of(user.id, ctx.now_ms())
    fitting = [row for row in rows if row.score is not None and standing(row.score) == group]
    return _answer_page(ctx, call, Timeline(_created, fitting))


def get_user_response(ctx: Context, call: Call) -> Reply:
    """Show one answer of one person."""
    user = ctx.actions.live_user(int(call.args[0]))
    for row in ctx.store.answers_of(user.id, ctx.now_ms()):
        if row.id == int(call.args[1]):
            return json_reply(answer_view(row, user, ctx.switches))
    raise not_found()


def list_declines(ctx: Context, call: Call) -> Reply:
    """List the declines of the account."""
    return _decline_page(ctx, call, ctx.store.decline_line)


def list_user_declines(ctx: Context, call: Call) -> Reply:
    """List the declines of one person."""
    user = ctx.actions.live_user(int(call.args[0]))
    rows = ctx.store.declines_of(user.id, ctx.now_ms())
    return _decline_page(ctx, call, Timeline(_created, rows))


def get_user_decline(ctx: Context, call: Call) -> Reply:
    """Show one decline of one person."""
    user = ctx.actions.live_user(int(call.args[0]))
    for row in ctx.store.declines_of(user.id, ctx.now_ms()):
        if row.id == int(call.args[1]):
            return json_reply(decline_view(row, ctx.switches))
    raise not_found()


def _decline_page(ctx: Context, call: Call, line: Timeline[Decline]) -> Reply:
    created = window(call.request, "created", ctx.switches.bounds)
    rows = _page(ctx, call, line, created)
    return json_reply([decline_view(row, ctx.switches) for row in rows])


def list_users(ctx: Context, call: Call) -> Reply:
    """List people, by e-mail ascending unless asked otherwise."""
    part = paging(call.request, ctx.switches, "asc")
    created = window(call.request, "created", ctx.switches.bounds)
    updated = window(call.request, "updated", ctx.switches.bounds)
    email = call.request.params.get("email")
    hides = ctx.switches.hide_never_surveyed_end_users and email is None
    users = [
        user
        for user in ctx.store.live_users()
        if created.holds(user.created_ms)
        and updated.holds(user.updated_ms)
        and (email is None or user.email == email)
        and not (hides and user.last_surveyed_ms is None)
    ]
    match call.request.params.get("sort_key", "email"):
        case "email":
            users.sort(key=lambda user: user.email or "", reverse=part.descending)
        case "updated_at":
            users.sort(key=lambda user: user.updated_ms, reverse=part.descending)
        case "created_at":
            users.sort(key=lambda user: user.created_ms, reverse=part.descending)
        case _:
            raise invalid("sort_key", "does not have a valid value")
    shown = [] if part.offset is None else users[part.offset : part.offset + part.limit]
    return json_reply([_user(ctx, user) for user in shown])


def get_user(ctx: Context, call: Call) -> Reply:
    """Show one person by id, or by external id or e-mail with the flag for it."""
    return json_reply(_user(ctx, find_user(ctx, call)))


def find_user(ctx: Context, call: Call, *, email_allowed: bool = False) -> EndUser:
    """Resolve the person named in the path.

    Raises:
        ApiError: 404.
    """
    name = unquote(call.args[0])
    flags = call.request.params
    by_email = flags.get("lookup_by_email") == "true" or (email_allowed and "@" in name)
    for user in ctx.store.live_users():
        if flags.get("lookup_by_external_id") == "true":
            if user.external_id == name:
                return user
        elif by_email:
            if user.email == name:
                return user
        elif str(user.id) == name:
            return user
    raise not_found()


def get_user_by_phone(ctx: Context, call: Call) -> Reply:
    """Show one person by telephone number."""
    number = unquote(call.args[0])
    for user in ctx.store.live_users():
        if number.startswith("+") and user.phone_number == number:
            return json_reply(_user(ctx, user))
    raise not_found()


def get_settings(ctx: Context, call: Call) -> Reply:
    """Show a person's survey settings."""
    return json_reply(settings_view(ctx.actions.live_user(int(call.args[0]))))


def export_user(ctx: Context, call: Call) -> Reply:
    """Accept an export, whose link would be mailed."""
    ctx.actions.live_user(int(call.args[0]))
    return Reply(202)


def get_response_not_offered(_ctx: Context, _call: Call) -> Reply:
    """Refuse to show an answer outside its person: only PUT exists on this path."""
    raise error_list(405, "method_not_allowed", "405 Not Allowed")


def _user(ctx: Context, user: EndUser) -> dict[str, object]:
    rows = ctx.store.answers_of(user.id, ctx.now_ms())
    last = max(rows, key=_created, default=None)
    return user_view(user, last, ctx.switches)


ROUTES = (
    Route("GET", "/v1/responses", list_responses),
    Route("GET", "/v1/declines", list_declines),
    Route("GET", "/v1/end_users", list_users),
    Route("GET", "/v1/responses/:id", get_response_not_offered),
    Route("GET", "/v1/end_users/phone_number/:any", get_user_by_phone),
    Route("GET", "/v1/end_users/:id/responses", list_user_responses),
    Route("GET", "/v1/end_users/:id/responses/promoters", list_user_group),
    Route("GET", "/v1/end_users/:id/responses/passives", list_user_group),
    Route("GET", "/v1/end_users/:id/responses/detractors", list_user_group),
    Route("GET", "/v1/end_users/:id/responses/:id", get_user_response),
    Route("GET", "/v1/end_users/:id/declines", list_user_declines),
    Route("GET", "/v1/end_users/:id/declines/:id", get_user_decline),
    Route("GET", "/v1/end_users/:id/settings", get_settings),
    Route("GET", "/v1/end_users/:id/export", export_user),
    Route("GET", "/v1/end_users/:any", get_user),
)
