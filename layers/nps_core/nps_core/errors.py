"""Errors, named by what the caller must do.

    NpsError
    +-- ConfigError              fix the deployment, then redeploy
    +-- PermanentError           do not retry: the same input fails again
    |   +-- InvalidSignature     answer 401
    |   +-- PayloadError         quarantine the payload with `reason`
    |   +-- UnreadableItem       a stored item lacks a required value: leave it alone
    |   +-- StoreRefused         set the value aside: no retry makes DynamoDB or SQS take it
    |   +-- SourceRejected       Wootric refused the request permanently
    |   +-- Unauthorized         credentials are wrong: report it to the operator
    |       +-- AnotherAccount   credentials are right, but of another account
    +-- TransientError           retry later
        +-- RateLimited          retry after `retry_after_s`
        +-- SourceUnavailable    Wootric gave no valid reply
        +-- StoreUnavailable     DynamoDB, SQS or Secrets Manager gave no valid reply
        +-- Contended            lost a conditional write too often
        +-- LeaseLost            another run holds the connection now
        +-- OutOfTime            end the run; the next tick resumes

No message carries a secret, a customer's e-mail address, name or comment.
"""


class NpsError(Exception):
    """Root of all errors that this project raises on purpose."""


class ConfigError(NpsError):
    """A setting is missing or wrong; the message names it and the fix."""


class PermanentError(NpsError):
    """The same input fails again, so a retry is pointless."""


class InvalidSignature(PermanentError):
    """The webhook signature is absent, malformed or made with an unknown key."""


class PayloadError(PermanentError):
    """A payload that cannot be parsed; `reason` is a short code for the quarantine."""

    def __init__(self, reason: str, detail: str) -> None:
        """Keep `reason` (snake_case, stable) apart from `detail` (names the field, no content)."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class UnreadableItem(PermanentError):
    """A stored item that no version of ours has written; the message names the field."""


class StoreRefused(PermanentError):
    """DynamoDB or SQS refuses the value itself: too large, or a key that it cannot hold."""


class SourceRejected(PermanentError):
    """Wootric refused the request permanently (4xx other than 401, 404 and 429)."""


class Unauthorized(PermanentError):
    """Wootric refuses the credentials; an operator must replace them."""


class AnotherAccount(Unauthorized):
    """The credentials are those of an account that has none of the stored answers."""


class TransientError(NpsError):
    """A temporary failure of a dependency."""


class RateLimited(TransientError):
    def __init__(self, retry_after_s: float) -> None:
        """`retry_after_s`: seconds until the rate window ends, by the server's own header."""
        super().__init__(f"rate limited for {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class SourceUnavailable(TransientError):
    """Wootric did not answer, or answered 5xx, HTML or truncated JSON."""


class StoreUnavailable(TransientError):
    """An AWS dependency gave no valid reply; the write may not have happened."""


class Contended(TransientError):
    """A conditional write lost against other writers too often."""


class LeaseLost(TransientError):
    """Another run holds the connection's lease; stop without writing a checkpoint."""


class OutOfTime(TransientError):
    """The next wait would pass the run's deadline; the next tick resumes from here."""
