"""What the documentation says about the package is what the package is."""

import importlib
import re
from pathlib import Path

import pytest
from test_floors import FLOORS

DOCS = Path(__file__).parent.parent / "docs"
FLOOR = re.compile(r"^\d+\. (.+)$", re.MULTILINE)
NAME = re.compile(r"`([\w.]+)`")
PYTHON = re.compile(r"`([A-Za-z_][\w.]*)(?:\([^`]*\))?`")
"""A name in backticks, with or without what it is called with."""
HOMES = ("slth_opt", "slth_opt.sources", "slth_opt.tickets", "slth_opt.certificates")
"""Where a name of the concepts that stands alone may come from."""


def rows_of(page):
    """Return the last cells of all table rows of a page, headings left out."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [line.strip("|").split("|")[-1] for line in text.splitlines() if line.startswith("| ")]


def resolves(name):
    """Tell whether a dotted name leads to something, through modules and then attributes."""
    if name.startswith("slth_opt."):
        module, _, attribute = name.rpartition(".")
        return hasattr(importlib.import_module(module), attribute)
    first, *rest = name.split(".")
    homes = [home for home in map(importlib.import_module, HOMES) if hasattr(home, first)]
    if not homes:
        return False
    thing = getattr(homes[0], first)
    return all(hasattr(thing, attribute) for attribute in rest)


def test_the_floors_on_the_page_are_the_floors():
    """`docs/architecture.md` lists every floor, from the ground up, as `FLOORS` has them."""
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    listed = [set(NAME.findall(floor)) for floor in FLOOR.findall(page)]
    assert listed == [{"slth_opt"} if floor == {"__init__"} else floor for floor in FLOORS]


@pytest.mark.parametrize(
    "name", sorted({n for row in rows_of("concepts.md") for n in PYTHON.findall(row)})
)
def test_a_python_name_of_the_concepts_is_one(name):
    """Each name that stands beside a mathematical object can be imported."""
    assert resolves(name)


def test_every_page_is_in_the_navigation():
    """No page of the documentation is out of reach from the first."""
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    trees = "\n".join(re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL)).split()
    assert {page.stem for page in DOCS.glob("*.md")} - {"index"} <= set(trees)


def test_the_concepts_name_what_exists():
    """The page does hold names, and one that leads nowhere would be noticed."""
    assert resolves("SubsetSum.from_reals")
    assert not resolves("SubsetSum.from_dreams")
