"""The reading endpoints of answers and declines."""

from collections.abc import Iterable
from functools import partial
from typing import TypeVar

from nps_local.fakes.wootric.api.params import Paging, created, filters, flag, paging, window
from nps_local.fakes.wootric.context import Call, Context, Route
from nps_local.fakes.wootric.data.model import Answer, Decline, EndUser, Row
from nps_local.fakes.wootric.data.orders import (
    ALL,
    Orders,
    SortKey,
    answers,
    by,
    cut,
    excluded_or_not,
)
from nps_local.fakes.wootric.data.phrases import standing
from nps_local.fakes.wootric.data.timeline import Slice, Timeline, Window
from nps_local.fakes.wootric.data.views import answer_view, decline_view
from nps_local.fakes.wootric.wire import Reply, error_list, invalid, json_reply, not_found

T = TypeVar("T", bound=Row | EndUser)


def page_of(
    ctx: Context, part: Paging, line: Timeline[T], span: Window, *, has_ties: bool = True
) -> list[T]:
    """Cut one page, with ties shuffled by switch; empty beyond the page cap."""
    if part.offset is None:
        return []
    shuffle = ctx.shuffle if has_ties and ctx.switches.tie_order == "shuffled" else None
    return line.page(span, Slice(part.offset, part.limit, part.descending), shuffle)


def list_responses(ctx: Context, call: Call) -> Reply:
    excluded = _excluded(ctx, call)
    return _answer_page(ctx, call, lambda key: answers(ctx.store, key, excluded))


def list_user_responses(ctx: Context, call: Call) -> Reply:
    user = ctx.actions.live_user(int(call.args[0]))
    return _some_answers(ctx, call, ctx.store.answers_of(user.id, ctx.now_ms()))


def list_user_group(ctx: Context, call: Call) -> Reply:
    """List a person's promoter, passive or detractor answers."""
    user = ctx.actions.live_user(int(call.args[0]))
    group = call.request.path.rstrip("/").removesuffix(".json").rsplit("/", 1)[1].removesuffix("s")
    rows = ctx.store.answers_of(user.id, ctx.now_ms())
    fitting = [row for row in rows if row.score is not None and standing(row.score) == group]
    return _some_answers(ctx, call, fitting)


def get_user_response(ctx: Context, call: Call) -> Reply:
    user = ctx.actions.live_user(int(call.args[0]))
    for row in ctx.store.answers_of(user.id, ctx.now_ms()):
        if row.id == int(call.args[1]):
            return json_reply(answer_view(row, user, ctx.switches))
    raise not_found()


def get_response(ctx: Context, call: Call) -> Reply:
    """Show an answer by its id alone; without the switch, this path allows only PUT."""
    if ctx.switches.response_by_id == "not_offered":
        raise error_list(405, "method_not_allowed", "405 Not Allowed")
    answer = ctx.actions.live_answer(int(call.args[0]))
    if answer.visible_ms > ctx.now_ms():
        raise not_found()
    return json_reply(answer_view(answer, ctx.store.users[answer.end_user_id], ctx.switches))


def list_declines(ctx: Context, call: Call) -> Reply:
    return _decline_page(ctx, call, ctx.store.decline_line)


def list_user_declines(ctx: Context, call: Call) -> Reply:
    user = ctx.actions.live_user(int(call.args[0]))
    rows = ctx.store.declines_of(user.id, ctx.now_ms())
    return _decline_page(ctx, call, by("created_at", rows))


def get_user_decline(ctx: Context, call: Call) -> Reply:
    user = ctx.actions.live_user(int(call.args[0]))
    for row in ctx.store.declines_of(user.id, ctx.now_ms()):
        if row.id == int(call.args[1]):
            return json_reply(decline_view(row, ctx.switches))
    raise not_found()


def _some_answers(ctx: Context, call: Call, rows: Iterable[Answer]) -> Reply:
    listed = excluded_or_not(rows, _excluded(ctx, call))
    return _answer_page(ctx, call, partial(by, items=listed))


def _answer_page(ctx: Context, call: Call, orders: Orders[Answer]) -> Reply:
    part = paging(call.request, ctx.switches, "desc")
    made = created(call.request, ctx.switches)
    sort_key, updated = _by_update(ctx, call)
    rows = page_of(ctx, part, *cut(orders, sort_key, made, updated))
    users = ctx.store.users
    return Reply(
        body=ctx.renderer.page([(row, users[row.end_user_id]) for row in rows], ctx.switches)
    )


def _by_update(ctx: Context, call: Call) -> tuple[SortKey, Window]:
    reading = ctx.switches.responses_updated_filter
    sort_key = call.request.params.get("sort_key", "created_at")
    if reading == "error400":
        for name in filters(call.request, "updated"):
            raise invalid(name, "is invalid")
        if sort_key != "created_at":
            raise invalid("sort_key", "does not have a valid value")
    if reading != "supported":
        return "created_at", ALL
    updated = window(call.request, "updated", ctx.switches.bounds)
    is_sorted = ctx.switches.sort_params == "supported" and sort_key == "updated_at"
    return "updated_at" if is_sorted else "created_at", updated


def _excluded(ctx: Context, call: Call) -> bool | None:
    text = call.request.params.get("excluded_from_calculations")
    if text is not None and ctx.switches.excluded_filter == "supported":
        return flag(text, "excluded_from_calculations")
    return None if ctx.switches.list_excluded else False


def _decline_page(ctx: Context, call: Call, line: Timeline[Decline]) -> Reply:
    part = paging(call.request, ctx.switches, "desc")
    rows = page_of(ctx, part, line, created(call.request, ctx.switches))
    return json_reply([decline_view(row, ctx.switches) for row in rows])


ROUTES = (
    Route("GET", "/v1/responses", list_responses),
    Route("GET", "/v1/declines", list_declines),
    Route("GET", "/v1/responses/:id", get_response),
    Route("GET", "/v1/end_users/:id/responses", list_user_responses),
    Route("GET", "/v1/end_users/:id/responses/promoters", list_user_group),
    Route("GET", "/v1/end_users/:id/responses/passives", list_user_group),
    Route("GET", "/v1/end_users/:id/responses/detractors", list_user_group),
    Route("GET", "/v1/end_users/:id/responses/:id", get_user_response),
    Route("GET", "/v1/end_users/:id/declines", list_user_declines),
    Route("GET", "/v1/end_users/:id/declines/:id", get_user_decline),
)
