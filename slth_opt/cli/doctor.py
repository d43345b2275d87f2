"""``slth doctor``: which versions are here, and whether their solvers tell the truth."""

from __future__ import annotations

import platform
from argparse import ArgumentParser, Namespace
from importlib.metadata import PackageNotFoundError, version

from slth_opt.cli.command import DONE, Command
from slth_opt.cli.outputs import print_json, print_lines

PACKAGES = ("slth-opt", "numpy", "numba", "scipy", "ortools", "pulp", "highspy")


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    versions = {"python": platform.python_version(), **{p: _version(p) for p in PACKAGES}}
    if options.json:
        print_json({"versions": versions})
    else:
        print_lines([(name, found or "not installed") for name, found in versions.items()])
    return DONE


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


COMMAND = Command(
    name="doctor",
    summary="show versions, and try known wrong answers of solvers on this machine",
    examples=("slth doctor", "slth doctor --json"),
    arguments=_arguments,
    run=_run,
)
