"""The tour names every room once, and the map of the code names every part."""

import re
from collections import Counter
from pathlib import Path

from nps_testing.documents import ROOT, links, section, text

TOUR = Path("docs/tour.md")


def rooms(root: str) -> set[Path]:
    """Return the packages below a folder, at any depth."""
    return {path.parent.relative_to(ROOT) for path in (ROOT / root).glob("*/**/__init__.py")}


def toured() -> Counter[Path]:
    """Return how often the tour links each folder."""
    targets = ((ROOT / TOUR.parent / link).resolve() for link in links(TOUR))
    return Counter(target.relative_to(ROOT) for target in targets if target.is_dir())


def test_tour__links_every_room_of_core_functions_and_cli_once_and_none_twice() -> None:
    expected = rooms("layers/nps_core/nps_core") | rooms("functions") | rooms("cli/nps_cli")
    named = toured()

    assert {room for room in expected if named[room] == 0} == set()
    assert {room for room, times in named.items() if times > 1} == set()


def test_tour__links_only_rooms() -> None:
    assert all((ROOT / room / "__init__.py").exists() for room in toured())


def test_modules_named_in_the_tour__exist_in_a_room_that_it_links() -> None:
    for module in re.findall(r"`(\w+\.py)`", text(TOUR)):
        assert any((ROOT / room / module).exists() for room in toured()), module


def test_map_of_the_code__names_every_room_of_the_core_and_every_function() -> None:
    entries = set(re.findall(r"^ {6}(\w+)/ ", section(text("README.md"), "The code"), re.M))

    for root in ("layers/nps_core/nps_core", "functions"):
        top = {path.parent.name for path in (ROOT / root).glob("*/__init__.py")}
        assert top <= entries, top - entries
        entries -= top
    assert entries == set()


def test_layers_in_the_architecture__are_those_that_are_enforced() -> None:
    diagram = section(text("docs/architecture.md"), "Rooms")
    layers = re.findall(r'^  "([\w |]+)",$', text("pyproject.toml"), re.M)
    core = layers[layers.index("connectors | mails | views") :][:6]

    drawn = [re.sub(r" {2,}.*", "", line) for line in re.findall(r"^ {6}(\w.*)$", diagram, re.M)]
    assert drawn == core
