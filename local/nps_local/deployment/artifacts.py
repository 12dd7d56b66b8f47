"""Assembles the archives of a deployment: one of the functions, one of the layer.

A digest of its sources names an archive, so that an unchanged checkout deploys nothing.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from nps_local.deployment import layer_build

_NEVER_SHIPPED = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The sources of a deployment and the interpreter that runs them."""

    checkout: Path
    python: Path
    cache: Path

    @property
    def functions_key(self) -> str:
        """The archive of the folder `functions/`."""
        return f"functions-{digest(self._functions)}.zip"

    @property
    def layer_key(self) -> str:
        """The archive of the layer as Lambda lays it out: everything below `python/`."""
        return f"layer-{digest(self._layer / 'nps_core', self._lock)}.zip"

    def build(self, folder: Path) -> list[Path]:
        packages = layer_build.installed_requirements(self._lock, self.python, self.cache)
        with tempfile.TemporaryDirectory(dir=folder, prefix="assemble-") as scratch:
            functions, layer = Path(scratch, "functions"), Path(scratch, "layer")
            core = layer / "python" / "nps_core"
            ignore = shutil.ignore_patterns(*_NEVER_SHIPPED)
            shutil.copytree(self._functions, functions, ignore=ignore)
            shutil.copytree(self._layer / "nps_core", core, ignore=ignore)
            layer_build.compile_sources(self.python, functions, core)
            return [
                _archive(folder / self.functions_key, {functions: ""}),
                _archive(folder / self.layer_key, {layer: "", packages: "python/"}),
            ]

    @property
    def _functions(self) -> Path:
        return self.checkout / "functions"

    @property
    def _layer(self) -> Path:
        return self.checkout / "layers" / "nps_core"

    @property
    def _lock(self) -> Path:
        return self._layer / "requirements.txt"


def digest(*sources: Path) -> str:
    seen = hashlib.sha256()
    for source in sources:
        for path in sorted(source.rglob("*") if source.is_dir() else [source]):
            relative = path.relative_to(source.parent)
            if path.is_file() and _NEVER_SHIPPED.isdisjoint(relative.parts):
                content = path.read_bytes()
                seen.update(f"{relative.as_posix()}\0{len(content)}\0".encode())
                seen.update(content)
    return seen.hexdigest()[:16]


def _archive(target: Path, folders: dict[Path, str]) -> Path:
    # Stored, not deflated: every worker unpacks it, over no network.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for folder, prefix in folders.items():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, prefix + path.relative_to(folder).as_posix())
    return target
