"""The facts that the documentation states about the code are true."""

import json
import re

import pytest

from nps_core import config
from nps_core.scoring import Counts, account_class, count
from nps_testing.documents import ROOT, section, table, text
from nps_testing.template import load_template, resources

TEMPLATE = load_template()
FUNCTIONS = ("webhook", "inbox", "sync", "rollup", "notify", "deliver")


ALARMS = sorted(resources(TEMPLATE, "AWS::CloudWatch::Alarm"))
ADRS = sorted(path.name for path in (ROOT / "docs/adr").glob("*.md"))


# ------------------------------------------------------------------------------- configuration


def test_parameters__are_documented_with_default_and_range() -> None:
    documented = table(section(text("docs/configuration.md"), "Template parameters"))

    assert set(documented) == set(TEMPLATE["Parameters"])
    for name, parameter in TEMPLATE["Parameters"].items():
        default, allowed, _ = documented[name]
        if "Default" not in parameter:
            assert default == "required", name
        else:
            assert default.strip("`") == (str(parameter["Default"]) or "empty"), name
        if "MinValue" in parameter:
            assert allowed == f"{parameter['MinValue']} to {parameter['MaxValue']}", name


def test_outputs__are_documented() -> None:
    documented = table(section(text("docs/configuration.md"), "Outputs"))

    assert set(documented) == set(TEMPLATE["Outputs"])


def _readers() -> dict[str, set[str]]:
    """Return the functions that read each variable, by the settings they load."""
    readers: dict[str, set[str]] = {}
    for function in FUNCTIONS:
        settings = getattr(config, f"{function.capitalize()}Settings")
        for field in settings.model_fields.values():
            readers.setdefault(str(field.alias), set()).add(function)
    return readers


def _said(readers: str) -> set[str]:
    """Read a cell such as `all but rollup; why` or `webhook, sync`."""
    named = {name for name in FUNCTIONS if re.search(rf"\b{name}\b", readers)}
    return set(FUNCTIONS) - named if readers.startswith("all") else named


def test_environment_variables__are_documented_with_their_readers() -> None:
    documented = table(
        section(text("docs/configuration.md"), "Environment variables of the functions")
    )

    assert {name: _said(cells[-1].split(";")[0]) for name, cells in documented.items()} == (
        _readers()
    )


def test_metrics__of_alarms_and_dashboard_are_documented() -> None:
    shown = set(re.findall(r'"NpsLoop","(\w+)"', text("template.yaml"))) | {
        alarm["MetricName"]
        for alarm in resources(TEMPLATE, "AWS::CloudWatch::Alarm").values()
        if alarm.get("Namespace") == "NpsLoop"
    }

    assert shown <= set(table(section(text("docs/configuration.md"), "Metrics")))


# ---------------------------------------------------------------------------------- operations


def test_alarms__are_all_in_the_readme() -> None:
    assert sorted(table(section(text("README.md"), "Operations"))) == ALARMS


@pytest.mark.parametrize("alarm", ALARMS)
def test_alarm__has_meaning_action_and_resolution_in_the_runbook(alarm: str) -> None:
    runbook = text("docs/runbook.md")
    heading = "Quarantined alarms" if alarm.endswith("QuarantinedAlarm") else alarm
    entry = section(runbook, heading)

    assert alarm in heading + entry
    parts = re.findall(r"^(Meaning|What to do|Resolved when): \S", entry, re.M)
    assert parts == ["Meaning", "What to do", "Resolved when"]


def test_runbook__names_outputs_and_resources_that_exist() -> None:
    runbook = text("docs/runbook.md")

    assert set(re.findall(r"\$\(output (\w+)\)", runbook)) <= set(TEMPLATE["Outputs"])
    assert set(re.findall(r"\$\(resource (\w+)\)", runbook)) <= set(TEMPLATE["Resources"])


def test_runbook__says_what_stays_when_the_stack_is_removed() -> None:
    kept = {
        name
        for name, resource in TEMPLATE["Resources"].items()
        if "Retain" in resource.get("DeletionPolicy", "")
    }

    assert kept == {"ResponsesTable", "StateTable", "FailedBatches", "WootricSecret"}
    stays = "both tables, the failed-batches bucket and the secret"
    assert stays in section(text("docs/runbook.md"), "Removing the stack")


def test_make_targets__are_documented() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.M))

    named = {name.removeprefix("make ") for name in table(section(text("README.md"), "Try it"))}
    assert named == targets


def test_what_a_soak_does_in_full__is_documented() -> None:
    rows = dict(re.findall(r"^\| \[.*?\]\(\.\./(.*?)\) \| (.*) \|$", text("docs/soak.md"), re.M))
    files = (path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))
    samples = {
        str(path): re.findall(r"usually\(([\d_]+), soak=([\d_]+)\)", text(path))
        for path in files
        if re.search(r"^from nps_testing.effort import", text(path), re.M)
    }

    assert set(rows) == set(samples)
    for path, pairs in samples.items():
        for number in (int(digits) for pair in pairs for digits in pair):
            assert number < 10 or f"{number:,}" in rows[path], path


# ------------------------------------------------------------------------------------- numbers


def test_reasons_of_a_class__are_quoted_as_the_code_writes_them() -> None:
    quoted = re.findall(r'"([^"]+)"', section(text("docs/definitions.md"), "Class of an account"))

    accounts: tuple[list[int], ...] = ([], [5, 7], [9, 9, 7, 0])
    assert quoted == [account_class(count(scores))[1] for scores in accounts]


def test_example_of_a_summary__has_the_class_and_reason_of_its_counts() -> None:
    items = section(text("docs/data-model.md"), "Items of StateTable")
    found = re.search(r'^\{"pk": "ACCOUNT".*?\}$', items, re.S | re.M)
    assert found
    summary = json.loads(re.sub(r", \.\.\. ,", ",", found[0]))

    expected = (summary["class"], summary["class_reason"])
    assert account_class(Counts(**summary["latest"])) == expected


def test_words_about_few_answers__are_quoted_as_mails_write_them() -> None:
    quoted = re.findall(r'"([^"]+)"', section(text("docs/definitions.md"), "Numbers in a mail"))
    mails = " ".join(path.read_text() for path in (ROOT / "tests/unit/mails/golden").glob("*.txt"))

    assert len(quoted) == 2
    assert all(words in mails for words in quoted)


# ----------------------------------------------------------------------------------- decisions


@pytest.mark.parametrize("name", ADRS)
def test_decision__is_one_page_with_its_four_parts_and_is_listed(name: str) -> None:
    record = text(f"docs/adr/{name}")

    assert re.match(rf"# {name[:4]}: \S", record)
    assert re.findall(r"^## (.+)$", record, re.M) == [
        "Context",
        "Decision",
        "Consequences",
        "How to revert",
    ]
    assert len(record.splitlines()) <= 60
    assert f"(adr/{name})" in text("docs/architecture.md")
