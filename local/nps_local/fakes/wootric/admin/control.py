"""Control endpoints for behaviour: switches, faults, tokens, webhooks and counters."""

from dataclasses import asdict
from typing import Any

from nps_local.fakes.wootric.context import Call, Context, Route, Stats
from nps_local.fakes.wootric.data.model import Answer, Decline
from nps_local.fakes.wootric.faults import FaultPlan
from nps_local.fakes.wootric.hooks.delivery import overridden
from nps_local.fakes.wootric.hooks.webhooks import Event
from nps_local.fakes.wootric.wire import Reply, json_reply, not_found


def health(ctx: Context, _call: Call) -> Reply:
    """Answer that the fake is up, with its time."""
    return json_reply({"account_token": ctx.account_token, "now_ms": ctx.now_ms()})


def get_switches(ctx: Context, _call: Call) -> Reply:
    return json_reply(ctx.switches.as_json())


def set_switches(ctx: Context, call: Call) -> Reply:
    """Change the switches named in the body, such as `webhook.format`."""
    ctx.actions.switches = ctx.switches.with_changes(call.request.json())
    ctx.store.revision += 1
    return get_switches(ctx, call)


def get_faults(ctx: Context, _call: Call) -> Reply:
    """Show the fault plan and the injected faults."""
    return json_reply(ctx.faults.as_json())


def set_faults(ctx: Context, call: Call) -> Reply:
    """Start the fault plan in the body (`FaultPlan`); an empty one ends all faults."""
    ctx.faults.use(FaultPlan.from_json(call.request.json()))
    return get_faults(ctx, call)


def clear_faults(ctx: Context, _call: Call) -> Reply:
    ctx.faults.use(FaultPlan())
    return Reply(204)


def revoke_tokens(ctx: Context, _call: Call) -> Reply:
    """Revoke all tokens issued so far."""
    ctx.tokens.revoke_all()
    return Reply(204)


def get_stats(ctx: Context, _call: Call) -> Reply:
    """Show the counters of API requests and injected faults."""
    return json_reply({**ctx.stats.as_json(), "faults": dict(ctx.faults.injected)})


def get_requests(ctx: Context, _call: Call) -> Reply:
    """List the latest API requests, oldest first."""
    return json_reply(list(ctx.stats.log))


def reset_stats(ctx: Context, _call: Call) -> Reply:
    ctx.stats = Stats()
    return Reply(204)


def reset(ctx: Context, _call: Call) -> Reply:
    """Clear data, switches, faults, tokens and counters."""
    ctx.clear()
    return Reply(204)


def send_webhooks(ctx: Context, call: Call) -> Reply:
    """Send rows as they are now, and return every attempt.

    Body: `ids`; optional `kind` (response), `event` (created), and any webhook switch
    (`url`, `key`, `format`, `duplicate`, ...) for this delivery only.
    """
    body: dict[str, Any] = call.request.json()
    ids: list[int] = body.pop("ids")
    kind: str = body.pop("kind", "response")
    event: Event = body.pop("event", "created")
    settings = overridden(ctx.switches.webhook, body)
    if not settings.url:
        raise ValueError("no webhook url is configured or given")
    with ctx.store.lock:
        notifications = [ctx.actions.notification(_row(ctx, kind, i), event) for i in ids]
    attempts = ctx.sender.send_now(notifications, settings)
    return json_reply([asdict(attempt) for attempt in attempts])


def flush_webhooks(ctx: Context, call: Call) -> Reply:
    """Wait until the queued notifications are sent; `?timeout_s=10`."""
    done = ctx.sender.flush(float(call.request.params.get("timeout_s", "10")))
    return json_reply({"flushed": done}, 200 if done else 504)


def get_webhooks(ctx: Context, _call: Call) -> Reply:
    """List the latest delivery attempts, oldest first."""
    return json_reply(ctx.sender.as_json())


def _row(ctx: Context, kind: str, row_id: int) -> Answer | Decline:
    rows: dict[int, Answer] | dict[int, Decline] = (
        ctx.store.answers if kind == "response" else ctx.store.declines
    )
    row = rows.get(row_id)
    if row is None:
        raise not_found()
    return row


ROUTES = (
    Route("GET", "/_fake/health", health),
    Route("GET", "/_fake/switches", get_switches),
    Route("POST", "/_fake/switches", set_switches),
    Route("GET", "/_fake/faults", get_faults),
    Route("POST", "/_fake/faults", set_faults),
    Route("DELETE", "/_fake/faults", clear_faults),
    Route("POST", "/_fake/tokens/revoke", revoke_tokens),
    Route("GET", "/_fake/stats", get_stats),
    Route("POST", "/_fake/stats/reset", reset_stats),
    Route("GET", "/_fake/requests", get_requests),
    Route("POST", "/_fake/reset", reset),
    Route("GET", "/_fake/webhooks", get_webhooks),
    Route("POST", "/_fake/webhooks", send_webhooks, is_locked=False),
    Route("POST", "/_fake/webhooks/flush", flush_webhooks, is_locked=False),
)
