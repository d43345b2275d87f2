"""The notebooks: clean files for the reader, and every claim in them holds when they are run."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from slth_opt.json_files import write_text

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

MOST_LINES = 3
"""Of a function: a reader should see what happens, not how it was wrapped."""

MACHINE_PATHS = re.compile(r"/(home|root|tmp|work|Users|usr|opt|mnt|var)/|[A-Z]:\\")

EVERY_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == kind]


def is_hidden(cell: dict[str, Any]) -> bool:
    """A code cell folds away by its tag, a page of text by its markup."""
    if cell["cell_type"] == "code":
        return "hide-cell" in cell["metadata"].get("tags", [])
    return "<details>" in text(cell) and "</details>" in text(cell)


def headings(path: Path) -> list[tuple[int, str]]:
    """The level and the words of every heading, fenced code left out."""
    prose = "\n".join(text(cell) for cell in cells(path, "markdown"))
    prose = re.sub(r"(?ms)^```.*?^```", "", prose)
    return [(len(m[1]), m[2]) for m in re.finditer(r"(?m)^(#+) (.+)$", prose)]


def trees(path: Path) -> list[ast.Module]:
    """The code cells, parsed: so there is no magic that only a notebook understands."""
    return [ast.parse(text(cell)) for cell in cells(path, "code")]


def declared_modules() -> set[str]:
    """What the package depends on always; extras may be missing where a notebook is read."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = (re.split(r"[<>=!~ \[;]", line)[0] for line in project["dependencies"])
    return {"slth_opt", *(name.replace("-", "_").lower() for name in names)}


def test_there_are_notebooks_and_the_list_names_each_of_them():
    """`notebooks/README.md` lists every notebook, so that a reader finds it."""
    listed = set(re.findall(r"\(([\w.]+\.ipynb)\)", (FOLDER / "README.md").read_text()))
    assert listed == {path.name for path in NOTEBOOKS} != set()


@EVERY_NOTEBOOK
def test_a_notebook_is_stored_without_what_a_run_leaves_behind(path: Path):
    """No outputs, no counters, no times of execution: a diff shows only what somebody wrote."""
    notebook = read(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags"}
        assert text(cell).strip()
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@EVERY_NOTEBOOK
def test_cells_have_names_that_stay(path: Path):
    """The id of a cell is a name somebody gave it, once in the notebook, no random number."""
    names = [cell["id"] for cell in read(path)["cells"]]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name)] == []


@EVERY_NOTEBOOK
def test_a_notebook_has_one_title_and_sections_in_order(path: Path):
    """It opens with its only title, and no heading is more than one level below the one before."""
    found = headings(path)
    assert read(path)["cells"][0]["cell_type"] == "markdown"
    assert text(read(path)["cells"][0]).startswith("# ")
    assert [level for level, _ in found].count(1) == 1
    assert sum(level == 2 for level, _ in found) >= 3
    assert all(below <= above + 1 for (above, _), (below, _) in pairwise(found))


@EVERY_NOTEBOOK
def test_no_function_is_longer_than_three_lines(path: Path):
    """Code that a reader must step through stands in the open."""
    functions = [
        node
        for tree in trees(path)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]
    assert [f.name for f in functions if f.end_lineno - f.lineno + 1 > MOST_LINES] == []


@EVERY_NOTEBOOK
def test_no_path_of_a_machine_is_in_a_notebook(path: Path):
    """It runs anywhere, so it names no folder of the machine it was written on."""
    found = [m[0] for c in read(path)["cells"] for m in MACHINE_PATHS.finditer(text(c))]
    assert found == []


@EVERY_NOTEBOOK
def test_a_notebook_imports_only_what_the_package_brings(path: Path):
    """Whoever has installed the package can run every notebook."""
    imported: set[str] = set()
    for tree in trees(path):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or ".").split(".")[0])
    assert "slth_opt" in imported
    assert imported - declared_modules() - sys.stdlib_module_names == set()


@EVERY_NOTEBOOK
def test_a_notebook_ends_with_exercises_whose_solutions_are_hidden(path: Path):
    """Three or more, each asked in the open; the code of a solution is checked by itself."""
    every = read(path)["cells"]
    titles = [i for i, cell in enumerate(every) if re.search(r"(?m)^## Exercises", text(cell))]
    assert len(titles) == 1
    after = every[titles[0] :]
    solutions = [i for i, cell in enumerate(after) if is_hidden(cell)]
    assert len(solutions) >= 3
    assert all(is_hidden(cell) for cell in after if cell["cell_type"] == "code")
    assert not any(is_hidden(cell) for cell in every[: titles[0]])
    code = [cell for cell in after if cell["cell_type"] == "code"]
    assert code
    assert all("assert " in text(cell) for cell in code)


@EVERY_NOTEBOOK
def test_what_a_notebook_teaches_is_asserted_in_it(path: Path):
    """The key facts stand as asserts before the exercises, so a run cannot teach untruths."""
    shown = [cell for cell in cells(path, "code") if not is_hidden(cell)]
    assert sum("assert " in text(cell) for cell in shown) >= 3


def executed(notebook: Any, folder: Path) -> Any:
    """Run a notebook from top to bottom in a fresh kernel; the first error ends it."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    return notebook


@pytest.mark.slow
def test_a_notebook_whose_assert_fails_is_not_taken_for_a_good_one(tmp_path: Path):
    """The run below would notice: a cell that asserts something false ends it with an error."""
    from nbclient.exceptions import CellExecutionError
    from nbformat.v4 import new_code_cell, new_notebook

    false = new_notebook(cells=[new_code_cell("assert 1 + 1 == 3")])
    with pytest.raises(CellExecutionError, match="AssertionError"):
        executed(false, tmp_path)


@pytest.mark.slow
@EVERY_NOTEBOOK
def test_a_notebook_runs_from_top_to_bottom(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """In a fresh kernel every cell runs, every assert holds, every figure is drawn, none warns."""
    import nbformat

    monkeypatch.delenv("MPLBACKEND", raising=False)  # a kernel shows figures unless told not to
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    run = executed(notebook, tmp_path)
    outputs = [output for cell in run.cells for output in cell.get("outputs", [])]
    warned = [o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr"]
    assert warned == []
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 2
    assert list(tmp_path.iterdir()) == []
    # What ran well here `make docs` shows as it is, if nothing is newer.
    shown = ROOT / "build" / "notebooks" / path.name
    shown.parent.mkdir(parents=True, exist_ok=True)
    write_text(shown, nbformat.writes(run))
