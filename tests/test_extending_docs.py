"""The page on adding things is followed, word for word, on a copy of the package."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_cli_docs import SESSION, commands_in

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"^(?:In )?`(?P<path>slth_opt/\S+\.py)`:$|^```(?P<kind>python|diff)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
"""The name of a file; or a whole file, or lines to change in the file named last."""

GUARDS = (
    "tests/test_floors.py",
    "tests/test_agreement.py",
    "tests/test_certificates.py",
    "tests/test_constructions.py",
    "tests/test_heuristics.py",
    "tests/test_instances.py",
    "tests/test_plots.py",
    "tests/test_studies.py",
    "tests/test_tickets.py",
)
"""What new things fall under without anybody naming them in a test."""

OF_INTEREST = " or ".join(
    ("all_sums", "largest_first", "coins", "best_pairs", "best-pairs", "powers",
     "package_keeps_rule", "test_methods_differ_in_colour_and_in_shape")
)  # fmt: skip
"""The tests about them; all others are about things that the page does not touch."""


def change(path, diff):
    """Replace the lines of a diff that are there before by those that are there after."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{path.name} has no single place for:\n{diff}"
    path.write_text(text.replace(before, after), encoding="utf-8")


def follow(page, place):
    """Do what the page says in a copy of the package; return the new files."""
    path, new = None, []
    for step in STEP.finditer(page):
        if step["path"]:
            path = place / step["path"]
        elif step["kind"] == "diff":
            change(path, step["text"])
        else:
            assert not path.exists(), f"{path.name} is there already"
            path.write_text(step["text"], encoding="utf-8")
            new.append(str(path.relative_to(place)))
    return new


def run(place, *words):
    """Run Python in the copy, which comes before the package that is installed."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place), "HYPOTHESIS_PROFILE": "fast"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """Return the copy with everything added, and the names of the new files."""
    place = tmp_path_factory.mktemp("extended")
    for name in ("slth_opt", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "kernels")
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    # A link, so that compiled kernels are found beside them and not compiled again.
    (place / "slth_opt" / "kernels").symlink_to(ROOT / "slth_opt" / "kernels")
    for name in ("pyproject.toml", "README.md"):
        shutil.copyfile(ROOT / name, place / name)
    return place, follow(PAGE, place)


@pytest.mark.slow
@pytest.mark.parametrize("session", SESSION.findall(PAGE), ids=range(len(SESSION.findall(PAGE))))
def test_commands_show_what_the_page_shows(extended, session):
    """In the copy, the commands of the page print what the page shows."""
    import doctest

    place, _ = extended
    for line, shown in commands_in(session):
        done = run(place, "-m", "slth_opt.cli.main", *shlex.split(line)[1:])
        assert done.returncode == 0, done.stderr
        same = doctest.OutputChecker().check_output(shown, done.stdout, doctest.ELLIPSIS)
        assert same, f"{line}\n{done.stdout}"


@pytest.mark.slow
def test_new_things_pass_the_tests_that_wait_for_them(extended):
    """Their own examples, the rules of the house, and what each kind of thing must keep."""
    place, new = extended
    quick = ("-q", "-p", "no:xdist", "-m", "not slow", "-k", OF_INTEREST)
    done = run(place, "-m", "pytest", *quick, *new, *GUARDS)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.slow
@pytest.mark.parametrize("tool", [("ruff", "check"), ("ruff", "format", "--check")], ids=" ".join)
def test_new_files_keep_the_style(extended, tool):
    """What the page shows as a file passes the checks of style."""
    place, new = extended
    done = run(place, "-m", *tool, *new)
    assert done.returncode == 0, done.stdout


def test_a_change_that_finds_no_place_is_noticed(tmp_path):
    """A line that the page takes for granted and that is gone fails, and is shown."""
    (tmp_path / "a.py").write_text("x = 1\n")
    with pytest.raises(AssertionError, match="y = 2"):
        change(tmp_path / "a.py", " y = 2\n+z = 3\n")
