"""``slth demo`` end to end: its numbers recomputed by other means, its page, its command lines."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from slth_opt.cli.demo_steps import CONSTRUCTIONS, FILES, METHODS, N
from slth_opt.constructions import construction_named
from slth_opt.library import read_instance
from slth_opt.networks import shipped_target, split_digits
from slth_opt.sources import generator
from slth_opt.tickets import build_ticket, default_rule, read_ticket

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return an empty folder in which the demo is run once."""
    return tmp_path_factory.mktemp("demo")


def run_in(home, *words):
    """Run a command line as a user does."""
    command = [sys.executable, "-m", "slth_opt.cli.main", *words]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def shown(home):
    """Return what the demo says of itself as JSON."""
    run = run_in(home, "demo", "--json")
    assert (run.returncode, run.stderr) == (0, "")
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def ticket(home, shown):
    """Return the ticket that the demo wrote."""
    return read_ticket(home / "out/demo/ticket.safetensors", shipped_target("digits"))


@pytest.fixture(scope="module")
def page(home, shown):
    """Return the page that the demo wrote."""
    return (home / "out/demo/report.html").read_text(encoding="utf-8")


def lines_of(page):
    """Return the command lines that stand on a page."""
    found = "\n".join(re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL))
    return [line for line in unescape(found).splitlines() if line]


@pytest.fixture(scope="module")
def again(home, shown):
    """Run the demo once more, as the page says, into another folder and for people."""
    return run_in(home, "demo", "--seed", "2024", "--out", "again")


def test_the_same_seed_gives_the_same_pictures(home, again):
    """Another run with the same seed draws the same figures, to the last byte."""
    assert again.returncode == 0
    for name in FILES:
        if name.endswith(".svg"):
            own, other = (home / folder / name for folder in ("out/demo", "again"))
            assert own.read_bytes() == other.read_bytes()


def test_the_picture_of_the_readme_is_this_one(home, shown):
    """The README shows the diamond that the demo draws."""
    picture = ROOT / "docs/pictures/winning_ticket.svg"
    assert picture.read_bytes() == (home / "out/demo/diamond.svg").read_bytes()
    assert f"](docs/pictures/{picture.name})" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_is_there(home, shown):
    """What the demo says it wrote is there, and nothing else; pictures are what they are called."""
    assert shown["written"] == [f"out/demo/{name}" for name in FILES]
    assert {path.name for path in (home / "out/demo").iterdir()} == set(FILES)
    for name in FILES:
        begin = (home / "out/demo" / name).read_bytes()[:4]
        assert begin == {".png": b"\x89PNG", ".svg": b"<svg"}.get(Path(name).suffix, begin)


def test_the_terminal_shows_the_same_within_100_columns(again, shown):
    """Without --json the same numbers are a text that fits on a terminal."""
    assert (again.returncode, again.stderr) == (0, "")
    assert max(map(len, again.stdout.splitlines())) <= 100
    edges = f"{shown['ticket']['edges']['edges']:,}"
    assert f"edges kept        {edges}, " in again.stdout
    assert f"{shown['layer']['fewest_edges']:,} edges are enough" in again.stdout


def test_the_certificate_is_true_by_the_standard_library_alone(home, shown):
    """A Python without any package says that the certificate is true."""
    assert shown["weight"]["verified"]["evidence"] == "agreed"
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from slth_opt.cli.main import main\n"
        "sys.exit(main(['verify', 'out/demo/weight.json']))"
    )
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=home, capture_output=True,
                         text=True, check=False)  # fmt: skip
    assert (run.returncode, run.stdout.splitlines()[0].rpartition(": ")[2]) == (0, "true")


def test_every_size_is_found_by_enumeration_too(home, shown):
    """For the smallest and largest sizes, whose subsets can all be tried, the best is the best."""
    problem = read_instance(home / "out/demo/weight.json").problem
    n = problem.num_candidates
    for size in (0, 1, 2, 3, n - 2, n - 1, n):
        sums = map(sum, combinations(problem.weights, size))
        least = min(abs(total - problem.target) for total in sums)
        assert shown["weight"]["best"][size] == float(problem.grid.real(least))
    pairs = zip(shown["weight"]["best"], shown["weight"]["drawn"], strict=True)
    assert [best for best, drawn in pairs if drawn < best] == []


def test_every_weight_keeps_ten_of_forty(ticket):
    """On both sides together every weight keeps exactly ten neurons, each of the right sign."""
    for plus, minus in (ticket.parts[:2], ticket.parts[2:]):
        assert ((plus.edges.sum(axis=1) + minus.edges.sum(axis=1)) == 10).all()
        assert not (plus.edges & minus.edges).any()


def test_every_sum_is_as_far_off_as_it_says(ticket, shown):
    """All sums, added up again as fractions, have the mean and largest error that is shown."""
    errors = [
        abs(total - Fraction(float(target)))
        for part in ticket.parts
        for total, target in zip(part.sums(), part.targets, strict=True)
    ]
    assert float(max(errors)) == shown["ticket"]["largest_error"]
    assert float(sum(errors) / len(errors)) == pytest.approx(shown["ticket"]["mean_error"])
    assert len(errors) == shown["ticket"]["weights"] == 4736


def test_right_answers_by_a_forward_pass_by_hand(ticket, shown):
    """A forward pass in plain numpy, from masks and random numbers, counts the same digits."""
    digits = split_digits()
    through = digits.test_inputs.astype(float)
    for k, source in enumerate(ticket.sources):
        outputs, inputs, _, width = source.second.shape
        kept = (ticket.parts[2 * k].edges | ticket.parts[2 * k + 1].edges).reshape(
            outputs, inputs, width
        )
        hidden = np.maximum(through[:, :, None] * source.first, 0)
        through = np.einsum("bih,oih->bo", hidden, np.where(kept, source.second[:, :, 0], 0))
        through = np.maximum(through, 0) if k == 0 else through
    right = int((through.argmax(axis=1) == digits.test_labels).sum())
    assert right == shown["right"]["ticket"]
    assert len(digits.test_labels) == shown["right"]["images"] == 360
    first, second = (layer.matrix() for layer in shipped_target("digits").layers)
    whole = np.maximum(digits.test_inputs @ first.T, 0) @ second.T
    assert int((whole.argmax(axis=1) == digits.test_labels).sum()) == shown["right"]["target"]


def test_all_ways_draw_the_same_random_numbers(ticket):
    """The three constructions and the ticket use one and the same random network."""
    target = shipped_target("digits")
    for name in CONSTRUCTIONS:
        sources = construction_named(name).lay_out(target, N, generator(ticket.seed))
        assert [s.digest for s in sources] == [s.digest for s in ticket.sources]


@pytest.mark.parametrize("name", CONSTRUCTIONS)
def test_no_heuristic_is_nearer_for_any_weight(ticket, name):
    """Weight by weight, no heuristic has a smaller error than the proven optimum."""
    target, rule = shipped_target("digits"), default_rule(construction_named(name), N)
    asked = {"n": N, "seed": ticket.seed, "rule": rule}
    best = build_ticket(target, name, method="exact", **asked)
    for method in METHODS[1:]:
        if name == "natale" and method == "golden":
            continue
        found = build_ticket(target, name, method=method, **asked)
        for part, own in zip(best.parts, found.parts, strict=True):
            assert part.choice.exponent == own.choice.exponent
            assert (part.choice.error_units <= own.choice.error_units).all()


def test_the_budget_is_kept(shown):
    """The shared layer keeps no more than its budget, and fewer errors than the same for all."""
    layer = shown["layer"]
    kept = sum(int(size) * weights for size, weights in layer["sizes"].items())
    assert kept == layer["edges"] <= layer["most"] == 5 * 320
    assert layer["optimal"]
    assert layer["value"] < layer["even"][5]
    assert layer["fewest_edges"] < layer["most"]


def test_the_page_fetches_nothing_and_runs_nothing(page):
    """No script, no source, no link leads out of the page."""
    seen = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: seen.append((tag, dict(attributes)))
    parser.feed(page)
    assert {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in seen} == set()
    assert [a for _, a in seen if "src" in a or "srcset" in a] == []
    led = [v for _, a in seen for name, v in a.items() if name.endswith("href")]
    assert [link for link in led if not link.startswith("#")] == []
    assert [url for url in re.findall(r"url\(([^)]*)\)", page) if not url.startswith("#")] == []
    ids = [a["id"] for _, a in seen if "id" in a]
    assert len(ids) == len(set(ids))


def test_the_page_says_what_was_found(page, shown):
    """The numbers of the page are those of the results."""
    text = unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)))
    assert f"It reads {shown['right']['ticket']} of 360 test digits right" in text
    assert f"keeps {shown['ticket']['edges']['edges']:,} of them" in text
    even, value = shown["layer"]["even"][5], shown["layer"]["value"]
    words = " ".join(text.split())
    assert f"the least sum of errors is {even:.4g}" in words
    assert f"and it is {value:.4g}; no other way" in words
    sizes = [int(size) for size in shown["layer"]["sizes"]]
    assert f"keeps between {min(sizes)} and {max(sizes)}." in words
    for row in shown["comparison"]:
        assert f"{row['mean_error']:.3g}" in text
    right = [100 * row["accuracy"] for row in shown["comparison"]]
    assert f"between {min(right):.1f} % and {max(right):.1f} %" in words


@pytest.fixture(scope="module")
def typed(home, page):
    """Run every command line of the page but the demo's own, in order; return what each printed.

    Those that make numbers of the page are asked for JSON.
    """
    told = {}
    for line in lines_of(page):
        words = shlex.split(line)[1:]
        if words[0] != "demo":
            more = ["--json"] if words[0] in ("ticket", "profile", "compare", "layer") else []
            told[line] = run_in(home, *words, *more)
    return told


def test_every_command_line_of_the_page_runs(page, typed):
    """Every command line on the page, typed where the demo was run, ends well."""
    assert len(typed) >= 12
    failed = {
        line: run.stderr for line, run in typed.items() if (run.returncode, run.stderr) != (0, "")
    }
    assert failed == {}
    own = [line for line in lines_of(page) if line not in typed]
    assert own == [f"slth demo --seed 2024 --out out/demo{more}" for more in ("", " --json")]


def test_command_lines_give_the_numbers_again(typed, shown):
    """Ticket, sizes, comparison and budgets come out of their own commands as the page says."""

    def told_by(word):
        return [json.loads(r.stdout) for x, r in typed.items() if x.startswith(f"slth {word}")]

    (cut,) = (told for told in told_by("ticket") if told["rule"]["rule"] == "exactly")
    for what in ("mean_error", "largest_error", "edges"):
        assert cut[what] == shown["ticket"][what]
    (sizes,) = told_by("profile")
    assert [size["error"] for size in sizes["sizes"]] == shown["weight"]["best"]
    (ways,) = told_by("compare")
    rows = [[{**row, "seconds": 0} for row in of] for of in (ways["rows"], shown["comparison"])]
    assert rows[0] == rows[1]
    budget, fewest, curve = told_by("layer")
    assert budget["value_exact"] == shown["layer"]["value_exact"]
    assert fewest["value"] <= shown["layer"]["even"][5]
    assert curve["curve"][-1]["value"] < budget["value"]


@pytest.fixture(scope="module")
def seven(home):
    """Run the demo with another seed, where scikit-learn and its digits are missing."""
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from slth_opt.cli.main import main\n"
        "sys.exit(main(['demo', '--seed', '7', '--out', 'seven', '--json']))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True,
                         check=False)  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    return json.loads(run.stdout)


def test_another_seed_finds_another_ticket(seven, shown):
    """With another seed the demo tells another true story, to its end."""
    assert seven["ticket"]["proven"]
    assert seven["ticket"]["mean_error"] != shown["ticket"]["mean_error"]


def test_without_images_no_right_answers_are_told(home, seven):
    """Where there are no test images, the demo says why, and its page counts no right answers."""
    assert list(seven["right"]) == ["unknown"]
    page = (home / "seven/report.html").read_text(encoding="utf-8")
    assert f"not counted: {seven['right']['unknown']}" in unescape(page)
    assert "test digits right" not in page
    assert "right answers are between" not in page
