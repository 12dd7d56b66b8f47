"""Paths: the checkout, the default data folder and MiniStack's interpreter."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_DATA = ROOT / ".nps-local"
CACHE = ROOT / ".cache"
# Holds the path of the data folder of the stack started last. Git ignores it.
LAST_STACK = DEFAULT_DATA / "last-stack"

DATA_VARIABLE = "NPS_LOCAL_DATA"
MINISTACK_PYTHON_VARIABLE = "NPS_MINISTACK_PYTHON"


def ministack_python() -> Path:
    """The interpreter of MiniStack's own environment.

    Raises:
        FileNotFoundError: MiniStack is not installed; the message names the command.
    """
    chosen = os.environ.get(MINISTACK_PYTHON_VARIABLE)
    python = Path(chosen) if chosen else ROOT / ".venv-ministack" / "bin" / "python"
    if not python.exists():
        raise FileNotFoundError(f"{python} does not exist: run `make install` to install MiniStack")
    return python
