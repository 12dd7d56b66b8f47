"""Sending mail through SES, once per call, with an exact outcome."""

from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from nps_core.outbox.mail_states import short_hash
from nps_core.outbox.mailer import SendResult

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_THROTTLED = {"TooManyRequestsException", "LimitExceededException", "ThrottlingException"}
_STOPPED = {"AccountSuspendedException", "SendingPausedException"}


class SesMailer:
    """`Mailer` over SES. The client must not retry: SES has no idempotency token."""

    def __init__(self, client: "SESV2Client", sender: str, configuration_set: str) -> None:
        """`sender` is the one address that all mail comes from."""
        self._client, self._sender, self._configuration_set = client, sender, configuration_set

    def send(self, to: str, subject: str, html: str, text: str, key: str) -> SendResult:
        """Send one mail to one recipient. Errors of SES and the network are results, never raised.

        Every attempt carries the hash of `key`: as a tag for SES's events, and as a reference by
        which mail programs group a rare second copy with the first.
        """
        reference = short_hash(key, 32)
        try:
            reply = self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": subject, "Charset": "UTF-8"},
                        "Body": {
                            "Html": {"Data": html, "Charset": "UTF-8"},
                            "Text": {"Data": text, "Charset": "UTF-8"},
                        },
                        "Headers": [{"Name": "X-Entity-Ref-ID", "Value": reference}],
                    }
                },
                EmailTags=[{"Name": "dedupe", "Value": reference}],
                ConfigurationSetName=self._configuration_set,
            )
        except (ClientError, BotoCoreError) as exc:
            return classify(exc)
        return SendResult("SENT", reply.get("MessageId", ""))


def classify(exc: ClientError | BotoCoreError) -> SendResult:
    """Return the outcome of a failed call, without the text of SES's error."""
    if isinstance(exc, ClientError):
        code = str(exc.response.get("Error", {}).get("Code", "unknown"))
        return _by_answer(code, exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    name = type(exc).__name__
    if isinstance(exc, ConnectTimeoutError | EndpointConnectionError):
        return SendResult("RETRY", name)  # no connection, so nothing was submitted
    if isinstance(exc, NoCredentialsError):
        return SendResult("HOLD", name)
    if isinstance(exc, ParamValidationError):
        return SendResult("FAILED", name)
    return SendResult("UNKNOWN", name)


def _by_answer(code: str, status: int) -> SendResult:
    if code in _THROTTLED or status == 429:
        return SendResult("RETRY", code)
    if code in _STOPPED or status in (401, 403):
        return SendResult("HOLD", code)  # the mail is fine: an operator must act
    if 400 <= status < 500:
        return SendResult("FAILED", code)
    return SendResult("UNKNOWN", code)
