"""Serve MiniStack and the admin port until SIGTERM, SIGINT or the end of standard input."""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import signal
import threading
from typing import Any

from nps_local.emulator import admin, alarms, state

# For requests that are still open when we stop; the workers of their functions are already dead.
_GRACE_S = 0.5


def main() -> None:
    """Run the emulator; print the admin port as one JSON line when it accepts requests."""
    # The functions inherit this environment: they must not find our packages on their path.
    os.environ.pop("PYTHONPATH", None)
    app = importlib.import_module("ministack.app")
    state.complete_persistence()
    alarms.accept_expressions()
    asyncio.run(_serve(app))


async def _serve(app: Any) -> None:
    config = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"127.0.0.1:{os.environ['GATEWAY_PORT']}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_S
    config.loglevel = os.environ.get("LOG_LEVEL", "WARNING")
    serve = importlib.import_module("hypercorn.asyncio").serve
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def begin_stop() -> None:
        if not stop.is_set():
            threading.Thread(target=_quiesce_then, args=(loop, stop), daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, begin_stop)
    threading.Thread(target=_watch_parent, args=(loop, begin_stop), daemon=True).start()
    admin_port = admin.serve_in_background()
    announce = loop.create_task(_announce(admin_port))
    await serve(app.app, config, shutdown_trigger=stop.wait)
    announce.cancel()


def _quiesce_then(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Kill running functions, so that the state can be written at once."""
    admin.quiesce()
    gc.disable()  # writing the state creates millions of short-lived objects, and the process ends
    loop.call_soon_threadsafe(stop.set)


def _watch_parent(loop: asyncio.AbstractEventLoop, begin_stop: Any) -> None:
    """Stop gracefully when our parent process is gone, for whatever reason."""
    while os.read(0, 1024):
        pass
    loop.call_soon_threadsafe(begin_stop)


async def _announce(admin_port: int) -> None:
    port = int(os.environ["GATEWAY_PORT"])
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        print(json.dumps({"admin_port": admin_port}), flush=True)
        return


if __name__ == "__main__":
    main()
