"""The result of a mail for every answer of SES, and for none. Over real HTTP."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from nps_core.aws import clients
from nps_core.outbox.mail_states import short_hash
from nps_core.outbox.mailer import SendResult
from nps_core.outbox.ses import SesMailer, classify
from nps_testing.fakes.ses_server import Answer, SesServer, ses_server


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[SesServer]:
    with ses_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", server.url)
        clients.forget_clients()
        yield server


def send(mailer: SesMailer | None = None) -> SendResult:
    mailer = mailer or SesMailer(clients.ses(), "nps@example.com", "nps-loop")
    return mailer.send("csm@example.com", "Subject ü", "<p>html</p>", "text", "a-key")


def test_mail__goes_out_with_everything_that_makes_a_copy_recognisable(ses: SesServer) -> None:
    assert send() == SendResult("SENT", "m-1")
    (mail,) = ses.received
    reference = short_hash("a-key", 32)
    assert mail["FromEmailAddress"] == "nps@example.com"
    assert mail["Destination"] == {"ToAddresses": ["csm@example.com"]}
    assert mail["ConfigurationSetName"] == "nps-loop"
    assert mail["EmailTags"] == [{"Name": "dedupe", "Value": reference}]
    simple = mail["Content"]["Simple"]
    assert simple["Headers"] == [{"Name": "X-Entity-Ref-ID", "Value": reference}]
    assert simple["Subject"] == {"Data": "Subject ü", "Charset": "UTF-8"}
    assert {part: body["Data"] for part, body in simple["Body"].items()} == {
        "Html": "<p>html</p>",
        "Text": "text",
    }


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        ((429, "TooManyRequestsException"), "RETRY", "TooManyRequestsException"),
        ((400, "LimitExceededException"), "RETRY", "LimitExceededException"),
        ((400, "ThrottlingException"), "RETRY", "ThrottlingException"),
        ((400, "AccountSuspendedException"), "HOLD", "AccountSuspendedException"),
        ((400, "SendingPausedException"), "HOLD", "SendingPausedException"),
        ((403, "AccessDeniedException"), "HOLD", "AccessDeniedException"),
        ((400, "MessageRejected"), "FAILED", "MessageRejected"),
        ((400, "MailFromDomainNotVerifiedException"), "FAILED", "MailFromDomainNotVerified"),
        ((404, "NotFoundException"), "FAILED", "NotFoundException"),
        ((400, "BadRequestException"), "FAILED", "BadRequestException"),
        ((500, "InternalServiceErrorException"), "UNKNOWN", "InternalServiceError"),
        ((503, ""), "UNKNOWN", ""),
        ("reset", "UNKNOWN", "ConnectionClosedError"),
    ],
    ids=str,
)
def test_answer_of_ses__has_one_meaning_and_is_asked_for_once(
    ses: SesServer, answer: Answer, outcome: str, detail: str
) -> None:
    ses.script.append(answer)
    result = send()
    assert result.outcome == outcome
    assert result.detail.startswith(detail)
    assert "must not be shown" not in result.detail
    assert len(ses.received) == 1, "one call is one submission"


def test_silence_of_ses__is_unknown(ses: SesServer) -> None:
    ses.script.append("silence")
    impatient = Config(read_timeout=0.2, retries={"mode": "standard", "total_max_attempts": 1})
    client = boto3.client("sesv2", config=impatient)
    result = send(SesMailer(client, "nps@example.com", "nps-loop"))
    assert result == SendResult("UNKNOWN", "ReadTimeoutError")
    assert len(ses.received) == 1


def test_no_connection__is_surely_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1")
    clients.forget_clients()
    assert send() == SendResult("RETRY", "EndpointConnectionError")


def test_failure_before_a_request__is_not_unknown() -> None:
    assert classify(NoCredentialsError()).outcome == "HOLD"
    assert classify(ParamValidationError(report="x")).outcome == "FAILED"
    assert classify(ReadTimeoutError(endpoint_url="x")).outcome == "UNKNOWN"
