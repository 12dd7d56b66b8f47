"""The lists of answers that the sync reads in parallel, each with its own checkpoint."""

from collections.abc import Mapping
from typing import Literal

from nps_core.keys import Kind

Stream = Literal["responses", "declines"]


STREAMS: tuple[Stream, ...] = ("responses", "declines")


KINDS: Mapping[Stream, Kind] = {"responses": "response", "declines": "decline"}
