"""The table of layer methods: true rows, agreeing proofs, and a table anybody can read."""

from dataclasses import replace

import numpy as np
import pytest

from slth_opt.backends import BACKENDS, backend_named
from slth_opt.cli.bench import BEGIN, END
from slth_opt.errors import ClaimRejected, ProblemError
from slth_opt.grid import Grid
from slth_opt.layer_benchmarks import NAMES, Row, Run, as_tables, choose_series, compare_layers
from slth_opt.layer_benchmarks.measuring import _rows
from slth_opt.layer_benchmarks.records import APPROACHES
from slth_opt.layer_benchmarks.series import SERIES
from slth_opt.methods import Claim
from slth_opt.problems import SharedBlock
from slth_opt.results import Stop
from tests import naive

pytestmark = pytest.mark.slow  # seconds each: `make check` runs them

TINY = {
    "blocks": ((3, 2), (5, 2)),
    "joints": ((2, 2, 2), (2, 3, 1)),
    "budgets": ((2, 4), (3, 3)),
    "vectors": ((6, 2), (8, 3)),
    "fits": ((6, 4), (8, 5)),
}
"""Sizes small enough for every subset to be looked at."""

SHOWN = [
    "problem", "size", "approach", "method", "exact", "instances", "seconds", "values_exact",
    "bounds_exact", "proven", "says_finished", "gap", "optimum_known", "truly_optimal", "troubles",
]  # fmt: skip


def tiny_series(name):
    return [replace(line, sizes=TINY[name], warm_up=TINY[name][0]) for line in choose_series(name)]


def problems_of(line, size, *, instances, seed):
    return [line.draw(size, np.random.default_rng([seed, i, *size])) for i in range(instances)]


@pytest.fixture(scope="module", params=NAMES)
def compared(request):
    """The series of one name, and the rows of all methods on tiny problems of it."""
    series = tiny_series(request.param)
    return series, list(compare_layers(series, instances=2, seconds=5.0, seed=3))


def test_proven_values_are_the_optima(compared):
    """Every value a method proves is that of looking at every subset."""
    series, rows = compared
    wrong = []
    for line in series:
        for size in line.sizes:
            problems = problems_of(line, size, instances=2, seed=3)
            truth = [naive.optimum(problem) for problem in problems]
            for row in rows:
                if (row.rule, row.size) == (line.rule, size):
                    wrong += [
                        (row.method, size, run.value, optimum)
                        for run, optimum in zip(row.runs, truth, strict=True)
                        if run.proven and run.value != optimum
                    ]
    assert wrong == []


def test_exact_methods_prove_tiny_problems(compared):
    """Every exact method proves every tiny problem within the limit."""
    _, rows = compared
    assert [row.method for row in rows if row.is_exact and row.proven < 2] == []


def test_each_method_that_takes_the_problem_has_a_row(compared):
    """No backend that takes a problem is left out, and none has two rows."""
    series, rows = compared
    for line in series:
        kind = line.draw(line.sizes[0], np.random.default_rng(0)).kind
        taking = [backend.name for backend in BACKENDS if kind in backend.takes]
        first = [r.method for r in rows if (r.rule, r.size) == (line.rule, line.sizes[0])]
        assert sorted(first) == sorted(taking)


def test_truly_optimal_counts_what_equals_the_optimum(compared):
    """A row counts as right the values that equal the optimum of looking at every subset."""
    series, rows = compared
    counted = {}
    for line in series:
        for size in line.sizes:
            problems = problems_of(line, size, instances=2, seed=3)
            counted[line.rule, size] = [naive.optimum(problem) for problem in problems]
    for row in rows:
        truth = counted[row.rule, row.size]
        right = sum(run.value == best for run, best in zip(row.runs, truth, strict=True))
        assert (row.known, row.right) == (2, right), row


def test_rows_come_in_the_order_of_approaches(compared):
    """At each size plain programs come first, then strengthened ones, then decompositions."""
    series, rows = compared
    for line in series:
        own = [r.approach for r in rows if (r.rule, r.size) == (line.rule, line.sizes[0])]
        assert own == sorted(own, key=APPROACHES.index)


def test_json_of_a_row_has_what_the_docs_say(compared):
    """A summary has every key, in order, with one value per problem."""
    _, rows = compared
    shown = rows[0].summary()
    assert (list(shown), len(shown["values_exact"])) == (SHOWN, 2)


def test_the_same_seed_draws_the_same_problems():
    """Problems depend on seed, size and number only."""
    for line in SERIES:
        size = TINY[line.name][0]
        first, second = (problems_of(line, size, instances=2, seed=5) for _ in range(2))
        assert [p.digest for p in first] == [p.digest for p in second]
        assert first[0].digest != first[1].digest


def test_series_grow():
    """Every series goes from small to large, by the numbers to choose from and to add up."""
    for line in SERIES:
        drawn = [line.draw(size, np.random.default_rng(0)) for size in line.sizes]
        weight = [p.num_candidates * len(getattr(p, "rows", (0,))) for p in drawn]
        assert (weight, len(set(line.sizes))) == (sorted(weight), len(weight)), line.rule


def test_every_solver_takes_every_series():
    """No series has numbers too large for CP-SAT, CBC, HiGHS or SCIP, plain or strengthened."""
    from slth_opt.solving import why_not

    for line in SERIES:
        problem = line.draw(line.sizes[-1], np.random.default_rng(0))
        solvers = [b for b in BACKENDS if b.name.startswith(("cp_sat", "cbc", "highs", "scip"))]
        taking = [b for b in solvers if problem.kind in b.takes]
        assert [b.name for b in taking if why_not(b, problem)] == [], line.rule


def planted(name, claim, *, exact):
    """A backend that answers every shared block with the same claim."""
    return replace(
        backend_named(name), solve=lambda problem, effort, start: claim, exact=exact,
        takes=("shared_block",), refuses=lambda problem: None, can_be_watched=False,
    )  # fmt: skip


def blocks_by(monkeypatch, *backends):
    """The rows of planted backends on one block of 3 neurons, 1 output and the next size."""
    monkeypatch.setattr("slth_opt.layer_benchmarks.measuring.BACKENDS", backends)
    block = SharedBlock(products=((4, 1, 3),), targets=(4,), minimise="edges", tolerances=(0,))
    monkeypatch.setattr("slth_opt.solving.first_guess", lambda problem: (1, 2))
    line = replace(
        choose_series("blocks")[0], sizes=((3, 1), (4, 1)), warm_up=(3, 1),
        draw=lambda size, rng: block,
    )  # fmt: skip
    return list(compare_layers([line], instances=1, seconds=1.0, seed=0))


WORSE = Claim(indices=(1, 2), stop=Stop.FINISHED)
RIGHT = Claim(indices=(0,), bound=2, stop=Stop.FINISHED)
LATE = Claim(indices=(1, 2), stop=Stop.SECONDS)


def test_a_solver_that_is_wrong_is_counted_wrong(monkeypatch):
    """A float solver that calls a worse answer optimal says 1 and has 0 of 1 right."""
    rows = blocks_by(
        monkeypatch, planted("cbc", WORSE, exact=False), planted("neuron_sets", RIGHT, exact=True)
    )
    assert "says 1) | 0 of 1 |" in as_tables(rows).splitlines()[4]


def test_a_solver_that_did_not_finish_sits_out(monkeypatch):
    """A float solver that finished nothing at a size has no row at the next; an exact one has."""
    rows = blocks_by(
        monkeypatch, planted("cbc", LATE, exact=False), planted("cp_sat", LATE, exact=True)
    )
    assert [(row.method, row.size) for row in rows] == [
        ("cbc", (3, 1)),
        ("cp_sat", (3, 1)),
        ("cp_sat", (4, 1)),
    ]


def test_an_impossible_claim_is_shown_as_rejected(monkeypatch):
    """What the audit rejects is named in the table, with the reason in the row."""
    lie = Claim(indices=(7,), stop=Stop.FINISHED)
    (row, *_) = blocks_by(monkeypatch, planted("cbc", lie, exact=False))
    assert "rejected" in as_tables([row])
    assert "index 7" in row.runs[0].trouble


def test_ctrl_c_in_a_method_stops_the_comparison(monkeypatch):
    """A method that was interrupted gives no row: the interrupt goes on."""
    stopped = Claim(indices=(0,), stop=Stop.INTERRUPTED)
    with pytest.raises(KeyboardInterrupt):
        blocks_by(monkeypatch, planted("cbc", stopped, exact=False))


def test_contradicting_proofs_are_an_error():
    """A bound above another method's value is no row of a table."""
    line = choose_series("blocks", ["3x1"])[0]
    problem = line.draw((3, 1), np.random.default_rng(0))
    runs = {
        "cp_sat": (Run(seconds=1.0, value=5, bound=5, proven=True),),
        "neuron_sets": (Run(seconds=1.0, value=4, bound=2),),
    }
    with pytest.raises(ClaimRejected, match="contradict"):
        list(_rows(line, (3, 1), [problem], runs))


def row_of(method, *runs, known=0, right=0):
    return Row(
        name="blocks", rule="edges", letters="h x o", size=(3, 2), method=method, grid=Grid(),
        runs=runs, known=known, right=right,
    )  # fmt: skip


DONE = Run(seconds=1.0, value=4, bound=4, proven=True, said=True)
CUT = Run(seconds=3.0, value=8, bound=5)
NOTHING = Run(seconds=3.0, bound=5)

LINES = (
    (row_of("neuron_sets", DONE, CUT, known=1, right=1),
     "3x2 | decomposition | neuron_sets | 2 | 6 | 4.5 | 25 % | 1 of 2 | 1 of 1"),
    (row_of("cp_sat_strong", DONE, known=1, right=1),
     "3x2 | strengthened program | cp_sat_strong | 1 | 4 | 4 | 0 % | 1 of 1 | 1 of 1"),
    (row_of("cp_sat", CUT, NOTHING),
     "3x2 | plain program | cp_sat | 3 | - | 5 | - | 0 of 2 | unknown"),
    (row_of("scip", replace(CUT, said=True), known=1),
     "3x2 | plain program | scip | 3 | 8 | - | reported | 0 of 1 (says 1) | 0 of 1"),
    (row_of("scip_strong", DONE, known=1, right=1),
     "3x2 | strengthened program | scip_strong | 1 | 4 | 4 | 0 % | 1 of 1 (says 1) | 1 of 1"),
    (row_of("enumeration", DONE, known=1, right=1),
     "3x2 | every subset | enumeration | 1 | 4 | 4 | 0 % | 1 of 1 | 1 of 1"),
)  # fmt: skip


@pytest.mark.parametrize(("row", "line"), LINES, ids=lambda value: getattr(value, "method", None))
def test_a_row_is_written_as_its_line(row, line):
    """Means, gap and counts of a row are those computed by hand."""
    assert as_tables([row]).splitlines()[-1] == f"| {line} |"


def test_tables_are_well_formed(compared):
    """All lines of a table have as many cells as its head, and each series has a table."""
    series, rows = compared
    blocks = as_tables(rows).split("\n\n")
    titles, tables = blocks[::2], [block.splitlines() for block in blocks[1::2]]
    assert titles == [f"**{line.name}, {line.rule}**" for line in series]
    assert {line.count("|") for table in tables for line in table} == {10}
    assert sum(len(table) - 2 for table in tables) == len(rows)


BAD_SIZES = (("joints", "3x8"), ("blocks", "3x0"), ("vectors", "a"), ("budgets", "9999x9999"))


@pytest.mark.parametrize(("name", "size"), BAD_SIZES)
def test_bad_sizes_are_refused(name, size):
    """Sizes of the wrong length, of zero, of letters or of millions are refused by name."""
    with pytest.raises(ProblemError, match=size):
        choose_series(name, [size])


REFUSED = (
    ("--sizes", "3x2"),
    ("--about", "blocks", "--sizes", "3x2", "--instances", "0"),
    ("--about", "blocks", "--sizes", "3x2", "--seconds", "-1"),
    ("--about", "blocks", "--sizes", "3x2", "--seed", "-1"),
)


@pytest.mark.parametrize("options", REFUSED)
def test_bad_options_are_refused(slth, options):
    """Numbers that mean nothing end in one line and exit code 2."""
    run = slth("bench", "--only", "layers", *options)
    assert (run.code, run.err.count("\n")) == (2, 1)


def test_options_for_layers_are_refused_elsewhere(slth):
    """A limit that nothing would honour is refused."""
    run = slth("bench", "--only", "kernels", "--rows", "1024", "--seconds", "1")
    assert (run.code, "--only layers" in run.err) == (2, True)


LAYERS = ("bench", "--only", "layers", "--about", "budgets", "--sizes", "2x3", "--seconds", "2")


def test_the_table_goes_between_the_marks(slth, tmp_path):
    """The command replaces what stands between the marks, and nothing else."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    run = slth(*LAYERS, "--into", "page.md")
    written = page.read_text(encoding="utf-8")
    assert (run.code, written) == (0, f"before\n{BEGIN}\n{run.out}{END}\nafter\n")


@pytest.mark.parametrize("text", ["no marks", f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_page_without_marks_is_refused_before_any_work(slth, tmp_path, monkeypatch, text):
    """A file that the table cannot go into is refused before anything is measured."""

    def never(*arguments, **options):
        raise AssertionError("measured first")

    monkeypatch.setattr("slth_opt.cli.bench.compare_layers", never)
    (tmp_path / "page.md").write_text(text, encoding="utf-8")
    run = slth(*LAYERS, "--into", "page.md")
    assert (run.code, "exactly one pair of marks" in run.err) == (2, True)


def test_json_holds_the_rows(slth):
    """With --json one object holds a row for every method of both series."""
    rows = slth(*LAYERS, "--json").json["layers"]
    assert {row["method"] for row in rows} == {"profiles", "cp_sat", "cbc", "highs", "scip"}
    assert [row["proven"] for row in rows if row["exact"]] == [1] * 4


@pytest.mark.parametrize("written", [True, False], ids=["into a file", "printed"])
def test_ctrl_c_prints_what_there_is_and_leaves_the_file(slth, tmp_path, monkeypatch, written):
    """A table cut short by Ctrl-C is printed, said to be cut short, and put into no file."""

    def cut_short(series, **options):
        yield row_of("cp_sat", DONE)
        raise KeyboardInterrupt

    monkeypatch.setattr("slth_opt.cli.bench.compare_layers", cut_short)
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\nold\n{END}\n", encoding="utf-8")
    run = slth(*LAYERS, *(["--into", "page.md"] if written else []))
    assert ("| cp_sat |" in run.out, "not whole" in run.err) == (True, True)
    assert page.read_text(encoding="utf-8") == f"{BEGIN}\nold\n{END}\n"
