"""How much a test does: a sample in `make test`, all of it in `make soak`."""

import os
from typing import TypeVar

T = TypeVar("T")

SOAK = os.environ.get("NPS_SOAK") == "1"
"""Read before any test is collected, because decorators and parameters depend on it."""


def usually(sample: T, *, soak: T) -> T:
    """What a test takes in every run, and what it takes in a soak."""
    return soak if SOAK else sample
