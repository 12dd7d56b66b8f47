"""Which Wootric accounts the stack reads."""

from nps_cli.space import Space


def connection_tokens(space: Space) -> list[str]:
    """Return the account token of every connection of the stack."""
    return [space.target.parameter("WootricAccountToken")]
