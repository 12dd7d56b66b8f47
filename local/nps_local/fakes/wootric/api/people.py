"""The reading endpoints of people."""

from urllib.parse import unquote

from nps_local.fakes.wootric.api.params import created, paging, window
from nps_local.fakes.wootric.api.read import page_of
from nps_local.fakes.wootric.context import Call, Context, Route
from nps_local.fakes.wootric.data.model import EndUser
from nps_local.fakes.wootric.data.orders import ALL, SortKey, by, cut, people
from nps_local.fakes.wootric.data.timeline import Timeline
from nps_local.fakes.wootric.data.views import settings_view, user_view
from nps_local.fakes.wootric.wire import Reply, invalid, json_reply, not_found


def list_users(ctx: Context, call: Call) -> Reply:
    """List people, by e-mail ascending unless asked otherwise."""
    part = paging(call.request, ctx.switches, "asc")
    made = created(call.request, ctx.switches)
    updated = window(call.request, "updated", ctx.switches.bounds)
    if ctx.switches.end_users_updated_filter == "ignored":
        updated = ALL
    email = call.request.params.get("email")
    hides = ctx.switches.hide_never_surveyed_end_users
    sort_key = _sort_key(call) if ctx.switches.sort_params == "supported" else "email"

    def orders(key: SortKey) -> Timeline[EndUser]:
        if email is None:
            return people(ctx.store, key, hides=hides)
        user = ctx.store.named("email", email)
        return by(key, [] if user is None else [user])

    line = cut(orders, sort_key, made, updated)
    found = page_of(ctx, part, *line, has_ties=sort_key != "email")
    return json_reply([_user(ctx, user) for user in found])


def get_user(ctx: Context, call: Call) -> Reply:
    """Show one person by id, or by external id or e-mail with its lookup flag."""
    return json_reply(_user(ctx, find_user(ctx, call)))


def find_user(ctx: Context, call: Call, *, email_allowed: bool = False) -> EndUser:
    """Find the person in the path.

    Raises:
        ApiError: 404.
    """
    name = unquote(call.args[0])
    flags = call.request.params
    if flags.get("lookup_by_external_id") == "true":
        user = ctx.store.named("external_id", name)
    elif flags.get("lookup_by_email") == "true" or (email_allowed and "@" in name):
        user = ctx.store.named("email", name)
    elif name.isdecimal():
        return ctx.actions.live_user(int(name))
    else:
        user = None
    if user is None:
        raise not_found()
    return user


def get_user_by_phone(ctx: Context, call: Call) -> Reply:
    number = unquote(call.args[0])
    user = ctx.store.named("phone_number", number) if number.startswith("+") else None
    if user is None:
        raise not_found()
    return json_reply(_user(ctx, user))


def get_settings(ctx: Context, call: Call) -> Reply:
    return json_reply(settings_view(ctx.actions.live_user(int(call.args[0])), ctx.switches))


def export_user(ctx: Context, call: Call) -> Reply:
    """Accept an export; Wootric would mail the link."""
    ctx.actions.live_user(int(call.args[0]))
    return Reply(202)


def _sort_key(call: Call) -> SortKey:
    match call.request.params.get("sort_key", "email"):
        case "email" | "created_at" | "updated_at" as key:
            return key
    raise invalid("sort_key", "does not have a valid value")


def _user(ctx: Context, user: EndUser) -> dict[str, object]:
    rows = ctx.store.answers_of(user.id, ctx.now_ms())
    last = max(rows, key=lambda row: row.created_ms, default=None)
    return user_view(user, last, ctx.switches)


ROUTES = (
    Route("GET", "/v1/end_users", list_users),
    Route("GET", "/v1/end_users/phone_number/:any", get_user_by_phone),
    Route("GET", "/v1/end_users/:id/settings", get_settings),
    Route("GET", "/v1/end_users/:id/export", export_user),
    Route("GET", "/v1/end_users/:any", get_user),
)
