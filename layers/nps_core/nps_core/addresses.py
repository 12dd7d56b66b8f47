"""E-mail addresses: which ones can receive mail, and which domains identify no company."""

import re

_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f<>,;:\"()\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


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
    return plain if plain.isascii() and _ADDRESS.fullmatch(plain) else None


def domain_of(mail_address: str) -> str:
    return mail_address.rpartition("@")[2].lower()
