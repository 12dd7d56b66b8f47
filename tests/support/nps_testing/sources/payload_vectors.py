"""The signed example deliveries in tests/contract/payloads, byte for byte."""

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[3] / "contract" / "payloads"


class Vector(NamedTuple):
    """One delivery: the body on the wire and its signature header."""

    name: str
    body: bytes
    signature: str


def vectors() -> list[Vector]:
    """Return all deliveries, in the order of signatures.txt."""
    lines = (FOLDER / "signatures.txt").read_text().splitlines()
    pairs = [line.split() for line in lines]
    return [Vector(name, body(name), signature) for name, signature in pairs]


def body(name: str) -> bytes:
    """Return the body of one delivery, such as `response_created.json`."""
    return (FOLDER / name).read_bytes()
