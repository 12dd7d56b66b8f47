"""What every test gets: a clean environment and no cached client, setting or secret."""

import os
import sys
from collections.abc import Iterator
from functools import cache
from unittest.mock import patch

import pytest
from botocore.loaders import JSONFileLoader

from nps_core.aws import clients
from nps_testing.stacks import environment
from nps_testing.stacks.backends import dynamodb_local, tables

__all__ = ["dynamodb_local", "tables"]  # fixtures for every test

# Powertools reads its variables when a handler is imported, as Lambda sets them before that.
os.environ.update(environment.FUNCTION)

# Hundreds of SDK sessions come and go; what describes the services is parsed once for all of them.
JSONFileLoader.load_file = staticmethod(cache(JSONFileLoader().load_file))  # type: ignore[method-assign]

_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "CI", "JAVA_HOME", "COVERAGE_PROCESS_START")


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """Only the variables of a deployed function: nothing of the developer's machine leaks in."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with patch.dict(os.environ, {**kept, **environment.AWS, **environment.FUNCTION}, clear=True):
        _forget()
        yield
        _forget()


def _forget() -> None:
    """Empty every `deps()` cache of an imported handler, and the client cache."""
    clients.forget_clients()
    for module in list(sys.modules.values()):
        forget = getattr(getattr(module, "deps", None), "cache_clear", None)
        if forget is not None:
            forget()
