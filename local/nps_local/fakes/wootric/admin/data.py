"""Control endpoints that change or export the data."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from nps_local.fakes.wootric.actions import NewAnswer, NewRow
from nps_local.fakes.wootric.admin.edits import edit_many
from nps_local.fakes.wootric.context import Call, Context, Route
from nps_local.fakes.wootric.data.generator import Generator, GeneratorPlan
from nps_local.fakes.wootric.data.model import Answer, Decline, EndUser, Note
from nps_local.fakes.wootric.wire import Reply, json_reply, not_found

R = TypeVar("R", NewRow, NewAnswer)


def generate(ctx: Context, call: Call) -> Reply:
    """Add generated data; the body is a `GeneratorPlan`."""
    plan = GeneratorPlan(**call.request.json())
    return json_reply(Generator(ctx.store, plan, ctx.now_ms()).run())


def add_answers(ctx: Context, call: Call) -> Reply:
    """Add one answer (`NewAnswer`), or many as a list."""
    made = [ctx.actions.answer(new) for new in _new(NewAnswer, call.request.json())]
    return json_reply({"ids": [answer.id for answer in made]}, 201)


def add_declines(ctx: Context, call: Call) -> Reply:
    """Add one decline (`NewRow`), or many as a list."""
    made = [ctx.actions.decline(new) for new in _new(NewRow, call.request.json())]
    return json_reply({"ids": [decline.id for decline in made]}, 201)


def add_user(ctx: Context, call: Call) -> Reply:
    """Add a person; the body has fields of `EndUser`."""
    return json_reply({"id": ctx.actions.new_user(**call.request.json()).id}, 201)


def edit_user(ctx: Context, call: Call) -> Reply:
    """Change fields of a person; `properties` are replaced as a whole."""
    user = ctx.actions.live_user(int(call.args[0]))
    changes = call.request.json()
    if unknown := set(changes) - {item.name for item in fields(EndUser)}:
        raise ValueError(f"a person has no field {sorted(unknown)}")
    ctx.actions.edit_user(user, changes)
    return Reply(204)


def edit_answer(ctx: Context, call: Call) -> Reply:
    """Change an answer: score and text as its person, the rest as a colleague.

    Body: any of `score`, `text`, `excluded`, `completed`, `tags`, `note` (adds one),
    `notes` (replaces all, a list of texts), `properties`, `notify` (default true).
    """
    edit = {**call.request.json(), "id": int(call.args[0])}
    answers = edit_many(ctx.actions, [edit], ctx.credentials.username)
    return json_reply(_answer_row(ctx, answers[0]))


def edit_answers(ctx: Context, call: Call) -> Reply:
    """Change many answers: a list of `edit_answer` bodies, each with its `id`."""
    answers = edit_many(ctx.actions, call.request.json(), ctx.credentials.username)
    return json_reply({"ids": [answer.id for answer in answers]})


def delete_answer(ctx: Context, call: Call) -> Reply:
    ctx.store.remove_row(ctx.actions.live_answer(int(call.args[0])))
    return Reply(204)


def delete_decline(ctx: Context, call: Call) -> Reply:
    decline = ctx.store.declines.get(int(call.args[0]))
    if decline is None or decline.deleted:
        raise not_found()
    ctx.store.remove_row(decline)
    return Reply(204)


def delete_user(ctx: Context, call: Call) -> Reply:
    """Erase a person with all answers at 07:00 UTC, or at once with `?immediate=true`."""
    user = ctx.actions.live_user(int(call.args[0]))
    ctx.actions.delete_user(user, immediate=call.request.params.get("immediate") == "true")
    return Reply(204)


def source(ctx: Context, call: Call) -> Reply:
    """Export the data: `?kind=response` (default), `decline` or `user`."""
    return json_reply(source_rows(ctx, call.request.params.get("kind", "response")))


def source_rows(ctx: Context, kind: str) -> list[dict[str, Any]]:
    """List every row, deleted ones too, with unescaped text and UTC milliseconds.

    `deleted` is set for every deleted row, `person_erased` only if the person was erased.
    `visible`: lists show the row now.

    Raises:
        ValueError: the kind does not exist.
    """
    match kind:
        case "response":
            return [_answer_row(ctx, row) for row in ctx.store.answers.values()]
        case "decline":
            return [_shared(ctx, row) for row in ctx.store.declines.values()]
        case "user":
            return [_plain(user) for user in ctx.store.users.values()]
    raise ValueError(f"no kind named {kind!r}")


def _answer_row(ctx: Context, answer: Answer) -> dict[str, Any]:
    notes: Iterable[Note] = answer.notes
    return {**_shared(ctx, answer), "notes": [note.text for note in notes]}


def _shared(ctx: Context, row: Answer | Decline) -> dict[str, Any]:
    user = ctx.store.users[row.end_user_id]
    return {
        **_plain(row),
        "email": user.email,
        "external_id": user.external_id,
        "person_erased": user.deleted,
        "visible": not row.deleted and row.visible_ms <= ctx.now_ms(),
    }


def _plain(item: Answer | Decline | EndUser) -> dict[str, Any]:
    return {spec.name: getattr(item, spec.name) for spec in fields(item)}


def _new(kind: type[R], body: Any) -> list[R]:
    items = body if isinstance(body, list) else [body]
    return [kind(**item) for item in items]


ROUTES = (
    Route("POST", "/_fake/generate", generate),
    Route("POST", "/_fake/answers", add_answers),
    Route("PATCH", "/_fake/answers", edit_answers),
    Route("PATCH", "/_fake/answers/:id", edit_answer),
    Route("DELETE", "/_fake/answers/:id", delete_answer),
    Route("POST", "/_fake/declines", add_declines),
    Route("DELETE", "/_fake/declines/:id", delete_decline),
    Route("POST", "/_fake/users", add_user),
    Route("PATCH", "/_fake/users/:id", edit_user),
    Route("DELETE", "/_fake/users/:id", delete_user),
    Route("GET", "/_fake/source", source),
)
