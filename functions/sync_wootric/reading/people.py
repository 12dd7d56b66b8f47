"""Keeps who the end users are now: the one list of the source that can be read by change.

An answer may arrive before its person has an address. When a person turns out to have one, their
answers are read again, which completes them and finds their account anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from nps_core.connectors.wootric.people import profile_of
from nps_core.connectors.wootric.protocol import row_ref
from nps_core.customers.people import Profile
from nps_core.customers.ports import People
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import PageQuery, Position
from nps_core.sync.reading.full_second import LAST_PAGE
from nps_core.sync.reading.paging import advance, query
from sync_wootric.reading.pages import RowStore, with_person
from sync_wootric.run import Run

_NAME, _LISTING = "people", "end_users"
_EVERY = timedelta(minutes=12)


@dataclass(slots=True)
class PeopleReader:
    """The list of end users in a run, with its checkpoint as last saved."""

    run: Run
    rows: RowStore
    people: People
    checkpoint: StreamCheckpoint
    overlap: timedelta
    is_new: bool = False
    """Whether nobody has ever been read."""

    @classmethod
    def read(cls, run: Run, rows: RowStore, people: People, overlap: timedelta) -> "PeopleReader":
        """Claim and read where the list stands; at first everybody is to be read."""
        text = run.state.open_checkpoint(run.grant, _NAME)
        if text:
            return cls(run, rows, people, StreamCheckpoint.from_json(text), overlap)
        first = StreamCheckpoint.first(run.clock.now, 0, overlap)
        whole = replace(first.backfill, from_s=0, position=Position(0, by="updated"), ended_at=None)
        return cls(run, rows, people, replace(first, backfill=whole), overlap, is_new=True)

    @property
    def listed(self) -> bool:
        """Whether everybody has been read once."""
        return self.checkpoint.backfill.position.done

    def live_if_due(self) -> None:
        """Read whoever has changed, at most every third tick: nobody waits for a name."""
        if self.is_new or self.run.clock.at() - self.checkpoint.proven_at >= _EVERY:
            self._live()

    def _live(self) -> None:
        now = self.run.clock.at()
        began_at = self.checkpoint.live_began(now, "updated")
        position = self.checkpoint.live_start(now, self.overlap, "updated")
        while not position.done:
            asked_at = self.run.clock.at()
            position = self._page(position)
            self._save(self.checkpoint.after_live(position, asked_at, began_at))
            self.is_new = False

    def backfill_page(self) -> None:
        """Read one page of those who have not changed since the first run."""
        fill = self.checkpoint.backfill
        position = self._page(replace(fill.position, by="updated"))
        ended_at = self.run.clock.at() if position.done else None
        fill = replace(fill, position=position, ended_at=ended_at)
        self._save(replace(self.checkpoint, backfill=fill))

    def _page(self, position: Position) -> Position:
        self.run.require_time()
        began_s = self.run.clock.elapsed_s()
        rows = self.run.source.page(_LISTING, query(position))
        step = advance(position, [row_ref(row, "updated") for row in rows])
        self._keep([rows[index] for index in step.fresh])
        self.run.worst_page_s = max(self.run.worst_page_s, self.run.clock.elapsed_s() - began_s)
        return step.position

    def _keep(self, rows: list[object]) -> None:
        found = {one.id: one for one in map(profile_of, rows) if one is not None}
        known = self.people.get_many(list(found))
        for user_id, profile in found.items():
            before = known.get(user_id)
            if before == profile:
                continue
            if profile.tells_more_than(before):
                # Before the person is stored, so that a crash repeats it.
                self._complete(profile)
            self.people.put(profile.keeping(before))

    def _complete(self, profile: Profile) -> None:
        """Read a person's answers again, now that it is known who they are."""
        for page in range(1, LAST_PAGE + 1):
            self.run.require_time()
            asked_at = self.run.clock.at()
            query_ = PageQuery(0, page=page)
            rows = self.run.source.page(f"{_LISTING}/{profile.id}/responses", query_)
            named = [with_person(row, profile.person) for row in rows if isinstance(row, Mapping)]
            self.run.count(len(rows), self.rows.take("responses", named, asked_at))
            if len(rows) < query_.per_page:
                return

    def _save(self, checkpoint: StreamCheckpoint) -> None:
        self.run.state.save_checkpoint(self.run.grant, _NAME, checkpoint.to_json())
        self.checkpoint = checkpoint
