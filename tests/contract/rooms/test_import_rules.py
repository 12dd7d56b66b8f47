"""Each import rule detects a violation in a copy of the sources."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from nps_testing.documents import ROOT

CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
SOURCES = ("functions", "layers/nps_core", "local", "cli")
BREACHES = {
    "Layers: programs": ("layers/nps_core/nps_core/times.py", "import rollup.service"),
    "The operator's command": ("cli/nps_cli/commands/tasks.py", "import deliver.service"),
    "AWS and HTTP": ("layers/nps_core/nps_core/answers/merge.py", "import requests"),
    "Rooms of the core": ("layers/nps_core/nps_core/answers/merge.py", "import nps_core.mails"),
    "Views import no store": (
        "layers/nps_core/nps_core/views/tasks.py",
        "import nps_core.follow_up.items",
    ),
    "Rooms of the sync's rules": (
        "layers/nps_core/nps_core/sync/reading/paging.py",
        "import nps_core.sync.proof.gaps",
    ),
    "Rooms of the operator's command": (
        "cli/nps_cli/shell/tables.py",
        "import nps_cli.commands.tasks",
    ),
    "No import cycles": ("local/nps_local/options.py", "import nps_local.up_command"),
}
"""Beginning of a rule's name -> a module, and an import that it must not have."""


def broken_rules(sources: Path) -> list[str]:
    """Run the linter over the copy; returns its lines about rules that do not hold."""
    path = os.pathsep.join(str(sources / folder) for folder in SOURCES)
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert any(line.startswith("Contracts: ") for line in lines), done.stdout + done.stderr
    return [line for line in lines if " BROKEN" in line]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources, and the rules that hold for them."""
    folder = tmp_path_factory.mktemp("sources")
    for source in SOURCES:
        no_caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / source, folder / source, ignore=no_caches)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_every_rule__has_a_breach_here() -> None:
    names = [contract["name"] for contract in CONFIG["contracts"]]
    assert len(names) == len(BREACHES)
    assert all(any(name.startswith(start) for name in names) for start in BREACHES)


@pytest.mark.parametrize("rule", BREACHES)
def test_a_rule__is_broken_by_an_import_against_it(copy: Path, rule: str) -> None:
    module, breach = BREACHES[rule]
    path = copy / module
    sound = path.read_text()
    path.write_text(f"{sound}\n{breach}\n")
    try:
        assert any(name.startswith(rule) for name in broken_rules(copy))
    finally:
        path.write_text(sound)


def test_a_new_room_of_the_core__must_be_given_its_place(copy: Path) -> None:
    room = copy / "layers/nps_core/nps_core/attic.py"
    room.write_text('"""A room without a place."""\n')
    try:
        assert any(name.startswith("Rooms of the core") for name in broken_rules(copy))
    finally:
        room.unlink()
