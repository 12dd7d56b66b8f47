"""Running local stacks. Without MiniStack's environment the tests are skipped, but not in CI."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nps_local import checkout
from nps_testing.stacks import local
from nps_testing.stacks.local import LocalStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is end to end."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def ministack_python() -> Path:
    """The interpreter of MiniStack's environment."""
    why = local.missing()
    if why and not os.environ.get("CI"):
        pytest.skip(why)
    return checkout.ministack_python()


@pytest.fixture(autouse=True)
def same_emulator(ministack_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chosen interpreter stays chosen, although a test's environment is clean."""
    monkeypatch.setenv(checkout.MINISTACK_PYTHON_VARIABLE, str(ministack_python))


@pytest.fixture(scope="session")
def local_stack(
    ministack_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalStack]:
    """One stack with the bundled fake and few answers, shared by the tests that only add to it."""
    shared = LocalStack(tmp_path_factory.mktemp("stack"), "--answers", "60", "--people", "20")
    shared.start()
    yield shared
    shared.stop()


@pytest.fixture
def start_stack(ministack_python: Path, tmp_path: Path) -> Iterator[Callable[..., LocalStack]]:
    """A function that starts a stack of the test's own, with the options that it is given."""
    started: list[LocalStack] = []

    def start(*options: str, data: Path | None = None) -> LocalStack:
        own = LocalStack(data or tmp_path / f"stack{len(started)}", *options)
        own.start()
        started.append(own)
        return own

    yield start
    for each in started:
        each.stop()
