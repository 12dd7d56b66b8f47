"""Reads the documents of the checkout by heading, table and link."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def text(name: str | Path) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(document: str, heading: str) -> str:
    """Return the text below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", document, re.S | re.M)
    assert found, f"no heading {heading!r}"
    return found[1]


def table(document: str) -> dict[str, list[str]]:
    """Return the cells of table rows by each name in backquotes in their first cell."""
    lines = re.findall(r"^\| (`.*) \|$", document, re.M)
    cells = [line.split(" | ") for line in lines]
    return {name: rest for first, *rest in cells for name in re.findall(r"`([^`]+)`", first)}


def without_code(document: str) -> str:
    return re.sub(r"^```.*?^```|^ {4}.*?$|`[^`\n]*`", "", document, flags=re.S | re.M)


def links(name: Path) -> list[str]:
    """Return the targets of a document's links to files of the checkout."""
    found = re.findall(r"\]\(([^)\s]+)\)", without_code(text(name)))
    return [target for target in found if not target.startswith(("https://", "http://"))]


def anchors(name: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text(name), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
