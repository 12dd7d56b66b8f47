"""DynamoDB for tests: moto in process, or DynamoDB Local, with the template's tables."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto import mock_aws

from nps_core.aws import clients
from nps_testing.stacks import dynamodb_local_server
from nps_testing.template import create_tables

BACKENDS = ["moto", pytest.param("dynamodb-local", marks=pytest.mark.java)]


@contextmanager
def moto_tables() -> Iterator[None]:
    """Empty tables on moto, named in the environment as in a deployed function."""
    with mock_aws():
        _create()
        yield


@contextmanager
def local_tables(endpoint: str) -> Iterator[None]:
    """Empty tables on DynamoDB Local; everything else (SES, SQS, secrets) stays on moto."""
    os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
    names = _create()
    try:
        yield
    finally:
        for name in names.values():
            clients.dynamodb().delete_table(TableName=name)


def _create() -> dict[str, str]:
    clients.forget_clients()
    names = create_tables(clients.dynamodb())
    os.environ["RESPONSES_TABLE"] = names["ResponsesTable"]
    os.environ["STATE_TABLE"] = names["StateTable"]
    return names


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """Endpoint of DynamoDB Local; required in CI, otherwise skipped with the reason."""
    lacking = dynamodb_local_server.missing()
    if lacking and not os.environ.get("CI"):
        pytest.skip(lacking)
    assert lacking is None, lacking
    with dynamodb_local_server.running() as endpoint:
        yield endpoint


@pytest.fixture(params=BACKENDS)
def tables(request: pytest.FixtureRequest, clean_environment: None) -> Iterator[str]:
    """The template's tables, empty, once on moto and once on DynamoDB Local."""
    backend = str(request.param)
    if backend == "moto":
        with moto_tables():
            yield backend
    else:
        with local_tables(request.getfixturevalue("dynamodb_local")):
            yield backend
