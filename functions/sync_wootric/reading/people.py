"""Keeps the profiles of end users current: the one list that the source can always read by change.

An answer may arrive before its person has an address. When the address appears, the person's
answers are read again, which completes them and finds their account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nps_core.connectors.wootric.people import profile_of
from nps_core.customers.people import Profile
from nps_core.customers.ports import People
from nps_core.errors import PayloadError, StoreRefused
from nps_core.sync.reading.checkpoint import StreamCheckpoint
from nps_core.sync.reading.cursor import Position
from nps_core.sync.reading.paging import advance, query
from sync_wootric.reading.asking import ask, ask_all
from sync_wootric.reading.pages import REFUSED, PageStore, with_person
from sync_wootric.run import Run

_NAME, _LISTING = "people", "end_users"
_NOBODY = PayloadError("bad_id", "id is missing or not an id")
_EVERY = timedelta(minutes=12)


@dataclass(slots=True)
class PeopleReader:
    """The list of end users in a run, with its checkpoint as last saved."""

    run: Run
    pages: PageStore
    store: People
    checkpoint: StreamCheckpoint
    is_new: bool
    """Whether no end user has ever been read."""

    @classmethod
    def open(cls, run: Run, pages: PageStore, store: People) -> "PeopleReader":
        """Claim and read the checkpoint of the list; the first backfill reads all end users."""
        text = run.state.open_checkpoint(run.grant, _NAME)
        if text:
            return cls(run, pages, store, StreamCheckpoint.from_json(text), is_new=False)
        first = StreamCheckpoint.first(run.clock.now, 0, run.settings.overlap)
        fill = replace(first.backfill, from_s=0, position=Position(0, by="updated"), ended_at=None)
        return cls(run, pages, store, replace(first, backfill=fill), is_new=True)

    @property
    def backfilled(self) -> bool:
        """Whether all end users have been read once."""
        return self.checkpoint.backfill.position.done

    def read_live_if_due(self) -> None:
        """Read changed end users, at most every third tick: a name is never urgent."""
        if self.is_new or self.run.clock.at() - self.checkpoint.proven_at >= _EVERY:
            self._read_live()

    def _read_live(self) -> None:
        now = self.run.clock.at()
        began_at = self.checkpoint.live_began(now, "updated")
        position = self.checkpoint.live_start(now, self.run.settings.overlap, "updated")
        while not position.done:
            asked_at = self.run.clock.at()
            position, source_at = self._read_page(position)
            self._save(self.checkpoint.after_live(position, asked_at, began_at, source_at))
            self.is_new = False

    def read_backfill_page(self) -> None:
        """Read one page of the end users who have not changed since the first run."""
        fill = self.checkpoint.backfill
        position, _ = self._read_page(replace(fill.position, by="updated"))
        ended_at = self.run.clock.at() if position.done else None
        fill = replace(fill, position=position, ended_at=ended_at)
        self._save(replace(self.checkpoint, backfill=fill))

    def _read_page(self, position: Position) -> tuple[Position, datetime | None]:
        """Read and store a page. Returns the next position and the source's time of the reply."""
        with self.run.time.page():
            asked = ask(self.run, _LISTING, query(position))
            step = advance(position, asked.refs)
            self._store([asked.rows[index] for index in step.fresh])
        return step.position, asked.source_at

    def _store(self, rows: list[object]) -> None:
        profiles: dict[str, Profile] = {}
        row_of: dict[str, object] = {}
        for row in rows:
            profile = profile_of(row)
            if profile is None:
                self._set_aside(row, _NOBODY)
            else:
                profiles[profile.id], row_of[profile.id] = profile, row
        stored = self.store.get_many(list(profiles))
        for user_id, profile in profiles.items():
            before = stored.get(user_id)
            if before == profile:
                continue
            if profile.tells_more_than(before):
                # Before the profile is stored, so that a run after a crash repeats it.
                self._complete_answers(profile)
            try:
                self.store.put(profile.keeping(before))
            except StoreRefused:
                # The person stays as stored; the list goes on.
                self._set_aside(row_of[user_id], REFUSED)

    def _set_aside(self, row: object, why: PayloadError) -> None:
        is_new = self.pages.set_aside(row, why, self.run.clock.at(), source="people")
        self.run.journal.add_quarantined(is_new)

    def _complete_answers(self, profile: Profile) -> None:
        """Read a person's answers again, now that their address or id is known."""
        listing = f"{_LISTING}/{profile.id}/responses"
        for rows, asked_at, source_at in ask_all(self.run, listing, Position(0)):
            named = [with_person(row, profile.person) for row in rows if isinstance(row, Mapping)]
            result = self.pages.store("responses", named, asked_at, source_at)
            self.run.journal.add_rows("responses", len(rows), result)

    def _save(self, checkpoint: StreamCheckpoint) -> None:
        self.run.state.save_checkpoint(self.run.grant, _NAME, checkpoint.to_json())
        self.checkpoint = checkpoint
