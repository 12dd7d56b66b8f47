"""Merge under every order: a source that is edited and erased, watched by webhooks and by reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from nps_core.answers.ingest import Ingest
from nps_core.answers.matching import AccountRules
from nps_core.answers.merge import content_hash, merge
from nps_core.answers.models import Answer, Incoming
from nps_core.answers.removal import deleted, erased
from nps_testing.factories import NOW, make_incoming, make_rest
from nps_testing.fakes.stores import InMemoryAnswerStore, InMemoryDirectory

START = datetime(2026, 3, 2, 17, 15, 4, 120_000, UTC)
RULES = AccountRules.of("company_id", "company", "csm_email")


class Edit(NamedTuple):
    """A change at the source, `after_ms` after the one before."""

    after_ms: int
    score: int
    text: str | None
    excluded: bool
    seats: int
    tags: tuple[str, ...]
    is_seen: bool
    """Whether the end user did it (moves `updated_at`, sends a webhook) or a person at Wootric."""


edits = st.builds(
    Edit,
    after_ms=st.sampled_from([1, 40, 300, 900, 1_000, 37_000, 86_400_000]),
    score=st.integers(0, 10),
    text=st.sampled_from([None, "slow", "better"]),
    excluded=st.booleans(),
    seats=st.sampled_from([120, 121]),
    tags=st.sampled_from([(), ("A",), ("A", "B")]),
    is_seen=st.booleans(),
)
forms = st.sampled_from(["json", "form"])


class Source:
    """One answer at Wootric; `sent` is everything any path could ever bring of it."""

    def __init__(self, first: Edit, wire: str, rest_has_email: bool) -> None:
        self.wire, self.rest_has_email = wire, rest_has_email
        self.state, self.at, self.updated_at = first, START, START
        self.sent: list[Incoming] = []
        self._send(rank=0)

    def edit(self, edit: Edit) -> None:
        self.at += timedelta(milliseconds=edit.after_ms)
        if edit.is_seen:
            self.state, self.updated_at = edit, self.at
            self._send(rank=1)
        else:
            self.state = _kept(edit, self.state)

    def read(self, delay_ms: int) -> None:
        """Read the row; at least a second later, because the source tells whole seconds."""
        self.at += timedelta(milliseconds=1_000 + delay_ms)
        self.sent.append(
            make_rest(
                **self._common(),
                updated_at=self.updated_at.replace(microsecond=0),
                event_at=self.at,
                email="ana@acme.example" if self.rest_has_email else None,
                external_id=None,
                tags=self.state.tags,
                extra={"language": "pt"},
            )
        )

    def _send(self, rank: int) -> None:
        millis = self.wire == "json"
        fields: dict[str, Any] = self._common()
        if not millis:
            fields["properties"] = {k: str(v) for k, v in fields["properties"].items()}
        self.sent.append(
            make_incoming(
                **fields,
                answered_at=_wire(START, millis),
                updated_at=_wire(self.updated_at, millis),
                event_at=_wire(self.at + timedelta(seconds=2), millis),
                event_rank=rank,
                properties_typed=millis,
            )
        )

    def _common(self) -> dict[str, Any]:
        return {
            "score": self.state.score,
            "text": self.state.text or "",
            "excluded": self.state.excluded,
            "properties": {"company_id": "c-118", "seats": self.state.seats},
        }


def _wire(moment: datetime, millis: bool) -> datetime:
    return moment if millis else moment.replace(microsecond=0)


def _kept(edit: Edit, state: Edit) -> Edit:
    """A person at Wootric excludes, tags and edits properties, but does not answer."""
    return edit._replace(score=state.score, text=state.text)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Source, list[Incoming]]:
    """A source after some edits and reads, and its versions in any order, some more than once."""
    source = Source(draw(edits), draw(forms), draw(st.booleans()))
    for step in draw(st.lists(edits | st.integers(0, 5_000), max_size=6)):
        if isinstance(step, int):
            source.read(step)
        else:
            source.edit(step)
    source.read(0)
    twice = draw(st.lists(st.sampled_from(source.sent), max_size=4))
    return source, draw(st.permutations(source.sent + twice))


def _fold(versions: list[Incoming], stored: Answer | None = None) -> Answer:
    for version in versions:
        after = merge(stored, version, "NPS", NOW)
        assert stored is None or after.rev > stored.rev
        stored = after
    assert stored is not None
    return stored


@given(deliveries())
def test_merge__in_any_order_and_duplication_ends_in_the_source(
    drawn: tuple[Source, list[Incoming]],
) -> None:
    source, versions = drawn
    answer, state = _fold(versions), source.state
    assert (answer.score, answer.text, answer.excluded) == state[1:4]
    assert answer.tags == state.tags
    assert answer.properties == {"company_id": "c-118", "seats": state.seats}
    assert (answer.email, answer.external_id) == ("ana@acme.example", "u-42")
    assert content_hash(answer) == content_hash(_fold(source.sent))


@given(deliveries())
def test_merge__of_a_version_it_knows_changes_nothing(
    drawn: tuple[Source, list[Incoming]],
) -> None:
    answer = _fold(drawn[1])
    for version in drawn[1]:
        assert content_hash(merge(answer, version, "NPS", NOW)) == content_hash(answer)


@given(deliveries())
def test_ingest__of_any_order_followed_by_a_read_ends_in_the_source(
    drawn: tuple[Source, list[Incoming]],
) -> None:
    source, versions = drawn
    store = InMemoryAnswerStore()
    ingest = Ingest(store, InMemoryDirectory(), RULES, "NPS")
    for version in versions:
        ingest.one(version, NOW)
    source.read(0)
    ingest.one(source.sent[-1], NOW)
    stored = store.get(versions[0].key)
    assert stored is not None
    assert (stored.score, stored.text, stored.excluded, stored.tags) == (
        *source.state[1:4],
        source.state.tags,
    )
    assert ingest.one(source.sent[-1], NOW) == "unchanged"


def test_merge__of_webhooks_in_both_formats_does_not_depend_on_the_order() -> None:
    later = START + timedelta(seconds=37, milliseconds=757)
    versions: list[Incoming] = []
    for millis in (True, False):
        for at, rank, text in ((START, 0, None), (later, 1, "slow")):
            wire = _wire(at, millis)
            seats: object = 120 if millis else "120"
            versions.append(
                make_incoming(
                    answered_at=_wire(START, millis),
                    updated_at=wire,
                    event_at=wire + timedelta(seconds=2),
                    event_rank=rank,
                    text=text,
                    properties={"seats": seats},
                    properties_typed=millis,
                )
            )
    versions.append(
        make_rest(updated_at=later.replace(microsecond=0), text="slow", properties={"seats": 120})
    )
    results = {content_hash(_fold(list(order))) for order in permutations(versions)}
    assert len(results) == 1
    assert _fold(versions).properties == {"seats": 120}


@given(deliveries(), st.data())
def test_deletion__among_versions_in_any_order_ends_in_the_source_and_deleted(
    drawn: tuple[Source, list[Incoming]], data: st.DataObject
) -> None:
    source, versions = drawn
    place = data.draw(st.integers(1, len(versions)))
    gone = deleted(_fold(versions[:place]), source.at + timedelta(milliseconds=1))
    answer = _fold(versions[place:], gone)
    assert content_hash(answer) == content_hash(replace(_fold(source.sent), deleted=True))


@given(deliveries(), st.data())
def test_erasure__is_undone_by_nothing_that_is_older(
    drawn: tuple[Source, list[Incoming]], data: st.DataObject
) -> None:
    source, versions = drawn
    place = data.draw(st.integers(1, len(versions)))
    erased_at = source.at + timedelta(milliseconds=1)
    answer = _fold(versions[place:], erased(_fold(versions[:place]), erased_at))
    assert content_hash(answer) == content_hash(erased(_fold(source.sent), erased_at))
    assert (answer.text, answer.email, answer.external_id) == (None, None, None)
    assert (answer.properties, answer.notes, answer.extra) == ({}, (), {})


@given(deliveries(), st.data())
def test_removal__that_a_later_read_disproves_leaves_no_trace_in_any_order(
    drawn: tuple[Source, list[Incoming]], data: st.DataObject
) -> None:
    source, versions = drawn
    concluded_at = source.at + timedelta(milliseconds=1)
    removals = [partial(remove, now=concluded_at) for remove in (deleted, erased)]
    source.read(0)
    steps: list[Incoming | partial[Answer]] = [*versions[1:], source.sent[-1], *removals]
    answer = _fold(versions[:1])
    for step in data.draw(st.permutations(steps)):
        answer = _fold([step], answer) if isinstance(step, Incoming) else step(answer)
    assert (answer.deleted, answer.erased) == (False, False)
    assert (answer.score, answer.text, answer.excluded) == source.state[1:4]
    assert answer.tags == source.state.tags
    assert answer.properties == {"company_id": "c-118", "seats": source.state.seats}
    if source.rest_has_email:
        assert answer.email == "ana@acme.example"


def test_merge__keeps_a_tombstone_through_any_webhook() -> None:
    gone = replace(_fold([make_incoming()]), deleted=True, rest_at=NOW)
    for version in (make_incoming(), make_incoming(event_rank=1, score=9)):
        gone = merge(gone, version, "NPS", NOW)
    assert gone.deleted
