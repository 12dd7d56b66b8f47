"""What the reader of lists tells about its pages; `proving` listens and draws the conclusions."""

from datetime import datetime
from typing import Protocol

from nps_core.sync.lists import Stream
from nps_core.sync.reading.cursor import Covered, FullSecond


class Watch(Protocol):
    """Is told once the rows of a page are stored, and before the checkpoint moves on."""

    def second_is_full(self, stream: Stream, full: FullSecond, asked_at: datetime) -> None:
        """The source cannot be made to list a second in full."""
        ...

    def stretch_is_listed(self, stream: Stream, covered: Covered, asked_at: datetime) -> None:
        """A stretch of time was listed in full."""
        ...

    def live_pass_ended(self, stream: Stream) -> None:
        """A live pass has reached the present."""
        ...
