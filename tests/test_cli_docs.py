"""The README and the documentation show what really happens."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TAKES_LONG = {"howto.md", "instances.md", "layers.md", "tickets.md"}
"""Pages whose commands take more than a moment; the README and the quick start are not slow."""

FOLLOWED = "extending.md"
"""What this page shows is so after its steps: tests/test_extending_docs.py takes them."""

SESSION = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^):]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages(*, marked):
    """Return the pages as test parameters; marked, if the slow ones are to be told apart."""
    slow = pytest.mark.slow if marked else ()
    return [
        pytest.param(page, id=page.name, marks=slow if page.name in TAKES_LONG else ())
        for page in PAGES
        if not marked or page.name != FOLLOWED
    ]


def commands_in(session):
    """Return the pairs (command line, output shown) of a console session, in order."""
    parts = re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]
    return [(line, shown) for line, _, shown in (part.partition("\n") for part in parts)]


def examples_in(text, page, names):
    """Return the Python examples of a piece of a page as a test of the names known so far."""
    return doctest.DocTestParser().get_doctest(text, names, page.name, str(page), 0)


def run_session(slth, session):
    """Type each command of a session; it must print what the session shows."""
    for line, shown in commands_in(session):
        program, *arguments = shlex.split(line)
        assert program == "slth", f"{line}: only slth commands can be shown with their output"
        run = slth(*arguments)
        assert run.code == 0, f"{line}\n{run.err}"
        same = doctest.OutputChecker().check_output(shown, run.out, doctest.ELLIPSIS)
        assert same, f"{line}\n{run.out}"


@pytest.mark.parametrize("page", pages(marked=True))
def test_page_shows_what_happens(slth, page):
    """Each command and each Python example of a page, in order, gives what the page shows."""
    runner, names, wrong = doctest.DocTestRunner(verbose=False), {}, []
    for number, piece in enumerate(SESSION.split(page.read_text(encoding="utf-8"))):
        if number % 2:  # what the pattern caught: a session
            run_session(slth, piece)
        else:
            test = examples_in(piece, page, names)
            runner.run(test, out=wrong.append, clear_globs=False)
            names = test.globs
    assert "".join(wrong) == ""


def anchors_of(page):
    """Return what a link may have behind its #: the headings, as sites write them."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", pages(marked=False))
def test_links_lead_somewhere(page):
    """Every relative link of a page leads to a file, and to a heading if it names one."""
    for link, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        place = page.parent / link if link else page
        assert place.exists(), link
        assert not anchor or anchor in anchors_of(place), f"{link}#{anchor}"


@pytest.mark.parametrize("name", ["README.md", "docs/quickstart.md"])
def test_pages_that_newcomers_read_first_hold_sessions(name):
    """The pages that newcomers read first do show commands, so the tests above see some."""
    sessions = SESSION.findall((ROOT / name).read_text(encoding="utf-8"))
    assert sum(len(commands_in(session)) for session in sessions) >= 3


def test_a_wrong_session_is_noticed(slth):
    """A session that shows another output than the command's fails the test above."""
    with pytest.raises(AssertionError, match="--version"):
        run_session(slth, "$ slth --version\nslth 9.9.9\n")
