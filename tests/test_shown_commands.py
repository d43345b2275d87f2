"""Every command shown anywhere, outside the sessions that are run with their output, is real.

Sessions in ``console`` blocks are run by tests/test_cli_docs.py, examples of ``--help`` by
tests/test_cli.py. This is about all others: blocks without a language, and commands in a sentence.
"""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from slth_opt.cli.instances import ACTIONS
from slth_opt.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "instances").glob("*.md")),
]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
RUN_ELSEWHERE = {"console", "diff", "json", "pycon", "python", "text", "toml"}
"""Blocks that hold no commands, or whose commands are run with their output."""
SPAN = re.compile(r"`([^`\n]+)`")
PROGRAM = re.compile(r"(slth|make|python3?|pip|source|\.venv/bin/\w+)( |$)")

STANDS_FOR = {
    "A": "-1", "B": "1", "K": "2", "E": "0.05", "S": "3", "COUNT": "2", "BITS": "40", "N": "2",
    "NAME": "quantised", "FORMAT": "lp", "FAMILY": "uniform-fixed", "FOLDER": "images",
    "INSTANCE": "pool.json", "INSTANCE.json": "pool.json",
    "FILE": "written.json", "FILE.json": "written.json",
    "FILE.npz": "written.npz", "NETWORK.npz": "net.npz", "NET.safetensors": "masked.safetensors",
    "OUT": "out", "DIR": "out", "TARGET": "digits", "mine.json": "pool.json", "TICKET": "t",
}  # fmt: skip
"""What a word in capitals stands for when a command of a sentence is tried."""

TOO_LONG = {
    "--scale paper": "hours, to stand beside published numbers",
    "slth bench": "minutes, to time every method",
    "slth study pensia-weights": "a minute",
    "slth study": "up to a minute each; tests/test_studies.py runs them",
    "slth compare": "all constructions with all heuristics; tests/test_cli_compare.py runs it",
    "slth doctor": "tests/test_cli_doctor.py runs it",
    "slth instances check --again": "minutes, to solve the whole library once more",
}
"""Commands that are read by the parser but not run here, by how they begin or what they hold."""


def commands_of(page):
    """Yield every command of a page that no other test runs."""
    text = page.read_text(encoding="utf-8")
    for language, block in FENCED.findall(text):
        if language not in RUN_ELSEWHERE:
            yield from (clean(line) for line in block.splitlines())
    yield from (clean(span) for span in SPAN.findall(FENCED.sub("", text)))


def clean(line):
    """Drop a prompt and a comment."""
    return re.sub(r"\s+# .*$", "", line.strip().removeprefix("$ "))


def shown():
    """Return each command that is shown somewhere, once, with its first page."""
    first = {}
    for page in PAGES:
        for line in commands_of(page):
            for command in filter(PROGRAM.match, line.split(" && ")):
                first.setdefault(command, page.name)
    return first


SHOWN = shown()


def starting_with(program):
    return [command for command in SHOWN if command.split()[0] == program]


def in_full(command):
    """Return the words of an slth command with every placeholder filled in."""
    words = [STANDS_FOR.get(word, word) for word in shlex.split(command)]
    if "..." in words:
        at = words.index("...")
        words[at : at + 1] = ["--weights", "3,5,8", "--target", "9", "--size", "2"]
    return words[1:]


def is_only_a_name(words):
    """Tell whether a sentence names a command, or one of its actions, and gives it nothing."""
    return len(words) < 2 or (len(words) == 2 and words[0] == "instances" and "." not in words[1])


def parses(words):
    """Tell whether the command line accepts the words, without doing anything."""
    from slth_opt.cli.main import _join_negatives, _parser

    try:
        _parser().parse_args(_join_negatives(words))
    except SystemExit as ended:
        return not ended.code
    return True


def reason_not_to_run(command):
    return next(
        (why for part, why in TOO_LONG.items() if command.startswith(part) or part in command), None
    )


@pytest.fixture
def furnished(slth, tmp_path):
    """Return `slth` in a folder with the files that sentences speak of."""
    slth("solve", "--weights", "3,-5,8,13,2", "--target", "9", "--size", "2", "--save", "pool.json")
    slth("certify", "pool.json")
    np.savez(tmp_path / "net.npz", layer1=np.eye(3) / 2, layer2=np.ones((2, 3)) / 4)
    shutil.copytree(ROOT / "instances", tmp_path / "instances")  # which commands may write to
    return slth


@pytest.mark.parametrize("command", starting_with("slth"))
def test_a_command_in_a_sentence_is_one(command):
    """Its name is that of a command; with anything behind it, the command line takes it."""
    words = in_full(command)
    if is_only_a_name(words):
        known = {c.name for c in COMMANDS} | {"--help", "--version"}
        assert set(words[:1]) <= known, SHOWN[command]
    else:
        assert parses(words), SHOWN[command]


TO_RUN = [
    command
    for command in starting_with("slth")
    if not is_only_a_name(in_full(command)) and reason_not_to_run(command) is None
]


@pytest.mark.slow
@pytest.mark.parametrize("command", TO_RUN)
def test_a_command_in_a_sentence_runs(furnished, command):
    """It ends well where the files are that it speaks of."""
    run = furnished(*in_full(command))
    assert run.code == 0, run.err


@pytest.mark.parametrize("reason", TOO_LONG)
def test_every_exception_is_still_needed(reason):
    """A command on the list of those that take too long is shown somewhere."""
    assert [command for command in SHOWN if reason in command]


@pytest.mark.parametrize("command", starting_with("make"))
def test_make_has_the_target(command):
    """``make -n`` knows what to do for it."""
    words = [word for word in shlex.split(command) if not word.startswith("-")]
    run = subprocess.run([*words, "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", starting_with("python"))
def test_a_script_takes_its_options(command):
    """A benchmark reads the options it is shown with; it takes minutes, so it is not run."""
    words = [STANDS_FOR.get(word, word) for word in shlex.split(command)]
    place = next(p for p in (ROOT, ROOT / "instances") if (p / words[1]).is_file())
    script = [sys.executable, *words[1:], "--help"]
    run = subprocess.run(script, cwd=place, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_what_pip_is_asked_for_exists():
    """Extras named in ``pip install 'slth-opt[...]'`` are those of the package."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = {"slth-opt", ".", *(f"slth-opt[{name}]" for name in extras["optional-dependencies"])}
    asked = {shlex.split(command)[2] for command in starting_with("pip")}
    assert asked <= known


KNOWN_TO_ALL = {"source .venv/bin/activate", ".venv/bin/slth"}
"""What `make` set up: an environment and the command in it."""


def test_every_command_has_an_example():
    """Each command, and each action of one, shows at least one example by ``--help``."""
    assert [c.name for c in (*COMMANDS, *ACTIONS) if not c.examples] == []


def test_nothing_shown_is_left_out():
    """Each command shown falls under a test above, or is what every environment has."""
    programs = {"slth", "make", "python", "pip"}
    rest = [command for command in SHOWN if command.split()[0] not in programs]
    assert set(rest) <= KNOWN_TO_ALL


def test_a_command_that_is_not_one_is_noticed(tmp_path):
    """A page that shows an option nobody has would fail."""
    page = tmp_path / "page.md"
    page.write_text("Type `slth solve --fast`, or\n\n```\nslth solve --slow  # now\n```\n")
    found = list(commands_of(page))
    assert found == ["slth solve --slow", "slth solve --fast"]
    assert not any(parses(in_full(command)) for command in found)
