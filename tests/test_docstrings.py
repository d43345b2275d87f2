"""Every public function has an example, and every example runs: pytest collects them all."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import slth_opt

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "slth_opt"

FLOORS_WITHOUT = {
    "kernels": "arrays in, arrays out: shown by the methods that call them, held by naive twins",
    "cli": "commands: the examples of their --help are run by tests/test_cli.py",
}
"""Parts whose functions nobody calls by hand, and what shows them instead."""

ONE_BY_ONE = {
    "studies.solver_times.run": "asks every solver there is; run by tests/test_studies.py",
    "side_process.serve": "the main loop of a process; `ask` shows it",
    "third_parties.cp_sat_files.answer": "runs in a process of its own; `solve` beside it shows it",
    "third_parties.highs_files.answer": "the same",
    "third_parties.scip_files.answer": "the same",
    "instance_benchmarks.running.answer": "the same, for `compare_instances`",
    "instance_benchmarks.running.compare_instances": "starts a process for every method, seconds"
    " even for one instance: run by tests/test_instance_bench.py",
}


SAYS_A_WHOLE_STUDY = "finding"
"""The function of a study that needs the rows of all its tasks: tests/test_studies*.py run it."""


def has_example(node: ast.AST) -> bool:
    return ">>>" in (ast.get_docstring(node) or "")


def public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def without_example(name: str, tree: ast.Module) -> list[str]:
    """Return the public functions of a module that show no example."""
    if name.split(".")[0] in FLOORS_WITHOUT:
        return []
    found = (f"{name}.{node.name}" for node in public_functions(tree) if not has_example(node))
    return [full for full in found if full not in ONE_BY_ONE and not says_a_whole_study(full)]


def says_a_whole_study(full: str) -> bool:
    return full.startswith("studies.") and full.endswith(f".{SAYS_A_WHOLE_STUDY}")


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append((name, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


def test_every_public_function_has_an_example():
    """No function that can be called by hand is without one."""
    missing = [full for name, tree in modules() for full in without_example(name, tree)]
    assert missing == []


@pytest.mark.parametrize("name", slth_opt.__all__)
def test_everything_the_package_offers_has_an_example(name):
    """A function shows how it is called; a class shows it itself or at one of its methods."""
    offered = getattr(slth_opt, name)
    members = vars(offered).values() if isinstance(offered, type) else ()
    texts = [inspect.getdoc(thing) or "" for thing in (offered, *members)]
    assert any(">>>" in text for text in texts)


def test_everything_the_package_offers_can_be_listed():
    """`dir` names what is imported only on first use as well."""
    assert set(slth_opt.__all__) <= set(dir(slth_opt))


@pytest.mark.parametrize("part", [*FLOORS_WITHOUT, *ONE_BY_ONE])
def test_every_exemption_is_about_something(part):
    """What is exempt is there."""
    whole = {name for name, _ in modules()}
    functions = {
        f"{name}.{node.name}" for name, tree in modules() for node in public_functions(tree)
    }
    assert part in whole | functions


def test_a_function_without_an_example_is_noticed():
    """A public one is reported by name; a private one is left in peace."""
    tree = ast.parse("def shown():\n    '''>>> 1'''\ndef bare():\n    '''No.'''\ndef _own(): ...")
    assert without_example("grid", tree) == ["grid.bare"]
