"""The options of every command."""

from dataclasses import dataclass
from pathlib import Path

from nps_cli.shell.errors import Failure


@dataclass(frozen=True, slots=True)
class Options:
    """Select the stack and the output format."""

    local: bool = False
    stack: str | None = None
    region: str | None = None
    data: Path | None = None
    json: bool = False

    def words(self) -> list[str]:
        """Return the options that name the stack, as typed."""
        words = ["--local"] if self.local else []
        named = {"--stack": self.stack, "--region": self.region, "--data": self.data}
        return words + [
            word for name, value in named.items() if value for word in (name, str(value))
        ]

    def require_one_stack(self) -> None:
        """Raise Failure unless they name one stack."""
        if self.local and self.stack:
            raise Failure("give either --local or --stack NAME, not both")
        if not (self.local or self.stack):
            raise Failure(
                "which stack? give --local for the one that `nps local up` started,"
                " or --stack NAME --region REGION for a deployed one"
            )
