"""Installs the layer's locked requirements for the interpreter that MiniStack runs on.

MiniStack runs every Python function on its own interpreter, whatever Runtime the template names,
so the output of `sam build` would not import there. Sources, lock and layout are the same. The
installed packages stay under .cache until the lock or the interpreter changes.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

_IDENTITY = "import sys, sysconfig; print(sys.implementation.cache_tag, sysconfig.get_platform())"


def installed_requirements(lock: Path, python: Path, cache: Path) -> Path:
    """A folder with the packages of a hashed lock, laid out for a layer."""
    identity = _output(python, "-c", _IDENTITY)
    digest = hashlib.sha256(lock.read_bytes() + identity.encode()).hexdigest()[:16]
    folder = cache / f"layer-{digest}"
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="layer-") as unfinished:
        target = Path(unfinished) / "python"
        _install(lock, python, target)
        compile_sources(python, target)
        try:
            target.rename(folder)
        except OSError:
            # Another `up` was faster, with the same result.
            if not folder.exists():
                raise
    return folder


def compile_sources(python: Path, *folders: Path) -> None:
    """Byte-compile, because every worker unpacks the code again and would compile it again."""
    arguments = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    _output(python, *arguments, *map(str, folders))


def _install(lock: Path, python: Path, target: Path) -> None:
    # --no-deps: the lock is complete, and pip need not ask the index for metadata.
    arguments = ["--require-hashes", "--no-deps", "--no-compile", "--only-binary", ":all:"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    _output(
        python, "-m", "pip", "install", *quiet, *arguments, "-r", str(lock), "--target", str(target)
    )
    shutil.rmtree(target / "bin", ignore_errors=True)


def _output(python: Path, *arguments: str) -> str:
    done = subprocess.run([str(python), *arguments], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{python} {' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
    return done.stdout.strip()
