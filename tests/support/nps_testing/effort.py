"""The extent of a test: a sample in `make test`, everything in `make soak`."""

import os
from typing import TypeVar

T = TypeVar("T")

SOAK = os.environ.get("NPS_SOAK") == "1"
"""Read before any test is collected, because decorators and parameters depend on it."""


def usually(sample: T, *, soak: T) -> T:
    """Return the sample, or in a soak the full value."""
    return soak if SOAK else sample
