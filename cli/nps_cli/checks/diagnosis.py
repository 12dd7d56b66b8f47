"""All checks of `nps doctor`, in the order in which their failures should be fixed."""

from nps_cli.checks import stack_checks, wootric_checks
from nps_cli.shell.progress import track
from nps_cli.shell.stack import Stack
from nps_core.views.checks import Check

_AWS = {
    "webhook": stack_checks.webhook,
    "sender": stack_checks.sender,
    "ses_account": stack_checks.sandbox,
    "owner": stack_checks.owner,
    "activation": stack_checks.activation,
    "schedules": stack_checks.schedules,
    "unmatched": stack_checks.unmatched,
}


def diagnose(stack: Stack) -> list[Check]:
    """Run all checks, Wootric first."""
    checks = wootric_checks.all_of(stack)
    for name, look in track(_AWS.items(), "checks", len(_AWS)):
        checks.append(stack_checks.guarded(name, look, stack))
    return checks
