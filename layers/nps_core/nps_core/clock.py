"""The one clock. Handlers read it once per invocation and hand `now` to everything else.

The local stack moves time by a file (`NPS_CLOCK_FILE`, `{"offset_s": seconds}`), so that months
pass in seconds. In Lambda the variable is absent and this is the real time.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


def now() -> datetime:
    """Return the current time, aware, in UTC, moved by the local stack's offset if there is one."""
    moved_by = os.environ.get("NPS_CLOCK_FILE")
    real = datetime.now(UTC)
    if not moved_by:
        return real
    try:
        offset_s = float(json.loads(Path(moved_by).read_text())["offset_s"])
    except (FileNotFoundError, ValueError):
        # The file is replaced atomically; absent means that nobody has moved the clock yet.
        return real
    return real + timedelta(seconds=offset_s)
