"""The context object that Lambda hands to a handler."""

from dataclasses import dataclass
from typing import Any, cast

from aws_lambda_powertools.utilities.typing import LambdaContext


@dataclass(frozen=True)
class FakeContext:
    """The attributes that Powertools and our handlers read."""

    function_name: str = "test"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:test"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    remaining_ms: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


def context(**overrides: Any) -> LambdaContext:
    """Return a context with the type that handlers take."""
    return cast("LambdaContext", FakeContext(**overrides))
