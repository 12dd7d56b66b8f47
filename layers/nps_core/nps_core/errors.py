"""Errors, named by what the caller must do.

    NpsError
    +-- ConfigError              fix the deployment, then redeploy
    +-- PermanentError           do not retry: the same input fails again
    |   +-- InvalidSignature     answer 401
    |   +-- PayloadError         quarantine the payload with `reason`
    |   +-- UnreadableItem       a stored item lacks what nothing can stand in for: leave it alone
    |   +-- SourceRejected       Wootric refused the request for good
    |   +-- Unauthorized         credentials are wrong: tell the operator
    +-- TransientError           retry later
        +-- RateLimited          retry after `retry_after_s`
        +-- SourceUnavailable    Wootric did not answer properly
        +-- StoreUnavailable     DynamoDB, SQS or Secrets Manager did not answer properly
        +-- Contended            lost a conditional write too often
        +-- LeaseLost            another run owns the connection now

No message carries a secret, a customer's e-mail address, name or comment.
"""


class NpsError(Exception):
    """Root of all errors that this project raises on purpose."""


class ConfigError(NpsError):
    """A setting is missing or wrong; the message names it and the fix."""


class PermanentError(NpsError):
    """The same input fails again, so a retry is pointless."""


class InvalidSignature(PermanentError):
    """The webhook signature is absent, malformed or made with no key of ours."""


class PayloadError(PermanentError):
    """A payload that cannot be understood; `reason` is a short code for the quarantine."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep `reason` (snake_case, stable) apart from `detail` (names the field, no content)."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class UnreadableItem(PermanentError):
    """A stored item that no version of ours has written; the message names the field."""


class SourceRejected(PermanentError):
    """Wootric refused the request for good (4xx other than 401, 404 and 429)."""


class Unauthorized(PermanentError):
    """Wootric refused our credentials."""


class TransientError(NpsError):
    """A dependency failed in a way that passes."""


class RateLimited(TransientError):
    """Wootric answered 429."""

    def __init__(self, retry_after_s: float) -> None:
        """`retry_after_s`: seconds until the rate window ends, by the server's own header."""
        super().__init__(f"rate limited for {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class SourceUnavailable(TransientError):
    """Wootric did not answer, or answered 5xx, HTML or truncated JSON."""


class StoreUnavailable(TransientError):
    """An AWS dependency did not answer properly; nothing is known to be written."""


class Contended(TransientError):
    """A conditional write lost against other writers more often than is reasonable."""


class LeaseLost(TransientError):
    """Another run owns the connection's lease; stop without writing a checkpoint."""


class OutOfTime(TransientError):
    """The run's deadline does not allow the next wait; the next tick goes on from here."""
