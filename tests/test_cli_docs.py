"""The README and the documentation show what really happens."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SESSIONS = re.compile(r"```console\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")


def commands_in(page):
    """Return the pairs (command line, output shown) of a page, in order."""
    text = "".join(SESSIONS.findall(page.read_text(encoding="utf-8")))
    parts = text.split("$ slth ")[1:]
    return [(line, shown) for line, _, shown in (part.partition("\n") for part in parts)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sessions_show_what_happens(slth, page):
    """Each command of a page, typed in order, prints what the page shows."""
    same = doctest.OutputChecker().check_output
    for line, shown in commands_in(page):
        run = slth(*shlex.split(line))
        assert run.code == 0, line
        assert same(shown, run.out, doctest.ELLIPSIS), f"{line}\n{run.out}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_examples_are_true(page):
    """The Python examples of a page run and give what they show."""
    results = doctest.testfile(str(page), module_relative=False)
    assert results.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Every relative link of a page leads to a file."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_pages_hold_sessions():
    """The pages that newcomers read first do show commands, so the tests above see some."""
    assert len(commands_in(ROOT / "README.md")) >= 3
    assert len(commands_in(ROOT / "docs" / "quickstart.md")) >= 3
