"""The recipient of alerts: always someone, and always within the allowed domains.

Order: the owner in the answer's properties, the account's owner in the directory, the fallback
owner. A wrong address in a customer property must not leak a comment to a stranger.
"""

from collections.abc import Callable
from dataclasses import dataclass

from nps_core.addresses import address, domain_of
from nps_core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Owner:
    """A valid recipient, and the reason for the choice (it never shows a refused address)."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class OwnerPolicy:
    """The fallback owner and the allowed mail domains."""

    fallback: str
    domains: frozenset[str]

    @classmethod
    def of(cls, fallback_owner: str, recipient_domains: str) -> "OwnerPolicy":
        """Build from settings; without domains, the fallback owner's own domain is allowed.

        Raises:
            ConfigError: the fallback owner cannot receive mail.
        """
        fallback = address(fallback_owner)
        if fallback is None:
            raise ConfigError("FALLBACK_OWNER must be one plain e-mail address")
        named = {part.strip().lower().lstrip("@") for part in recipient_domains.split(",")}
        domains = frozenset(named - {""}) or frozenset({domain_of(fallback)})
        return cls(fallback, domains)

    def choose(self, named: str | None, in_directory: Callable[[], str | None]) -> Owner:
        """Return the first allowed owner; the directory is read only if needed."""
        refused: list[str] = []
        if owner := self._accept(named, "the owner named by the answer", refused):
            return owner
        if owner := self._accept(in_directory(), "the account's owner in the directory", refused):
            return owner
        why = refused or ["nobody else is named for the account"]
        return Owner(self.fallback, "; ".join(["the fallback owner", *why]))

    def _accept(self, named: str | None, source: str, refused: list[str]) -> Owner | None:
        plain = address(named)
        if plain is None:
            return None
        if domain_of(plain) in self.domains:
            return Owner(plain, "; ".join([source, *refused]))
        refused.append(f"{source} is outside the allowed domains")
        return None
