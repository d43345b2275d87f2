"""The architecture, held by reading the source: who may import whom, and what a file may hold."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "slth_opt"

FLOORS = (
    {"errors"},
    {"fields", "families", "grid", "kernels", "side_process", "worker_processes"},
    {"array_grid", "json_files", "problems"},
    {"size_rules"},
    {"array_files", "programs", "recovery", "reproving", "results", "guessing", "tables"},
    {"four_lists", "knapsack", "methods", "multipliers", "strengthening"},
    {"certificates", "backends", "halves", "heuristics"},
    {"counting", "coverage", "solving"},
    {"batch", "blocks", "canaries", "certifying", "fitting", "library", "networks", "theory"},
    {"budgets", "sources", "thin_pools", "third_parties", "tolerances"},
    {"choosing", "csv_rows", "layouts", "partial_profiles", "reproducing"},
    {"constructions", "task_records"},
    {"tickets"},
    {"comparing", "experiments", "instance_benchmarks", "instances", "worst_case"},
    {"benchmarking", "demonstration", "layer_benchmarks", "studies"},
    {"plots", "report"},
    {"__init__"},
    {"cli"},
)
"""From the ground up. A module imports only from floors below its own, or inside its package."""

FLOOR_OF = {unit: number for number, floor in enumerate(FLOORS) for unit in floor}
CLOSED = {"backends", "heuristics", "constructions", "studies"}
"""Packages whose files do not know each other; only their ``__init__`` knows them all."""

HEAVY = {
    "dask", "highspy", "matplotlib", "networkx", "numba", "numpy", "ortools", "pandas", "pulp",
    "rich", "safetensors", "scipy", "sklearn", "torch",
}  # fmt: skip
SOLVERS = {
    "ortools": {
        "backends.cp_sat",
        "backends.scip",
        "third_parties.cp_sat_files",
        "third_parties.scip_files",
    },
    "pulp": {"backends.cbc"},
    # A worst case asks for multipliers of linear programs only, and proves with them in integers.
    "scipy.optimize": {"backends.highs", "third_parties.highs_files", "worst_case.programs"},
    "highspy": set(),
}
"""Each solver and the files that may import it, inside a function."""

BANNED_NAMES = {"utils", "helpers", "base", "core", "common", "manager"}
ENUMS = {"Enum", "enum.Enum", "IntEnum", "enum.IntEnum", "StrEnum", "enum.StrEnum"}
GIVEN_PARENTS = {("slth_opt.backends.cp_sat", "cp_model.CpSolverSolutionCallback")}
"""Where another library leaves no choice: OR-Tools tells its incumbents to a subclass only."""


def imports_of(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the full name of everything a module imports, and where."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{'.' * node.level}{node.module or ''}.{alias.name}", node


def inside_functions(tree: ast.AST) -> set[ast.AST]:
    """Return every node that runs only when a function is called."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, functions)
        for inner in ast.walk(node)
        if inner is not node
    }


def only_for_types(tree: ast.AST) -> set[ast.AST]:
    """Return every node under ``if TYPE_CHECKING``, which never runs."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }


def unit_of(name: str) -> str:
    """Return the part of the package a dotted name belongs to: grid, backends, ..."""
    parts = name.split(".")
    known = len(parts) > 1 and parts[1] in FLOOR_OF
    return parts[1] if known else "__init__"


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def upward_imports(tree: ast.Module, module: str) -> Iterator[str]:
    """Imports from the same floor or from above."""
    own = unit_of(module)
    if module != PACKAGE and module.split(".")[1] not in FLOOR_OF:
        yield f"{module} is on no floor: add it to FLOORS"
        return
    for name, node in imports_of(tree):
        if name.startswith("."):
            yield f"{module}:{node.lineno} imports {name} by a relative path"
        elif is_within(name, PACKAGE):
            other = unit_of(name)
            if other != own and (FLOOR_OF[other] >= FLOOR_OF[own] or own == "kernels"):
                yield f"{module}:{node.lineno} ({own}) imports {name} ({other})"


def sibling_imports(tree: ast.Module, module: str) -> Iterator[str]:
    """Imports between files that must not know each other."""
    parts = module.split(".")
    if len(parts) < 3 or parts[1] not in CLOSED:
        return
    for name, node in imports_of(tree):
        if is_within(name, f"{PACKAGE}.{parts[1]}") and not is_within(name, module):
            yield f"{module}:{node.lineno} imports its sibling {name}"


def stray_solvers(tree: ast.Module, module: str) -> Iterator[str]:
    """Solvers imported outside a function of their own backend file."""
    called = inside_functions(tree)
    for name, node in imports_of(tree):
        for solver, homes in SOLVERS.items():
            if is_within(name, solver):
                if module.removeprefix(f"{PACKAGE}.") not in homes:
                    yield f"{module}:{node.lineno} imports {name} outside its backend file"
                elif node not in called:
                    yield f"{module}:{node.lineno} imports {name} outside a function"


def heavy_imports(tree: ast.Module, module: str) -> Iterator[str]:
    """Heavy packages imported when a module is, outside the kernels."""
    if module.startswith(f"{PACKAGE}.kernels"):
        return
    harmless = inside_functions(tree) | only_for_types(tree)
    for name, node in imports_of(tree):
        heavy = name.split(".")[0] in HEAVY or is_within(name, f"{PACKAGE}.kernels")
        if heavy and node not in harmless:
            yield f"{module}:{node.lineno} imports {name} at module level"


def stray_drawings(tree: ast.Module, module: str) -> Iterator[str]:
    """Uses of matplotlib outside ``plots/``."""
    if not module.startswith(f"{PACKAGE}.plots"):
        for name, node in imports_of(tree):
            if is_within(name, "matplotlib"):
                yield f"{module}:{node.lineno} imports {name} outside plots"


def nameless_modules(tree: ast.Module, module: str) -> Iterator[str]:
    """Modules with a name that says nothing."""
    del tree
    for part in module.split("."):
        if part.strip("_") in BANNED_NAMES:
            yield f"{module} is named {part}"


def heirs(tree: ast.Module, module: str) -> Iterator[str]:
    """Classes that inherit from anything but an exception, an enum or what a library demands."""
    if module == f"{PACKAGE}.errors":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for parent in node.bases:
                name = ast.unparse(parent)
                if name not in ENUMS and (module, name) not in GIVEN_PARENTS:
                    yield f"{module}:{node.lineno} {node.name} inherits {name}"


def loose_dataclasses(tree: ast.Module, module: str) -> Iterator[str]:
    """Dataclasses that are not frozen, slotted and keyword-only."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            name = ast.unparse(call.func if call else decorator)
            if name.split(".")[-1] == "dataclass":
                said = (
                    {k.arg for k in call.keywords if ast.unparse(k.value) == "True"}
                    if call
                    else set()
                )
                if not {"frozen", "slots", "kw_only"} <= said:
                    yield f"{module}:{node.lineno} dataclass {node.name} is not strict"


def swallowed_errors(tree: ast.Module, module: str) -> Iterator[str]:
    """Handlers that do nothing, and bare ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield f"{module}:{node.lineno} catches everything"
            if all(isinstance(s, ast.Pass) or _is_ellipsis(s) for s in node.body):
                yield f"{module}:{node.lineno} swallows an error"


def _is_ellipsis(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and ast.unparse(statement) == "..."


def mute_tests(tree: ast.Module, module: str) -> Iterator[str]:
    """Tests that do not open with a sentence."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            sentence = ast.get_docstring(node) or ""
            if not sentence.endswith("."):
                yield f"{module}:{node.lineno} {node.name} does not open with a sentence"


Rule = Callable[[ast.Module, str], Iterator[str]]

PACKAGE_RULES: tuple[Rule, ...] = (
    upward_imports,
    sibling_imports,
    stray_solvers,
    heavy_imports,
    stray_drawings,
    nameless_modules,
    heirs,
    loose_dataclasses,
    swallowed_errors,
)
TEST_RULES: tuple[Rule, ...] = (mute_tests, nameless_modules, swallowed_errors)


def modules_under(folder: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def breaches_of(rule: Rule, folder: str) -> list[str]:
    return [breach for name, tree in modules_under(folder) for breach in rule(tree, name)]


@pytest.mark.parametrize("rule", PACKAGE_RULES, ids=lambda rule: rule.__name__)
def test_package_keeps_rule(rule):
    """No file of the package breaks the rule."""
    assert breaches_of(rule, PACKAGE) == []


@pytest.mark.parametrize("rule", TEST_RULES, ids=lambda rule: rule.__name__)
def test_tests_keep_rule(rule):
    """No file of the tests breaks the rule."""
    assert breaches_of(rule, "tests") == []


def test_every_module_is_walked():
    """The walk sees the package's modules, its packages and these tests."""
    seen = {name for folder in (PACKAGE, "tests") for name, _ in modules_under(folder)}
    assert {"slth_opt", "slth_opt.grid", "slth_opt.backends", "tests.test_floors"} <= seen


PLANTED = (
    (upward_imports, "slth_opt.grid", "from slth_opt.problems import SubsetSum"),
    (upward_imports, "slth_opt.grid", "def f():\n    import slth_opt.solving"),
    (upward_imports, "slth_opt.results", "from slth_opt import guessing"),
    (upward_imports, "slth_opt.solving", "from slth_opt import solve"),
    (upward_imports, "slth_opt", "from slth_opt.cli.main import main"),
    (upward_imports, "slth_opt.kernels.meeting", "from slth_opt.errors import SlthError"),
    (upward_imports, "slth_opt.problems.subset_sum", "from .legality import Size"),
    (upward_imports, "slth_opt.attic", "x = 1"),
    (sibling_imports, "slth_opt.backends.cbc", "from slth_opt.backends.highs import solve"),
    (sibling_imports, "slth_opt.backends.cbc", "from slth_opt.backends import highs"),
    (stray_solvers, "slth_opt.solving", "def f():\n    import pulp"),
    (stray_solvers, "slth_opt.backends.cbc", "import pulp"),
    (
        stray_solvers,
        "slth_opt.backends.cbc",
        "def f():\n    from ortools.sat.python import cp_model",
    ),
    (stray_solvers, "slth_opt.theory", "def f():\n    from scipy import optimize"),
    (stray_solvers, "slth_opt.backends.highs", "def f():\n    import highspy"),
    (heavy_imports, "slth_opt.grid", "import numpy as np"),
    (heavy_imports, "slth_opt.grid", "class A:\n    from numba import njit"),
    (heavy_imports, "slth_opt.solving", "from slth_opt.kernels.meeting import FENCE"),
    (heavy_imports, "slth_opt.grid", "if True:\n    import scipy.special"),
    (stray_drawings, "slth_opt.report", "def f():\n    import matplotlib.pyplot as plt"),
    (nameless_modules, "slth_opt.problems.utils", ""),
    (nameless_modules, "slth_opt.core.grid", ""),
    (nameless_modules, "tests._helpers", ""),
    (heirs, "slth_opt.grid", "class Finer(Grid):\n    x = 1"),
    (heirs, "slth_opt.grid", "class Pair(NamedTuple):\n    x: int"),
    (heirs, "slth_opt.backends.cp_sat", "class Teller(cp_model.CpSolver):\n    x = 1"),
    (heirs, "slth_opt.solving", "class Teller(cp_model.CpSolverSolutionCallback):\n    x = 1"),
    (loose_dataclasses, "slth_opt.grid", "@dataclass\nclass A:\n    x: int"),
    (
        loose_dataclasses,
        "slth_opt.grid",
        "@dataclasses.dataclass(frozen=True, slots=True)\nclass A:\n    x: int",
    ),
    (
        loose_dataclasses,
        "slth_opt.grid",
        "@dataclass(frozen=True, slots=False, kw_only=True)\nclass A:\n    x: int",
    ),
    (swallowed_errors, "slth_opt.grid", "try:\n    f()\nexcept OSError:\n    pass"),
    (swallowed_errors, "slth_opt.grid", "try:\n    f()\nexcept OSError:\n    ..."),
    (swallowed_errors, "slth_opt.grid", "try:\n    f()\nexcept:\n    raise"),
    (mute_tests, "tests.test_grid", "def test_a():\n    assert f()"),
    (mute_tests, "tests.test_grid", "class TestA:\n    def test_a(self):\n        'no sentence'"),
)
"""One small file for every way to break a rule."""


@pytest.mark.parametrize(
    ("rule", "module", "source"), PLANTED, ids=lambda value: getattr(value, "__name__", None)
)
def test_planted_breach_is_reported(rule, module, source):
    """A file that breaks a rule is reported exactly once, by name."""
    (breach,) = rule(ast.parse(source), module)
    assert module in breach


ALLOWED = (
    (upward_imports, "slth_opt.solving", "from slth_opt.backends import BACKENDS"),
    (upward_imports, "slth_opt.problems.subset_sum", "from slth_opt.problems.legality import Size"),
    (upward_imports, "slth_opt.cli.solve", "from slth_opt import __version__"),
    (sibling_imports, "slth_opt.backends", "from slth_opt.backends import highs"),
    (stray_solvers, "slth_opt.backends.cbc", "def f():\n    import pulp"),
    (stray_solvers, "slth_opt.networks.graph", "def f():\n    import scipy.sparse"),
    (heavy_imports, "slth_opt.grid", "def f():\n    import numpy"),
    (heavy_imports, "slth_opt.grid", "if TYPE_CHECKING:\n    import numpy"),
    (heavy_imports, "slth_opt.kernels.meeting", "import numba"),
    (stray_drawings, "slth_opt.plots.profile", "def f():\n    import matplotlib"),
    (heirs, "slth_opt.errors", "class FileError(SlthError, ValueError):\n    x = 1"),
    (heirs, "slth_opt.results", "class Stop(enum.Enum):\n    x = 1"),
    (
        heirs,
        "slth_opt.backends.cp_sat",
        "class Teller(cp_model.CpSolverSolutionCallback):\n    x = 1",
    ),
    (
        loose_dataclasses,
        "slth_opt.grid",
        "@dataclass(frozen=True, slots=True, kw_only=True)\nclass A:\n    x: int",
    ),
    (swallowed_errors, "slth_opt.grid", "try:\n    f()\nexcept OSError:\n    x = 1"),
    (mute_tests, "tests.test_grid", "def test_a():\n    'Ones are ones.'"),
)
"""The nearest thing to each breach that is right."""


@pytest.mark.parametrize(
    ("rule", "module", "source"), ALLOWED, ids=lambda value: getattr(value, "__name__", None)
)
def test_right_code_is_not_reported(rule, module, source):
    """What resembles a breach but is none passes."""
    assert list(rule(ast.parse(source), module)) == []
