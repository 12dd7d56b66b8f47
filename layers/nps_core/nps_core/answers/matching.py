"""Finds the account of an answer, and the account's owner.

Order: the first configured property that is set, then the directory by external id, by e-mail
address, by company domain (free-mail domains never match). The answer stores the rule that matched.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from nps_core.addresses import FREE_MAIL, address, domain_of
from nps_core.answers.models import UNMATCHED, Answer

MAX_ID_BYTES = 800
"""An account id is part of keys, and DynamoDB limits keys to 1,024 bytes. A longer value is no id:
cut, it would be the id of another account as well."""
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class AccountRules:
    """The properties of an answer that hold its account and the account's owner."""

    account_properties: tuple[str, ...]
    name_property: str
    owner_property: str

    @property
    def names(self) -> frozenset[str]:
        """All properties that decide about an answer."""
        return frozenset({*self.account_properties, self.name_property, self.owner_property})

    @classmethod
    def of(cls, account_properties: str, name_property: str, owner_property: str) -> "AccountRules":
        """Build from settings; `account_properties` is comma separated, the first match wins."""
        names = tuple(name.strip() for name in account_properties.split(",") if name.strip())
        return cls(names, name_property, owner_property)


class Directory(Protocol):
    """Accounts from the customer's own records, not from answers."""

    def account_of(self, lookups: tuple[tuple[str, str], ...]) -> tuple[str, str] | None:
        """Return (account id, matching kind) for the first known (kind, value)."""
        ...


def resolve(answer: Answer, rules: AccountRules, directory: Directory) -> Answer:
    """Return the answer with account, account name, rule and owner set from its current content.

    The content of an erased answer is gone, so it keeps its account.
    """
    if answer.erased:
        return answer
    owner = address(_text(answer, rules.owner_property))
    name = (_text(answer, rules.name_property) or "")[:_MAX_NAME] or None
    too_long: list[str] = []
    for prop in rules.account_properties:
        value = _text(answer, prop)
        if value and len(value.encode()) > MAX_ID_BYTES:
            too_long.append(prop)
        elif value:
            return replace(
                answer,
                account_id=own_id(value),
                account_name=name,
                account_rule=f"property:{prop}",
                owner=owner,
            )
    lookups = _lookups(answer)
    found = directory.account_of(lookups) if lookups else None
    unmatched = f"too_long:{too_long[0]}" if too_long else "unmatched"
    account, rule = (found[0], f"directory:{found[1]}") if found else (None, unmatched)
    return replace(answer, account_id=account, account_name=name, account_rule=rule, owner=owner)


def own_id(account: str) -> str:
    """Return our id of an account that is named outside: as it is, but never with a ~ in front.

    That is kept for names of our own, such as that of the answers without an account.
    """
    return f"%7E{account[1:]}" if account.startswith("~") else account


def asked_id(account: str) -> str:
    """Return the account that an operator names: one of ours by its name, or one from outside."""
    return account if account == UNMATCHED else own_id(account)


def _lookups(answer: Answer) -> tuple[tuple[str, str], ...]:
    wanted: list[tuple[str, str]] = []
    if answer.external_id:
        wanted.append(("external_id", answer.external_id))
    # Looser than `address`: a contact may have an address that we would never mail to.
    if answer.email and "@" in answer.email:
        wanted.append(("email", answer.email))
        domain = domain_of(answer.email)
        if domain and domain not in FREE_MAIL:
            wanted.append(("domain", domain))
    return tuple(wanted)


def _text(answer: Answer, prop: str) -> str | None:
    value = answer.properties.get(prop)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None
