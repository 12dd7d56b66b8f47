"""Links resolve, promised tests exist, and no document holds what belongs to one machine."""

import re
from pathlib import Path

import pytest

from nps_testing.documents import ROOT, anchors, links, text, without_code

DOCUMENTS = sorted(
    path.relative_to(ROOT) for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
SHIPPED = [
    *DOCUMENTS,
    Path("docs/flow.svg"),
    Path(".github/workflows/ci.yml"),
    Path(".pre-commit-config.yaml"),
]
_FOREIGN = re.compile(
    r"/(home|root|work|tmp|Users)/\w|localhost:\d|pypi\.|pythonhosted|npmjs|registry\.\w"
)
"""Folders of one machine and hosts of package registries."""


@pytest.mark.parametrize("name", DOCUMENTS, ids=str)
def test_link__leads_somewhere(name: Path) -> None:
    for target in links(name):
        path, _, anchor = target.partition("#")
        file = (ROOT / name.parent / path).resolve() if path else ROOT / name
        assert file.exists(), target
        assert file.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(file.relative_to(ROOT)), target


def test_document__can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    todo = [Path("README.md")]
    while todo:
        name = todo.pop()
        if name in seen or name.suffix != ".md":
            continue
        seen.add(name)
        for target in links(name):
            path = target.partition("#")[0]
            if path:
                todo.append((ROOT / name.parent / path).resolve().relative_to(ROOT))

    assert set(DOCUMENTS) <= seen


def test_promises__are_seven_and_each_names_a_test_that_exists() -> None:
    readme = text(Path("README.md"))
    promises = re.search(r"^## Promises\n(.*?)^Not there yet", readme, re.S | re.M)
    assert promises
    parts = re.split(r"^\d\. ", promises[1], flags=re.M)[1:]

    assert len(parts) == 7
    for part in parts:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", part)
        assert named, part
        for file, test in named:
            assert re.search(rf"^def {test}\(", text(Path(file)), re.M), f"{file}::{test}"


def test_files_named_in_backquotes__exist() -> None:
    for name in DOCUMENTS:
        for file in re.findall(
            r"`((?:tests|docs|bench|tools|layers|functions)/[\w./]+)`", text(name)
        ):
            assert (ROOT / file).exists(), f"{name}: {file}"


@pytest.mark.parametrize("name", SHIPPED, ids=str)
def test_document__names_no_machine_and_no_registry(name: Path) -> None:
    assert not _FOREIGN.search(text(name)), _FOREIGN.search(text(name))


@pytest.mark.parametrize("name", DOCUMENTS, ids=str)
def test_document__is_plain_text_without_decoration(name: Path) -> None:
    assert text(name).isascii()
    assert text(name).endswith("\n")
    assert max(map(len, text(name).splitlines())) <= 400


def test_documents__say_no_paragraph_twice() -> None:
    known: dict[str, Path] = {}
    for name in DOCUMENTS:
        for paragraph in without_code(text(name)).split("\n\n"):
            words = " ".join(paragraph.split())
            if len(words) < 80 or words.startswith("|"):
                continue
            assert known.setdefault(words, name) == name, words


def test_workflow__grants_nothing_by_default_and_pins_every_action() -> None:
    workflow = text(Path(".github/workflows/ci.yml"))

    assert re.search(r"^permissions: \{\}$", workflow, re.M)
    assert "contents: read" in workflow
    for action in re.findall(r"uses: (\S+)", workflow):
        assert re.search(r"@[0-9a-f]{40}$", action), action
