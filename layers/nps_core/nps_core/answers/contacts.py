"""Keys of contacts: who an answer is from, unique across Wootric accounts and kinds of ids.

    <token>:7001              a Wootric end user
    <token>:u:<id>            the same, should an end user id not be a number
    <token>:e:<hash>          no end user id: an e-mail address
    <token>:x:<hash>          no end user id: an external id
    <token>:~<answer id>      nobody that is known

An address or external id is hashed: keys outlive the erasure of a person. An external id that is an
address counts as the address.
"""

import hashlib
import re

_HASH = r"[0-9a-f]{20}"
_OF_TODAY = re.compile(rf"[0-9]+|~.*|u:.*|[ex]:{_HASH}", re.DOTALL)


def of_end_user(token: str, end_user_id: str) -> str:
    return f"{token}:{end_user_id}" if _is_number(end_user_id) else f"{token}:u:{end_user_id}"


def of_identity(token: str, identity: str) -> str:
    """Return the contact of an external id or address."""
    kind = "e" if "@" in identity else "x"
    digest = hashlib.sha256(f"{token}\n{identity}".encode()).hexdigest()
    return f"{token}:{kind}:{digest[:20]}"


def of_nobody(token: str, answer_id: str) -> str:
    return f"{token}:~{answer_id}"


def is_nobody(contact: str) -> bool:
    return contact.partition(":")[2].startswith("~")


def as_of_today(contact: str) -> str:
    """Return the key in today's form. An earlier version wrote every id as it was, without a kind.

    A number was then an end user's id, so an external id of that form counts as one until its
    answer is written again.
    """
    token, _, identity = contact.partition(":")
    if not identity or _OF_TODAY.fullmatch(identity):
        return contact
    return of_identity(token, identity)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
