"""The one clock. Handlers read it once per invocation and pass `now` to all other code.

The local stack shifts time through a file (`NPS_CLOCK_FILE`, `{"offset_s": seconds}`), so that
months pass in seconds. Lambda does not set the variable, so it uses the real time.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


def now() -> datetime:
    """Return the current time in UTC, plus the local stack's offset if there is one."""
    moved_by = os.environ.get("NPS_CLOCK_FILE")
    real = datetime.now(UTC)
    if not moved_by:
        return real
    try:
        offset_s = float(json.loads(Path(moved_by).read_text())["offset_s"])
    except (FileNotFoundError, ValueError):
        # The file is replaced atomically; it is absent until the clock is first shifted.
        return real
    return real + timedelta(seconds=offset_s)
