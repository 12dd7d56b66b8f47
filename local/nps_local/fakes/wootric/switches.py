"""The behaviours of the fake that a test can change, with the documented defaults."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nps_local.fakes.wootric.wire import ErrorBody


@dataclass(frozen=True, kw_only=True)
class WebhookSwitches:
    """Settings of notifications. `drop` and `duplicate` are shares between 0 and 1."""

    url: str = ""
    """Receiver of automatic notifications; empty sends none."""
    key: str = ""
    format: Literal["json", "form", "form_raw"] = "json"
    retries: int = 0
    retry_wait_ms: int = 100
    retry_new_timestamp: bool = True
    duplicate: float = 0.0
    drop: float = 0.0
    reorder: bool = False
    delay_ms: int = 0
    timeout_s: float = 3.0
    updated_on_api_edit: bool = False
    """Notify of exclusions, tags, notes and other edits that no end user made."""
    html_escape_text: bool = False
    content_type: str = ""
    """Sent instead of the usual Content-Type of the format."""


@dataclass(frozen=True, kw_only=True)
class Switches:
    """The state of all switches; immutable, so a request sees one consistent set."""

    page_over_cap: Literal["empty", "error400"] = "empty"
    per_page_over_max: Literal["error400", "clamp"] = "error400"
    per_page_most: int = 50
    """The most rows of a page, whatever is asked for."""
    created_filter: Literal["supported", "ignored"] = "supported"
    end_users_updated_filter: Literal["supported", "ignored"] = "supported"
    sort_params: Literal["supported", "ignored"] = "supported"
    """Whether `sort_key` and `sort_order` have an effect."""
    page_below_one: Literal["error400", "first_page"] = "error400"
    bounds: Literal["ms", "whole_second"] = "ms"
    """Whether `created[gt]=T` returns rows of T.001 to T.999 ("ms") or not."""
    responses_updated_filter: Literal["ignored", "supported", "error400"] = "ignored"
    """Whether lists of answers support `updated[...]` and `sort_key=updated_at`."""
    excluded_filter: Literal["ignored", "supported"] = "ignored"
    """Whether lists of answers support `excluded_from_calculations=true` and `=false`."""
    list_excluded: bool = True
    """Whether lists without that filter show excluded answers."""
    response_by_id: Literal["not_offered", "offered"] = "not_offered"
    """Whether `GET /v1/responses/:id` shows an answer."""
    notes_when_empty: Literal["null", "[]"] = "null"
    end_user_embed: Literal["email+properties", "properties", "id+email+external_id+properties"] = (
        "email+properties"
    )
    tag_shape: Literal["strings", "objects"] = "strings"
    unnamed_keys: bool = False
    """Whether answers have an undocumented key, `driver_picklist`."""
    payload_time_zone: str = "America/Los_Angeles"
    """Zone of the times printed in lists and webhooks."""
    times_have_offset: bool = True
    """Whether the times printed in lists tell their offset."""
    html_escape_text: bool = True
    note_edit_bumps_updated_at: bool = False
    flag_edit_bumps_updated_at: bool = False
    """Whether exclusion, completion and tag edits move `updated_at`."""
    answer_edit_bumps_end_user: bool = False
    """Whether an edit that moves an answer's `updated_at` also moves the person's."""
    new_answer_bumps_end_user: bool = False
    hide_never_surveyed_end_users: bool = True
    tie_order: Literal["shuffled", "stable"] = "shuffled"
    rate_limit: int = 100
    rate_limit_scope: Literal["account", "endpoint"] = "account"
    unlimited_endpoints: tuple[str, ...] = ()
    """Path prefixes without counting and rate-limit headers."""
    clock_skew_s: float = 0.0
    """Added to the clock that counts minutes and prints X-Rate-Limit-Reset and Date."""
    sends_date: bool = True
    """Whether replies have a Date header, as those of every web server do."""
    token_ttl: int = 7200
    token_shape: Literal["documented", "observed_2022"] = "documented"
    new_token_kills_old: bool = False
    error_body: ErrorBody = "error_list"
    """Shape of the bodies of 400, 403, 404, 405 and 423."""
    create_status: Literal[200, 201] = 201
    """Status of a new person or decline."""
    put_properties: Literal["replace", "merge"] = "replace"
    """The effect of a person's update on properties that it does not name."""
    delete_end_user: Literal["marks", "immediate"] = "marks"
    create_lag_ms: int = 0
    historical_properties: Literal["locked", "enabled"] = "locked"
    account_time_zone: str = "America/Los_Angeles"
    """Zone of the days of `nps_summary`."""
    summary_counts: Literal["not_excluded", "all", "one_metric"] = "not_excluded"
    """The answers that `nps_summary` counts; "one_metric": those of every other survey."""
    survey_mode: str = "NPS"
    latency_ms: int = 0
    webhook: WebhookSwitches = field(default_factory=WebhookSwitches)

    def __post_init__(self) -> None:
        """Refuse a time zone that does not exist."""
        for name in ("payload_time_zone", "account_time_zone"):
            try:
                ZoneInfo(getattr(self, name))
            except (ValueError, ZoneInfoNotFoundError):
                raise ValueError(f"switch {name} is no time zone") from None

    @property
    def payload_zone(self) -> ZoneInfo:
        return ZoneInfo(self.payload_time_zone)

    def with_changes(self, changes: Mapping[str, Any]) -> "Switches":
        """Apply changes; webhook switches are written `webhook.format` or nested.

        Raises:
            ValueError: the switch does not exist or cannot have the value.
        """
        top: dict[str, Any] = {}
        hook: dict[str, Any] = {}
        for name, value in changes.items():
            if name == "webhook":
                hook.update(value)
            elif name.startswith("webhook."):
                hook[name.removeprefix("webhook.")] = value
            else:
                top[name] = value
        if hook:
            top["webhook"] = replace(self.webhook, **_checked(WebhookSwitches, hook))
        return replace(self, **_checked(Switches, top))

    def as_json(self) -> dict[str, Any]:
        """Return the nested form that `with_changes` takes."""
        return asdict(self)


def _checked(owner: type[Switches | WebhookSwitches], values: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(owner)
    known = {item.name for item in fields(owner)}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"no switch named {name}")
        if not _fits(hints[name], value):
            raise ValueError(f"switch {name} cannot be {value!r}")
    return {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}


def _fits(hint: Any, value: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)
