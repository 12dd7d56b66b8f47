"""`nps local up`: start a stack, print its addresses, end it on SIGTERM or Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from nps_local import checkout, console
from nps_local.clock import control
from nps_local.machine.processes import ChildFailedError
from nps_local.options import FakeData, UpOptions

if TYPE_CHECKING:
    from nps_local.stack.local_stack import LocalStack


def up(  # noqa: PLR0913, PLR0917  every option is a parameter
    http_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the webhook.")
    ] = None,
    aws_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the local AWS.")
    ] = None,
    wootric_url: Annotated[
        str | None, typer.Option(help="Server of the Wootric API; default: the bundled fake.")
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(help="Time to start at; default: that of the last run, else real time."),
    ] = None,
    secrets: Annotated[
        Path | None,
        typer.Option(help="JSON: client_id, client_secret, account_token, webhook_keys."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a template parameter.", metavar="PARAMETER=VALUE"),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder that keeps the state.", metavar="DIR")
    ] = None,
    schedules: Annotated[bool, typer.Option(help="Let the schedules fire on their own.")] = False,
    verbose: Annotated[bool, typer.Option(help="Log what the local AWS does.")] = False,
    seed: Annotated[int, typer.Option(help="Of the bundled fake's data.")] = FakeData().seed,
    answers: Annotated[int, typer.Option(help="Of the bundled fake.")] = FakeData().answers,
    people: Annotated[int, typer.Option(help="Of the bundled fake.")] = FakeData().people,
    accounts: Annotated[int, typer.Option(help="Of the bundled fake.")] = FakeData().accounts,
    days: Annotated[int, typer.Option(help="Of the bundled fake's past.")] = FakeData().days,
) -> None:
    """Start the stack and print one JSON line when it is ready. SIGTERM or Ctrl-C ends it."""
    from nps_local.stack.local_stack import LocalStack  # noqa: PLC0415  the SDK takes long to import

    try:
        options = UpOptions(
            data=data or _default_data(),
            http_port=http_port,
            aws_port=aws_port,
            wootric_url=wootric_url.rstrip("/") if wootric_url else None,
            now=control.parse_time(now) if now else None,
            secrets=secrets,
            parameters=assignments(settings or []),
            schedules=schedules,
            log_level="INFO" if verbose else "WARNING",
            fake=FakeData(seed, answers, people, accounts, days),
        )
        run(LocalStack(options))
    except (ValueError, OSError, RuntimeError) as error:
        console.fail(str(error))


def assignments(settings: list[str]) -> dict[str, str]:
    """Parse ``--set PARAMETER=VALUE``; the last value of a name wins.

    Raises:
        ValueError: The equals sign is missing.
    """
    for setting in settings:
        if "=" not in setting:
            raise ValueError(f"--set {setting}: expected PARAMETER=VALUE")
    return dict(setting.split("=", 1) for setting in settings)


def run(stack: LocalStack) -> None:
    """Serve until a signal arrives; always end the processes that were started."""
    stop = threading.Event()

    def request_stop(*_: int | FrameType | None) -> None:
        if not stop.is_set():
            stop.set()
            if not ready:
                raise KeyboardInterrupt

    ready = False
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, request_stop)
    try:
        announcement = stack.start().announcement()
        ready = True
        console.print_json(announcement)
        while not stop.wait(0.5):
            if stack.broken:
                raise ChildFailedError(f"{stack.broken} has ended unexpectedly")
    except KeyboardInterrupt:
        pass
    finally:
        stop.set()
        stack.stop()


def _default_data() -> Path:
    chosen = os.environ.get(checkout.DATA_VARIABLE)
    return Path(chosen) if chosen else checkout.DEFAULT_DATA
