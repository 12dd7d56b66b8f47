"""Outbox mails to items of StateTable and back."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from nps_core import keys
from nps_core.aws.items import parsed_times, printed_times
from nps_core.errors import UnreadableItem
from nps_core.keys import parse_answer_key
from nps_core.outbox.mail_states import OutboxMail

_MAIL_TIMES = ("due_at", "created_at", "planned_at", "lease_until", "sent_at", "unknown_at")
_MAIL_NOT_PLAIN = ("key", "answer", "waiting", "facts", *_MAIL_TIMES)
_MAIL_PLAIN = tuple(f.name for f in fields(OutboxMail) if f.name not in _MAIL_NOT_PLAIN)
_MAIL_OWN = {"pk", "sk", "due_pk", "answer", "response_ids", *_MAIL_TIMES, *_MAIL_PLAIN}
_MAIL_NEEDS = ("kind", "to", "due_at")
_MAIL_NUMBERS = ("attempts", "fence", "waits", "deaths")
_OFTEN_NOTHING = ("deaths", "preparing")
"""Stored only when they say something."""
_FACT = "fact_"


def mail_item(mail: OutboxMail) -> dict[str, Any]:
    """Turn a mail into its item, in the index of due mails only while it is waiting."""
    key = keys.mail(mail.key)
    return {
        **{_outside(name): value for name, value in mail.facts.items()},
        "pk": key.pk,
        "sk": key.sk,
        "due_pk": keys.MAIL if mail.waiting else None,
        "answer": str(mail.answer) if mail.answer else None,
        "response_ids": list(mail.response_ids),
        **{name: getattr(mail, name) for name in _MAIL_PLAIN},
        **{name: getattr(mail, name) or None for name in _OFTEN_NOTHING},
        **printed_times(mail, _MAIL_TIMES),
    }


def to_mail(item: Mapping[str, Any]) -> OutboxMail:
    """Inverse of `mail_item`; attributes of other writers are kept in `facts`.

    Raises UnreadableItem, which names the field.
    """
    for name in _MAIL_NEEDS:
        if item.get(name) is None:
            raise UnreadableItem(f"OutboxMail.{name} is missing")
    for name in _MAIL_NUMBERS:
        if not isinstance(item.get(name, 0), int):
            raise UnreadableItem(f"OutboxMail.{name} cannot be read")
    try:
        return _read(item)
    except (TypeError, ValueError, AttributeError):
        # Not chained: such an error quotes the content.
        raise UnreadableItem("a time or the answer of an OutboxMail cannot be read") from None


def _read(item: Mapping[str, Any]) -> OutboxMail:
    plain = {name: item[name] for name in _MAIL_PLAIN if name in item}
    times = parsed_times(item, _MAIL_TIMES)
    times["created_at"] = times["created_at"] or times["due_at"]
    times["planned_at"] = times["planned_at"] or times["due_at"]
    more = {
        "key": item["sk"],
        "answer": parse_answer_key(item["answer"]) if "answer" in item else None,
        "waiting": "due_pk" in item,
        "facts": {
            name.removeprefix(_FACT): value for name, value in item.items() if name not in _MAIL_OWN
        },
    }
    return OutboxMail(**{**plain, **times, **more})


def _outside(fact: str) -> str:
    """Return the attribute name of a fact, changed if an attribute of the mail has that name."""
    return f"{_FACT}{fact}" if fact in _MAIL_OWN else fact
