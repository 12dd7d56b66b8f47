"""E-mail addresses: which ones can receive mail, and which domains identify no company."""

import re

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_ATOM = "[A-Za-z0-9!#%&'+/=^_`|~-]+"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(\.{_LABEL})+"
ADDRESS = rf"{_ATOM}(\.{_ATOM})*@{_DOMAIN}"
"""The one expression of an address; the template's parameters repeat it."""
SENDER = rf"{_PLAIN_ATOM}(\.{_PLAIN_ATOM})*@{_DOMAIN}"
"""The same without `* ? $ { }`: the sender is part of an ARN, where they stand for other names."""
MAX_LENGTH = 254
_ADDRESS = re.compile(ADDRESS)


FREE_MAIL = frozenset(
    """
    163.com 126.com aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hey.com
    hotmail.com icloud.com live.com mac.com mail.com me.com msn.com outlook.com proton.me
    protonmail.com qq.com web.de yahoo.com yandex.com yandex.ru ymail.com zoho.com
    """.split()
)
"""Domains of mail providers, which identify no company."""


def address(value: str | None) -> str | None:
    """Return a plain e-mail address in lower case; None if it cannot receive mail."""
    if value is None:
        return None
    plain = value.strip().lower()
    return plain if len(plain) <= MAX_LENGTH and _ADDRESS.fullmatch(plain) else None


def domain_of(mail_address: str) -> str:
    return mail_address.rpartition("@")[2].lower()
