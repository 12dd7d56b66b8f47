"""Read-only checks of a deployed stack, each with its fix."""

import json
from collections.abc import Callable
from typing import Any

import requests
from botocore.exceptions import ClientError

from nps_cli.connections.chosen import connection_tokens
from nps_cli.shell.errors import code_of, explain, translated
from nps_cli.shell.stack import Stack
from nps_core.addresses import domain_of
from nps_core.answers.models import UNMATCHED
from nps_core.errors import ConfigError
from nps_core.numbers.current import current
from nps_core.times import iso
from nps_core.views.checks import Check

_MOST_UNMATCHED = 0.05
_HTTP_TIMEOUT_S = 15


def guarded(name: str, look: Callable[[Stack], Check], stack: Stack) -> Check:
    """Run a check. An error of AWS or the network becomes a failed result."""
    try:
        return look(stack)
    except translated() as exc:
        return Check.failed(name, explain(exc), "see the reason, then run `nps doctor` again")
    except requests.RequestException as exc:
        return Check.failed(name, type(exc).__name__, "check the network and the address")


def webhook(stack: Stack) -> Check:
    """Expect 401 for a wrong signature: then route, function and secret work.

    The request cannot store anything, whatever the answer is.
    """
    url = stack.deployment.webhook_url
    reply = requests.post(
        url,
        data=json.dumps({"event_name": "nps_doctor"}).encode(),
        headers={"X-Wootric-Signature": "sha1=" + "0" * 40, "Content-Type": "application/json"},
        timeout=_HTTP_TIMEOUT_S,
        allow_redirects=False,
    )
    fixes = {
        404: "the route is missing: deploy the stack again",
        503: "the function cannot read the secret: run `nps connect`",
    }
    return Check.result(
        "webhook",
        reply.status_code == 401,
        f"{url} answers {reply.status_code} to a wrong signature, expected 401",
        fixes.get(reply.status_code, "look at the log group of the webhook function"),
    )


def sender(stack: Stack) -> Check:
    """SES sends only from a verified address or domain."""
    mail_from = stack.deployment.parameter("SenderAddress")
    client = stack.deployment.client("sesv2")
    verified = [
        identity for identity in (mail_from, domain_of(mail_from)) if _verified(client, identity)
    ]
    return Check.result(
        "sender",
        bool(verified),
        f"{verified[0]} is verified" if verified else f"{mail_from} is not verified in SES",
        f"open the link that AWS has mailed to {mail_from}, or verify its domain in SES",
    )


def sandbox(stack: Stack) -> Check:
    """In the sandbox SES refuses every recipient that is not verified."""
    account: dict[str, Any] = stack.deployment.client("sesv2").get_account()
    out, sending = account.get("ProductionAccessEnabled"), account.get("SendingEnabled", True)
    detail = "SES may send to everybody" if out else "SES is in the sandbox"
    return Check.result(
        "ses_account",
        bool(out and sending),
        detail if sending else "sending is paused by AWS",
        "request production access in the SES console; until then verify each owner's address"
        if sending
        else "see the SES console for why AWS has paused sending",
    )


def owner(stack: Stack) -> Check:
    """The fallback owner gets the alerts of accounts without an owner, so it must be mailable."""
    fallback = stack.fallback_owner
    fix = "deploy with a FallbackOwnerAddress whose domain is among RecipientDomains"
    try:
        domains = stack.owners.domains
    except ConfigError as exc:
        return Check.failed("owner", str(exc), fix)
    allowed = domain_of(fallback) in domains
    detail = f"{fallback} may be mailed" if allowed else f"the domain of {fallback} is not allowed"
    return Check.result("owner", allowed, detail, fix)


def activation(stack: Stack) -> Check:
    """Before activation every answer is history and alerts nobody."""
    tokens = connection_tokens(stack)
    since = {token: stack.profiles.activated_at(token) for token in tokens}
    details = [
        f"{token} is active since {iso(at)}" if at else f"{token} is not active"
        for token, at in since.items()
    ]
    lacking = [token for token, at in since.items() if at is None]
    account = "" if lacking == tokens[:1] else f" --account {' or '.join(lacking)}"
    fix = f"run `nps connect{account}`"
    return Check.result("activation", not lacking, "; ".join(details), fix)


def schedules(stack: Stack) -> Check:
    """Sync and deliver run only while their schedules are enabled."""
    if stack.deployment.is_local:
        return Check.passed("schedules", "a local stack fires them by `nps local fire`")
    wanted = {stack.deployment.output(name) for name in ("SyncFunctionName", "DeliverFunctionName")}
    client = stack.deployment.client("scheduler")
    pages = client.get_paginator("list_schedules").paginate()
    enabled = {
        schedule["Target"]["Arn"].rpartition(":")[2]
        for page in pages
        for schedule in page["Schedules"]
        if schedule["State"] == "ENABLED"
    }
    off = sorted(wanted - enabled)
    return Check.result(
        "schedules",
        not off,
        f"no enabled schedule for {', '.join(off)}" if off else "sync and deliver are scheduled",
        "deploy with SchedulesState=ENABLED",
    )


def unmatched(stack: Stack) -> Check:
    """An answer without an account has no owner who knows the customer."""
    total = without = 0
    for stored in stack.summaries.everything():
        n = current(stored, stack.ledgers, stack.now, stack.window_days).all.n
        total += n
        without += n if stored.account_id == UNMATCHED else 0
    share = without / total if total else 0.0
    return Check.result(
        "unmatched",
        share < _MOST_UNMATCHED,
        f"{without} of {total} answers match no account ({share:.1%})",
        "add who wrote them with `nps directory import`, or set AccountProperties to the"
        " property that names the account",
    )


def _verified(client: Any, identity: str) -> bool:
    try:
        return bool(client.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"])
    except ClientError as exc:
        if code_of(exc) == "NotFoundException":
            return False
        raise
