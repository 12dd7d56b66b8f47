import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from nps_cli.shell.errors import Failure, explain
from nps_cli.sync.call import outcome, with_fix
from nps_core.aws.clients import store_errors
from nps_core.errors import StoreUnavailable


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "ana@acme.example"}}, "Query")


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("ExpiredTokenException", "sign in to AWS again"),
        ("AccessDeniedException", "lacks the permission"),
        ("ThrottlingException", "repeat in a minute"),
        ("ResourceNotFoundException", "deploy the stack again"),
    ],
)
def test_what_aws_refuses__is_one_line_with_the_fix(code: str, fix: str) -> None:
    line = explain(refused(code))
    assert line.startswith(f"Query: {code}: ")
    assert fix in line
    assert "\n" not in line


def test_what_aws_says__is_not_repeated() -> None:
    assert "acme" not in explain(refused("ValidationException"))


def test_a_failure_that_the_core_translated__still_gets_its_fix() -> None:
    with pytest.raises(StoreUnavailable) as caught, store_errors("GetItem"):
        raise refused("ExpiredTokenException")
    assert "GetItem: ExpiredTokenException: sign in to AWS again" in explain(caught.value)


def test_missing_credentials__are_named_with_the_fix() -> None:
    assert explain(NoCredentialsError()).startswith("NoCredentialsError: sign in to AWS again")


def test_outcome__is_the_report_of_the_function() -> None:
    assert outcome(b'{"status": "complete"}', None) == {"status": "complete"}


@pytest.mark.parametrize(
    ("payload", "error", "expected"),
    [
        (b'{"errorType": "Unauthorized", "errorMessage": "no"}', "Unhandled", "nps connect"),
        (
            b'{"errorMessage": "Task timed out after 900 s"}',
            "Unhandled",
            "repeat to continue",
        ),
        (b"<html>", None, "not JSON"),
    ],
)
def test_a_function_that_raised__fails_with_its_reason_and_a_fix(
    payload: bytes, error: str | None, expected: str
) -> None:
    with pytest.raises(Failure, match=expected):
        outcome(payload, error)


def test_a_reason_without_a_known_fix__sends_to_the_doctor() -> None:
    assert with_fix("strange") == "strange: `nps doctor` looks for the cause"
