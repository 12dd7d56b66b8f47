"""Takes a request through routing, faults, authentication, rate limit and its handler."""

import json
import re
from contextlib import nullcontext
from dataclasses import replace
from email.utils import formatdate

from nps_local.fakes.wootric.admin import control, data
from nps_local.fakes.wootric.api import metrics, people, read, write
from nps_local.fakes.wootric.context import Call, Context, Route
from nps_local.fakes.wootric.faults import early_reply
from nps_local.fakes.wootric.wire import ApiError, Reply, Request, json_reply, reshaped

_VARIABLES = {":id": r"(\d+)", ":any": r"([^/]+)"}


class HttpApi:
    """The server without its sockets."""

    def __init__(self, context: Context) -> None:
        self._context = context
        tables = (
            read.ROUTES,
            people.ROUTES,
            metrics.ROUTES,
            write.ROUTES,
            data.ROUTES,
            control.ROUTES,
        )
        self._routes = [(_pattern(route), route) for table in tables for route in table]

    def handle(self, request: Request) -> Reply:
        """Answer one request; no client input makes it raise."""
        if request.path.startswith("/_fake/"):
            return self._control(request)
        name, reply = self._public(request)
        switches = self._context.switches
        if switches.sends_date:
            server_now_s = self._context.now() + switches.clock_skew_s
            reply.headers["Date"] = formatdate(server_now_s, usegmt=True)
        with self._context.store.lock:
            self._context.stats.record(name, request, reply, self._context.now())
        return reply

    def _control(self, request: Request) -> Reply:
        found = self._find(request)
        if found is None:
            return json_reply({"error": "no such control endpoint"}, 404)
        route, args = found
        lock = self._context.store.lock if route.is_locked else nullcontext()
        try:
            with lock:
                self._context.store.advance(self._context.now_ms())
                return route.handler(self._context, Call(request, args))
        except ApiError as error:
            return error.reply
        except (ValueError, TypeError, KeyError) as error:
            return json_reply({"error": f"{type(error).__name__}: {error}"}, 400)

    def _public(self, request: Request) -> tuple[str, Reply]:
        ctx = self._context
        if ctx.switches.latency_ms:
            ctx.stopping.wait(ctx.switches.latency_ms / 1000)
        with ctx.store.lock:
            fault = ctx.faults.draw(request.path)
            if fault == "revoke":
                ctx.tokens.revoke_all()
            name, reply = self._work(request, early_reply(fault))
        if fault == "truncate":
            reply = replace(reply, transport="truncate")
        if fault == "lost_reply":
            reply = replace(reply, transport="reset")
        return name, reply

    def _work(self, request: Request, instead: Reply | None) -> tuple[str, Reply]:
        ctx = self._context
        if request.path.rstrip("/") == "/oauth/token" and request.method == "POST":
            return "POST /oauth/token", instead or self._token(request)
        found = self._find(request)
        if found is None:
            return "unknown", instead or json_reply({"message": "Not Found"}, 404)
        route, args = found
        name = f"{route.method} {route.pattern}"
        if instead is not None:
            return name, instead
        limits: dict[str, str] = {}
        try:
            token = ctx.tokens.check(request, ctx.now())
            if not request.path.startswith(ctx.switches.unlimited_endpoints):
                server_now_s = ctx.now() + ctx.switches.clock_skew_s
                scope = name if ctx.switches.rate_limit_scope == "endpoint" else "account"
                limits = ctx.limiter.take(ctx.switches.rate_limit, server_now_s, scope)
            ctx.store.advance(ctx.now_ms())
            reply = route.handler(ctx, Call(request, args, token))
        except ApiError as error:
            reply = reshaped(error.reply, ctx.switches.error_body)
        except (json.JSONDecodeError, UnicodeDecodeError):
            reply = json_reply({"error": "The body could not be read"}, 400)
        reply.headers.update(limits)
        return name, reply

    def _token(self, request: Request) -> Reply:
        try:
            return self._context.tokens.issue(request, self._context.switches, self._context.now())
        except ApiError as error:
            return error.reply

    def _find(self, request: Request) -> tuple[Route, tuple[str, ...]] | None:
        path = request.path.rstrip("/").removesuffix(".json")
        for pattern, route in self._routes:
            if route.method == request.method:
                match = pattern.fullmatch(path)
                if match is not None:
                    return route, match.groups()
        return None


def _pattern(route: Route) -> re.Pattern[str]:
    parts = [_VARIABLES.get(part, re.escape(part)) for part in route.pattern.split("/")]
    return re.compile("/".join(parts))
