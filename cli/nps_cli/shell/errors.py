"""Failures as one line with the fix and exit status 1; errors of AWS print no traceback."""

import sys
from typing import IO, TYPE_CHECKING, Any, TypeGuard

import click

from nps_core.errors import NpsError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_SIGN_IN = "sign in to AWS again (`aws sso login`, or set AWS_PROFILE) and repeat"
_ALLOW = "this AWS identity lacks the permission; use one that may operate the stack"
_NETWORK = "check the network and --region; a local stack is started with `nps local up`"
_AGAIN = "AWS is busy; repeat in a minute"
_MISSING = "a resource of the stack is gone; deploy the stack again"

_FIXES = {
    _SIGN_IN: (
        "ExpiredToken ExpiredTokenException RequestExpired InvalidClientTokenId"
        " UnrecognizedClientException SignatureDoesNotMatch InvalidAccessKeyId NoCredentialsError"
        " PartialCredentialsError TokenRetrievalError SSOTokenLoadError UnauthorizedSSOTokenError"
        " CredentialRetrievalError ProfileNotFound LoginRefreshRequired"
    ),
    _ALLOW: "AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized",
    _NETWORK: (
        "EndpointConnectionError ConnectTimeoutError ReadTimeoutError ConnectionClosedError"
        " ProxyConnectionError SSLError InvalidRegionError"
    ),
    _AGAIN: (
        "ThrottlingException Throttling ProvisionedThroughputExceededException"
        " RequestLimitExceeded TooManyRequestsException InternalServerError ServiceUnavailable"
    ),
    _MISSING: "ResourceNotFoundException NotFoundException",
}
_FIX_OF = {code: fix for fix, codes in _FIXES.items() for code in codes.split()}


class Failure(click.ClickException):
    """Ends the command with exit status 1 and this message, which says what to do."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {self.format_message()}", err=file is None, file=file)


def translated() -> tuple[type[Exception], ...]:
    """Return the exceptions that `main` turns into a `Failure`.

    Errors of the SDK are included only if the SDK has been imported: the import is too slow for
    `nps --help` and wrong usage.
    """
    sdk = sys.modules.get("botocore.exceptions")
    return (NpsError, sdk.ClientError, sdk.BotoCoreError) if sdk else (NpsError,)


def code_of(exc: BaseException) -> str:
    """Return the error code of AWS or its SDK."""
    if _is_refusal(exc):
        return str(exc.response.get("Error", {}).get("Code", "unknown"))
    if isinstance(exc, NpsError) and exc.__cause__ is not None:
        return code_of(exc.__cause__)
    return type(exc).__name__


def explain(exc: Exception) -> str:
    """Return one line with the failure and its fix, without content of items."""
    code = code_of(exc)
    if _is_refusal(exc):
        what = f"{exc.operation_name}: {code}"
    else:
        what = str(exc) if isinstance(exc, NpsError) else code
    fix = _FIX_OF.get(code)
    return " ".join(f"{what}: {fix}".split()) if fix else " ".join(what.split())


def _is_refusal(exc: BaseException) -> "TypeGuard[ClientError]":
    sdk = sys.modules.get("botocore.exceptions")
    return sdk is not None and isinstance(exc, sdk.ClientError)
