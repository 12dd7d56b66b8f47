"""Prove that the output of `sam build` can run in Lambda.

Three defects of a build fail only after the deployment: a compiled extension for the wrong Python
or processor, a handler that is not in its artifact, and an import of a module that is not packaged.
The files show the first two. For the third, a bare interpreter imports the artifact and sees only
the artifact, the layer and the libraries of the Lambda runtime. If this machine's Python is not
Lambda's, the installed extensions of the same versions replace those of the layer.
"""

import argparse
import platform
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from nps_local.deployment.template import load

ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
# boto3 and its dependencies: part of the Lambda runtime, not of the layer.
RUNTIME_LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six")
IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
handler, sys.path[:0] = sys.argv[1], sys.argv[2:]
module, _, attribute = handler.rpartition(".")
if not callable(getattr(importlib.import_module(module), attribute)):
    raise SystemExit(f"{handler} is not callable")
for name in (module.partition(".")[0], "nps_core"):
    for found in pkgutil.walk_packages(importlib.import_module(name).__path__, name + "."):
        importlib.import_module(found.name)
"""


class Build(NamedTuple):
    """The runtime of the built template, and the artifact of each handler."""

    folder: Path
    python: str  # "314"
    machine: str  # "aarch64"
    layer: Path
    handlers: dict[str, tuple[str, Path]]  # logical id -> handler, artifact

    @classmethod
    def read(cls, folder: Path) -> "Build":
        """Read the template that `sam build` writes beside the artifacts."""
        template = load(folder / "template.yaml")
        shared: dict[str, Any] = template["Globals"]["Function"]
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for name, resource in template["Resources"].items():
            found.setdefault(resource["Type"], {})[name] = resource.get("Properties", {})
        (layer,) = found["AWS::Serverless::LayerVersion"].values()
        return cls(
            folder,
            shared["Runtime"].removeprefix("python").replace(".", ""),
            MACHINES[shared["Architectures"][0]],
            folder / layer["ContentUri"] / "python",
            {
                name: (function["Handler"], folder / function["CodeUri"])
                for name, function in found["AWS::Serverless::Function"].items()
            },
        )

    def runs_here(self) -> bool:
        """Whether this interpreter can load the layer's own extensions."""
        here = "{}{}".format(*sys.version_info[:2])
        return (here, platform.machine()) == (self.python, self.machine)


def extensions(folder: Path) -> list[Path]:
    """List every compiled extension below a folder."""
    return sorted(path for path in folder.rglob("*.so*") if path.is_file())


def wrong_extensions(build: Build) -> Iterator[str]:
    """Yield extensions whose name or machine code is not for the template's runtime."""
    wanted = (f".cpython-{build.python}-{build.machine}-linux-gnu.so", ".abi3.so")
    for path in extensions(build.layer):
        if not path.name.endswith(wanted):
            yield f"{path.relative_to(build.layer)}: not for Python {build.python} {build.machine}"
        with path.open("rb") as file:
            header = file.read(20)
        machine = ELF_MACHINES.get(struct.unpack_from("<H", header, 18)[0])
        if machine != build.machine:
            yield f"{path.relative_to(build.layer)}: machine code for {machine}"


def missing_handlers(build: Build) -> Iterator[str]:
    """Yield functions whose artifact lacks the module that the template names."""
    for name, (handler, artifact) in build.handlers.items():
        module = handler.rpartition(".")[0].replace(".", "/") + ".py"
        if not (artifact / module).is_file():
            yield f"{name}: no {module} in its artifact"


def leftovers(build: Build) -> Iterator[str]:
    """Yield compiled bytecode: it is for this machine's Python and only enlarges the upload."""
    for path in build.folder.rglob("__pycache__"):
        yield f"{path.relative_to(build.folder)}: bytecode does not belong into an artifact"


def stage_layer(build: Build, target: Path) -> None:
    """Copy the layer, with extensions that this interpreter can load.

    Raises:
        SystemExit: a version installed here is not the version in the layer.
    """
    ignore = None if build.runs_here() else shutil.ignore_patterns("*.so*")
    shutil.copytree(build.layer, target, ignore=ignore)
    if build.runs_here():
        return
    owners = {path.relative_to(build.layer).parts[0] for path in extensions(build.layer)}
    for packaged in metadata.distributions(path=[str(build.layer)]):
        if not any(file.parts[0] in owners for file in packaged.files or ()):
            continue
        here = metadata.distribution(packaged.name)
        if here.version != packaged.version:
            raise SystemExit(
                f"{packaged.name} {here.version} is installed, the layer has {packaged.version}: "
                "install the development requirements again"
            )
        for file in here.files or ():
            if file.name.endswith((sysconfig.get_config_var("EXT_SUFFIX"), ".abi3.so")):
                shutil.copy2(str(here.locate_file(file)), target / file)


def stage_runtime(target: Path) -> None:
    """Link only the libraries of Lambda's Python."""
    target.mkdir()
    for name in RUNTIME_LIBRARIES:
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}:
            link = target / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))))


def failing_imports(build: Build) -> Iterator[str]:
    """Yield functions that a bare interpreter cannot import from their artifact and the layer."""
    with tempfile.TemporaryDirectory() as scratch:
        layer, runtime = Path(scratch, "layer"), Path(scratch, "runtime")
        stage_layer(build, layer)
        stage_runtime(runtime)
        for name, (handler, artifact) in build.handlers.items():
            path = [str(artifact), str(layer), str(runtime)]
            command = [sys.executable, "-I", "-S", "-B", "-c", IMPORT_EVERYTHING, handler, *path]
            done = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"{name}: {done.stderr.strip()}"


def main() -> int:
    """Check the build and print every defect."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".aws-sam/build"))
    build = Build.read(parser.parse_args().folder.resolve())
    problems = [*wrong_extensions(build), *missing_handlers(build), *leftovers(build)]
    problems = problems or list(failing_imports(build))
    for problem in problems:
        print(f"artifact: {problem}", file=sys.stderr)
    if not problems:
        print(
            f"artifact: {len(build.handlers)} handlers import, {len(extensions(build.layer))} "
            f"extensions are for Python {build.python} {build.machine}"
        )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
