"""Runs a module as a program that ends, as on SIGTERM, when its parent process is gone."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Run the module in the first argument with the other arguments."""
    threading.Thread(target=_watch_parent, daemon=True, name="leash").start()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch_parent() -> None:
    # Standard input is a pipe from the parent, and ends with it for whatever reason.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
