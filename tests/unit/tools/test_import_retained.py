"""The files of an import change set hold exactly what outlives the stack."""

import json
import subprocess
import sys
from pathlib import Path

from nps_local.checkout import ROOT
from nps_testing.documents import section, text
from nps_testing.template import load_template

NAMES = {
    "ResponsesTable": "nps-responses",
    "StateTable": "nps-state",
    "FailedBatches": "nps-batches",
    "WootricSecret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
}


def run(folder: Path, names: dict[str, str]) -> subprocess.CompletedProcess[str]:
    words = [f"{name}={value}" for name, value in names.items()]
    command = [sys.executable, "tools/import_retained.py", "--out", str(folder), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_import_files__hold_the_retained_resources_and_nothing_that_they_refer_to(
    tmp_path: Path,
) -> None:
    assert run(tmp_path, NAMES).returncode == 0
    template = json.loads((tmp_path / "template.json").read_text())
    resources = json.loads((tmp_path / "resources.json").read_text())
    kept = {
        name
        for name, resource in load_template()["Resources"].items()
        if "Retain" in resource.get("DeletionPolicy", "")
    }
    assert set(template["Resources"]) == {one["LogicalResourceId"] for one in resources} == kept
    # An import may refer to nothing that it does not hold, and uses no macro.
    assert set(template) == {"AWSTemplateFormatVersion", "Resources"}
    written = json.dumps(template)
    assert not any(word in written for word in ('"Ref"', "Fn::", '"Condition"'))
    names = [value for one in resources for value in one["ResourceIdentifier"].values()]
    assert names == list(NAMES.values())


def test_a_name_that_lacks__is_wrong_usage_that_lists_all(tmp_path: Path) -> None:
    result = run(tmp_path, {"ResponsesTable": "x"})
    assert result.returncode == 2
    assert "ResponsesTable, StateTable, FailedBatches, WootricSecret" in result.stderr


def test_the_runbook__names_every_retained_resource_in_its_recipe() -> None:
    recipe = section(text("docs/runbook.md"), "Coming back after the removal")
    assert all(f"{name}=" in recipe for name in NAMES)
