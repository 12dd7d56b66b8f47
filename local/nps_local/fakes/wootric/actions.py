"""Changes of the data, with the notifications that they cause."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nps_local.fakes.wootric.data.model import Answer, Decline, EndUser, Note, Properties, Row
from nps_local.fakes.wootric.data.store import Store
from nps_local.fakes.wootric.data.timefmt import next_purge_ms
from nps_local.fakes.wootric.hooks.delivery import WebhookSender
from nps_local.fakes.wootric.hooks.webhooks import Event, Notification, resource
from nps_local.fakes.wootric.switches import Switches
from nps_local.fakes.wootric.wire import not_found


@dataclass(frozen=True, kw_only=True)
class NewRow:
    """A new answer or decline.

    `end_user_id`, else `external_id`, else `email` finds the person; otherwise one is created.
    `properties` are the snapshot and are merged into the person's own; None takes the person's.
    """

    id: int | None = None
    end_user_id: int | None = None
    email: str | None = None
    external_id: str | None = None
    properties: Properties | None = None
    created_ms: int | None = None
    visible_ms: int | None = None
    ip_address: str | None = "203.0.113.9"
    origin_url: str | None = "https://app.example.com/home"
    notify: bool = True


@dataclass(frozen=True, kw_only=True)
class NewAnswer(NewRow):
    """A new answer. With `updated_ms` after `created_ms` it has already been edited."""

    score: int | None
    text: str | None = None
    updated_ms: int | None = None
    completed: bool = False
    excluded: bool = False
    channel: str = "web"
    tags: tuple[str, ...] = ()


class Actions:
    """Changes the store as end users, colleagues and the vendor do. Hold the store's lock."""

    def __init__(
        self,
        store: Store,
        sender: WebhookSender,
        account_token: str,
        now: Callable[[], float],
    ) -> None:
        self.store = store
        self.switches = Switches()
        self._sender = sender
        self._account_token = account_token
        self._now = now

    def now_ms(self) -> int:
        return int(self._now() * 1000)

    def answer(self, new: NewAnswer) -> Answer:
        """Let a person answer; sends `created` unless `new.notify` is off."""
        user, shared = self._new_row(new)
        row_id = self._row_id("response", new.id, self.store.answers)
        answer = Answer(
            **shared,
            id=row_id,
            score=new.score,
            text=new.text,
            completed=new.completed,
            excluded=new.excluded,
            channel=new.channel,
            tags=list(new.tags),
        )
        answer.updated_ms = new.updated_ms or answer.created_ms
        self.store.put_rows([answer], self.now_ms())
        if self.switches.new_answer_bumps_end_user:
            self._touch_user(user)
        if new.notify:
            self._notify(answer, user, "created")
        return answer

    def decline(self, new: NewRow) -> Decline:
        """Let a person dismiss a survey; notifies as `answer` does."""
        user, shared = self._new_row(new)
        row_id = self._row_id("decline", new.id, self.store.declines)
        decline = Decline(**shared, id=row_id)
        self.store.put_rows([decline], self.now_ms())
        if new.notify:
            self._notify(decline, user, "created")
        return decline

    def edit(self, answer: Answer, changes: dict[str, Any], *, notify: bool = True) -> None:
        """Let the person change score or text; moves `updated_at` and sends `updated`."""
        answer.score = changes.get("score", answer.score)
        answer.text = changes.get("text", answer.text)
        self._touch(answer, moves_updated_at=True)
        if notify:
            self._notify(answer, self.store.users[answer.end_user_id], "updated")

    def flag(self, answer: Answer, *, excluded: bool | None, completed: bool | None) -> None:
        """Exclude or complete an answer, as a colleague does in the dashboard."""
        answer.excluded = answer.excluded if excluded is None else excluded
        answer.completed = answer.completed if completed is None else completed
        self._colleague_edit(answer, moves=self.switches.flag_edit_bumps_updated_at)

    def tag(self, answer: Answer, tags: list[str]) -> None:
        answer.tags = list(tags)
        self._colleague_edit(answer, moves=self.switches.flag_edit_bumps_updated_at)

    def note(self, answer: Answer, text: str, user_email: str) -> Note:
        note = Note(
            id=self.store.new_id("note"), text=text, user_email=user_email, created_ms=self.now_ms()
        )
        answer.notes.append(note)
        self._colleague_edit(answer, moves=self.switches.note_edit_bumps_updated_at)
        return note

    def snapshot_properties(self, row: Row, properties: Properties) -> None:
        """Rewrite the historical properties of a row."""
        row.properties = {**row.properties, **properties}
        moves = self.switches.flag_edit_bumps_updated_at
        if isinstance(row, Answer):
            self._colleague_edit(row, moves=moves)
        else:
            self._touch(row, moves_updated_at=moves)

    def new_user(self, **values: Any) -> EndUser:
        now_ms = self.now_ms()
        user_id = self.store.new_id("user")
        user = EndUser(**{"id": user_id, "created_ms": now_ms, "updated_ms": now_ms, **values})
        self.store.put_user(user)
        return user

    def edit_user(self, user: EndUser, changes: dict[str, Any]) -> None:
        """Change attributes of a person; `properties` are replaced as a whole."""
        for name, value in changes.items():
            setattr(user, name, value)
        self._touch_user(user)

    def delete_user(self, user: EndUser, *, immediate: bool = False) -> None:
        """Erase a person now, or at the next 07:00 UTC."""
        if immediate or self.switches.delete_end_user == "immediate":
            self.store.remove_user(user)
        else:
            self.store.mark_user(user, next_purge_ms(self.now_ms()))

    def notification(self, row: Answer | Decline, event: Event) -> Notification:
        """Snapshot a row for a webhook."""
        user = self.store.users[row.end_user_id]
        return Notification(
            kind="response" if isinstance(row, Answer) else "decline",
            event=event,
            resource=resource(row, user, self.switches),
            account_token=self._account_token,
            survey_mode=self.switches.survey_mode,
            zone=self.switches.payload_zone,
        )

    def live_answer(self, answer_id: int) -> Answer:
        """Find an answer that is not deleted.

        Raises:
            ApiError: 404.
        """
        answer = self.store.answers.get(answer_id)
        if answer is None or answer.deleted:
            raise not_found()
        return answer

    def live_user(self, user_id: int) -> EndUser:
        """Find a person who is not erased.

        Raises:
            ApiError: 404.
        """
        user = self.store.users.get(user_id)
        if user is None or user.deleted:
            raise not_found()
        return user

    def _row_id(self, name: str, given: int | None, rows: Mapping[int, Row]) -> int:
        if given is None:
            return self.store.new_id(name)
        if given in rows:
            raise ValueError(f"there is a {name} {given} already")
        return given

    def _new_row(self, new: NewRow) -> tuple[EndUser, dict[str, Any]]:
        now_ms = self.now_ms()
        user = self._person(new)
        if new.properties is not None:
            self.edit_user(user, {"properties": {**user.properties, **new.properties}})
        created_ms = now_ms if new.created_ms is None else new.created_ms
        visible_ms = new.visible_ms
        if visible_ms is None:
            visible_ms = max(now_ms, created_ms) + self.switches.create_lag_ms
        if user.last_surveyed_ms is None:  # lists show the person from now on
            self.store.changed(user)
        user.last_surveyed_ms = max(created_ms, user.last_surveyed_ms or 0)
        properties = user.properties if new.properties is None else new.properties
        return user, {
            "end_user_id": user.id,
            "survey_id": self.store.new_id("survey"),
            "ip_address": new.ip_address,
            "origin_url": new.origin_url,
            "created_ms": created_ms,
            "updated_ms": created_ms,
            "visible_ms": visible_ms,
            "properties": dict(properties),
        }

    def _person(self, new: NewRow) -> EndUser:
        if new.end_user_id is not None and new.end_user_id in self.store.users:
            return self.live_user(new.end_user_id)
        name, value = ("external_id", new.external_id)
        if value is None:
            name, value = ("email", new.email)
        user = None if value is None else self.store.named(name, value)
        if user is not None:
            return user
        known = {} if new.end_user_id is None else {"id": new.end_user_id}
        return self.new_user(**known, email=new.email, external_id=new.external_id)

    def _colleague_edit(self, answer: Answer, *, moves: bool) -> None:
        self._touch(answer, moves_updated_at=moves)
        if self.switches.webhook.updated_on_api_edit:
            self._notify(answer, self.store.users[answer.end_user_id], "updated")

    def _touch(self, row: Row, *, moves_updated_at: bool) -> None:
        if moves_updated_at:
            row.updated_ms = max(self.now_ms(), row.updated_ms + 1)
            if isinstance(row, Answer) and self.switches.answer_edit_bumps_end_user:
                self._touch_user(self.store.users[row.end_user_id])
        self.store.changed(row)

    def _touch_user(self, user: EndUser) -> None:
        user.updated_ms = max(self.now_ms(), user.updated_ms + 1)
        self.store.changed(user)

    def _notify(self, row: Answer | Decline, user: EndUser, event: Event) -> None:
        if user.deleted:
            return
        self._sender.submit(self.notification(row, event), self.switches.webhook)
