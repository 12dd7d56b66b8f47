"""Events of the list reader; `proving` implements the port and draws the conclusions."""

from datetime import datetime
from typing import Protocol

from nps_core.sync.lists import Stream
from nps_core.sync.reading.cursor import Covered, FullSecond


class Watch(Protocol):
    """Called after the rows of a page are stored and before the checkpoint moves."""

    def second_is_full(self, stream: Stream, full: FullSecond, asked_at: datetime) -> None:
        """The source cannot list a second in full."""
        ...

    def stretch_is_listed(self, stream: Stream, covered: Covered, asked_at: datetime) -> None:
        """The source listed a stretch of time in full."""
        ...

    def live_pass_ended(self, stream: Stream) -> None:
        """A live pass has reached the present."""
        ...
