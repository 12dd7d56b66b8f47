import sys
from pathlib import Path

import pytest

from nps_local import checkout
from nps_local.deployment import template
from nps_local.deployment.artifacts import Artifacts
from nps_local.deployment.deploy import Deployment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("functions/rollup/app.py", "layers/nps_core/nps_core/keys.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text("x = 1\n")
    (tmp_path / "layers/nps_core/requirements.txt").write_text("jinja2==3.1.6\n")
    return tmp_path


def fingerprint(folder: Path, **parameters: str) -> str:
    document = template.load(checkout.ROOT / "template.yaml")
    artifacts = Artifacts(folder, Path(sys.executable), folder / "cache")
    return Deployment(document, parameters, artifacts).fingerprint


def test_fingerprint__of_the_same_sources__is_the_same(folder: Path) -> None:
    before = fingerprint(folder, A="1", B="2")
    (folder / "functions/rollup/__pycache__").mkdir()
    (folder / "functions/rollup/__pycache__/app.pyc").write_text("compiled")
    assert fingerprint(folder, B="2", A="1") == before


def test_fingerprint__of_another_parameter__differs(folder: Path) -> None:
    assert fingerprint(folder, A="1") != fingerprint(folder, A="2")


@pytest.mark.parametrize(
    "changed",
    [
        "functions/rollup/app.py",
        "functions/rollup/new.py",
        "layers/nps_core/nps_core/keys.py",
        "layers/nps_core/requirements.txt",
    ],
)
def test_fingerprint__of_changed_code_or_packages__differs(folder: Path, changed: str) -> None:
    before = fingerprint(folder)
    (folder / changed).write_text("x = 2\n")
    assert fingerprint(folder) != before


def test_fingerprint__of_a_renamed_file__differs(folder: Path) -> None:
    before = fingerprint(folder)
    (folder / "functions/rollup/app.py").rename(folder / "functions/rollup/other.py")
    assert fingerprint(folder) != before
