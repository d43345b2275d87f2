"""The table across solvers: judged by proven optima, gone on with, and written where it belongs."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from slth_opt.backends import BACKENDS, backend_named
from slth_opt.cli.bench import BEGIN, END
from slth_opt.errors import BackendError, CertificateRejected, FileError, ProblemError
from slth_opt.instance_benchmarks import (
    Entry,
    as_markdown,
    compare_instances,
    judge_backend,
    read_entries,
    running,
    tasks_of,
    wrong_rows,
)
from slth_opt.library import Instance, write_instance
from slth_opt.methods import Claim
from slth_opt.plots.performance_profile import plot_performance_profile
from slth_opt.problems import KINDS, LayerBudget, SmallestSubset, SubsetSum
from slth_opt.results import Stop
from slth_opt.side_process import Reply
from slth_opt.third_parties import READERS, Said

POOL = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
"""Its sums are 7, 12 and 13: the optimum is 1, by the first two."""

HOPELESS = SmallestSubset(weights=(3, 4), target=100, tolerance=2)
LAYER = LayerBudget(pools=((3, -5, 9), (4, 7, -2)), targets=(5, 6), norm="linf", most=3)
"""With three numbers 9 - 5 = 4 and 7 are each 1 off, and nothing is nearer to 6 than 7: 1."""

ENTRY = Entry(instance="tiny/pool", problem="subset_sum", group="small", optimum=1)


def claiming(exact=False, **claim):
    """A backend that claims the same of every pool."""
    answer = Claim(**{"indices": None, "stop": Stop.FINISHED, **claim})
    return replace(
        backend_named("cbc"), exact=exact, solve=lambda problem, effort, start: answer,
        refuses=lambda problem: None,
    )  # fmt: skip


def failing(trouble):
    """A backend that fails."""

    def solve(problem, effort, start):
        raise trouble

    return replace(claiming(), solve=solve)


JUDGED = {
    "the optimum, proven": (claiming(exact=True, indices=(0, 1), bound=1), "right"),
    "the optimum, reported": (claiming(indices=(0, 1)), "right"),
    "a worse one, called optimal": (claiming(indices=(1, 2)), "wrong"),
    "a worse one, as a proof": (claiming(exact=True, indices=(1, 2), bound=5), "wrong"),
    "a bound above the optimum": (
        claiming(exact=True, indices=(1, 2), bound=2, stop=Stop.SECONDS), "wrong",
    ),
    "an illegal one": (claiming(indices=(0,)), "wrong"),
    "nothing, and finished": (claiming(), "wrong"),
    "that none is legal": (claiming(infeasible=True), "wrong"),
    "the optimum, unfinished": (claiming(indices=(0, 1), stop=Stop.SECONDS), "unfinished"),
    "that it gave up": (claiming(stop=Stop.GAVE_UP), "unfinished"),
    "that it failed": (failing(BackendError("failed")), "unfinished"),
    "that memory ran out": (failing(MemoryError()), "unfinished"),
    "that it is too much": (
        replace(claiming(), refuses=lambda problem: "takes less"), "refused",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", JUDGED)
def test_claims_are_judged_by_the_optimum(name):
    """What a backend says counts as right only if it finished with the optimum."""
    backend, verdict = JUDGED[name]
    assert judge_backend(backend, POOL, 1, seconds=1.0)[0] == verdict


def test_seeing_that_none_is_legal_is_right():
    """Where no selection is legal, saying so is right; finding none and not saying so is not."""
    assert judge_backend(claiming(infeasible=True), HOPELESS, None, seconds=1.0)[0] == "right"
    assert judge_backend(claiming(), HOPELESS, None, seconds=1.0)[0] == "wrong"


def test_a_selection_better_than_the_optimum_is_loud():
    """A backend that shows that the stored optimum is none makes an error and no row."""
    with pytest.raises(CertificateRejected, match="selection of value 1, but 2 is the optimum"):
        judge_backend(claiming(indices=(0, 1)), POOL, 2, seconds=1.0)


def library(folder, *lines, columns="instance,problem,group,status,optimum"):
    """Write a library of one pool, one hopeless problem and one layer, with an index."""
    for name, problem in (("pool", POOL), ("none", HOPELESS), ("layer", LAYER)):
        (folder / "tiny").mkdir(parents=True, exist_ok=True)
        write_instance(folder / "tiny" / f"{name}.json", Instance(problem=problem))
    (folder / "index.csv").write_text("\n".join([columns, *lines, ""]), encoding="utf-8")
    return folder


LINES = (
    "tiny/pool,subset_sum,small,easy,1",
    "tiny/none,smallest_subset,small,easy,infeasible",
    "tiny/layer,layer_budget,medium,easy,1",
    "tiny/big,subset_sum,hard,hard,7",
    "tiny/unknown,subset_sum,small,open,",
)


def test_open_instances_judge_nobody(tmp_path):
    """Instances of the groups asked for are read, but not those whose optimum is unknown."""
    found = read_entries(library(tmp_path, *LINES), ["small", "medium"])
    assert [(e.instance, e.optimum) for e in found] == [
        ("tiny/pool", 1),
        ("tiny/none", None),
        ("tiny/layer", 1),
    ]


BAD = {
    "no such group": (LINES, {}, ["tiny"], ProblemError, "small, medium, hard"),
    "no optimum": (("a/b,subset_sum,small,easy,",), {}, ["small"], FileError, "line 2"),
    "short line": (("a/b,subset_sum,small",), {}, ["small"], FileError, "line 2"),
    "nothing there": (LINES[:1], {}, ["hard"], FileError, "no instance of hard"),
    "no column": (LINES, {"columns": "instance,problem"}, ["small"], FileError, "column group"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_indices_are_refused(tmp_path, name):
    """An index that cannot be judged by is refused in one line that names it."""
    lines, columns, groups, error, words = BAD[name]
    with pytest.raises(error, match=words):
        read_entries(library(tmp_path, *lines, **columns), groups)


def test_everybody_is_asked():
    """Each backend that takes the kind, and each third party with all its formats, has a task."""
    for kind in KINDS:
        tasks = tasks_of([replace(ENTRY, problem=kind)])
        assert [task.method for task in tasks if not task.formats] == [
            backend.name for backend in BACKENDS if kind in backend.takes
        ]
        assert {t.method: t.formats for t in tasks if t.formats} == {
            reader.name: reader.formats for reader in READERS
        }


def test_a_worker_judges_by_the_file(tmp_path, monkeypatch):
    """A worker reads the instance, asks, and says wrong of a backend that lies about it."""
    monkeypatch.setattr(running, "backend_named", lambda name: claiming(indices=(1, 2)))
    question = (str(library(tmp_path)), running.Task(entry=ENTRY, method="cbc"), 1.0)
    (row,) = running.answer(question, None)
    assert (row["verdict"], row["form"], row["method"]) == ("wrong", "", "cbc")
    assert row["words"] == "it finished with the value 5, and the optimum is 1"


def test_a_worker_tells_of_a_wrong_library(tmp_path):
    """A worker that finds something better than the stored optimum answers with words, no rows."""
    entry = replace(ENTRY, optimum=2)
    task = running.Task(entry=entry, method="meeting")
    said = running.answer((str(library(tmp_path)), task, 1.0), None)
    assert "2 is the optimum" in said


def test_what_was_not_finished_in_one_format_is_not_asked_in_the_next(tmp_path, monkeypatch):
    """A third party that does not finish the first file is not asked about the same in another."""
    asked = []

    def slow(text, form, seconds):
        asked.append(form)
        return Said(status="Time limit", finished=False)

    reader = replace(READERS[0], solve=slow, refuses=lambda: None)
    monkeypatch.setattr(running, "reader_named", lambda name: reader)
    task = running.Task(entry=ENTRY, method="cbc", formats=("mps", "lp"))
    rows = running.answer((str(library(tmp_path)), task, 1.0), None)
    assert asked == ["mps"]
    assert [(row["form"], row["verdict"]) for row in rows] == [
        ("mps", "unfinished"),
        ("lp", "unfinished"),
    ]
    assert rows[1]["words"].startswith("not asked")


UNANSWERED = {
    "late": (TimeoutError("late"), "did not stop in time"),
    "dead": (Reply(is_last=True, died=-9), "its process ended with code -9"),
}


@pytest.mark.parametrize("name", UNANSWERED)
def test_a_worker_that_does_not_answer_has_not_finished(tmp_path, monkeypatch, name):
    """A worker that dies or is late leaves a row for each format, and the run goes on."""
    reply, words = UNANSWERED[name]

    def ask(module, question, *, seconds):
        if isinstance(reply, TimeoutError):
            raise reply
        yield reply

    monkeypatch.setattr(running, "ask", ask)
    task = running.Task(entry=ENTRY, method="cbc", formats=("mps", "lp"))
    rows = running._rows_of(tmp_path, task, 1.0)
    assert [(row["form"], row["verdict"], row["words"]) for row in rows] == [
        ("mps", "unfinished", words),
        ("lp", "unfinished", words),
    ]


def row_of(task, verdict="right", seconds=0.25, **facts):
    return {
        **running._row(task, "", verdict, "words", seconds=seconds),
        **facts,
    }


@pytest.fixture
def counted(monkeypatch):
    """Let every task be done at once, and count how often."""
    done = []

    def rows_of(folder, task, seconds):
        done.append((task.entry.instance, task.method))
        return [row_of(task)]

    monkeypatch.setattr(running, "_rows_of", rows_of)
    return done


def test_a_stopped_run_goes_on(tmp_path, counted):
    """After Ctrl-C only what was not done is asked again, and the rows are those of one run."""
    entries = [ENTRY, replace(ENTRY, instance="tiny/other")]
    place = tmp_path / "bench.tasks"

    def stop(share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_instances(tmp_path, entries, seconds=1.0, place=place, progress=stop)
    recorded = len(place.read_text().splitlines()) - 1
    counted.clear()
    rows = compare_instances(tmp_path, entries, seconds=1.0, place=place)
    tasks = tasks_of(entries)
    assert 0 < recorded < len(tasks)
    assert len(counted) == len(tasks) - recorded
    assert rows == [row_of(task) for task in tasks]


def test_rows_of_other_limits_are_not_mixed(tmp_path, counted):
    """A record made with another limit is refused, by name."""
    place = tmp_path / "bench.tasks"
    compare_instances(tmp_path, [ENTRY], seconds=1.0, place=place)
    with pytest.raises(FileError, match=r"bench\.tasks: .*seconds 1\.0, not 2\.0"):
        compare_instances(tmp_path, [ENTRY], seconds=2.0, place=place)


def test_what_a_worker_raises_is_raised(tmp_path, monkeypatch):
    """A task that fails ends the run with its error, and earlier rows stay in the record."""

    def rows_of(folder, task, seconds):
        raise CertificateRejected("no optimum")

    monkeypatch.setattr(running, "_rows_of", rows_of)
    with pytest.raises(CertificateRejected, match="no optimum"):
        compare_instances(tmp_path, [ENTRY], seconds=1.0, place=tmp_path / "a.tasks", workers=2)


TASKS = tasks_of([ENTRY])
MEETING, CBC = (next(t for t in TASKS if t.method == name) for name in ("meeting", "cbc"))
ROWS = [
    row_of(MEETING, seconds=0.001),
    row_of(MEETING, seconds=0.003, instance="tiny/other"),
    row_of(CBC, "wrong", words="it finished with the value 5, and the optimum is 1"),
    row_of(CBC, seconds=0.006, instance="tiny/other"),
    row_of(CBC, "wrong", form="mps", blurred=True, words="Optimal, but"),
    row_of(CBC, "reproduced", form="lp"),
    row_of(CBC, "out of arithmetic", form="mps", instance="tiny/other", seconds=None),
]  # fmt: skip


def test_the_table_counts_a_liar_as_wrong():
    """Counts and times of each method are those of its rows, computed by hand."""
    text = as_markdown(ROWS)
    assert "| meeting | proves | 2 | 2 | 0 | 0 | 0 | 0.002 | 0.003 |" in text
    assert "| cbc | reports | 2 | 1 | **1** | 0 | 0 | 0.006 | 0.006 |" in text
    assert "| cbc: CBC's own reader | mps | 2 | 1 | 0 | **1** | 1 | 0 | 0 | - | - |" in text


def test_wrong_answers_are_listed_by_name():
    """Every wrong answer has a line of its own, with what was said."""
    lines = as_markdown(ROWS).splitlines()
    assert "**Wrong answers**, all 2" in lines
    assert "* `tiny/pool`, cbc: it finished with the value 5, and the optimum is 1" in lines
    assert "* `tiny/pool`, cbc, mps file (blurred): Optimal, but" in lines


def test_files_that_do_not_fit_are_listed_by_name():
    """What a solver's numbers cannot hold is named with the solver."""
    assert "* cbc (mps): `tiny/other`" in as_markdown(ROWS).splitlines()


def test_only_those_who_prove_must_never_be_wrong():
    """A wrong answer in floating point is a finding; one of an exact method is an alarm."""
    lie = row_of(MEETING, "wrong")
    assert (len(wrong_rows(ROWS)), wrong_rows(ROWS, exact=True)) == (2, [])
    assert wrong_rows([*ROWS, lie], exact=True) == [lie]


def test_all_lines_of_a_table_have_as_many_cells():
    """The tables are whole: each line has the cells of its head."""
    for table in re.findall(r"(?:^\|.*\n)+", as_markdown(ROWS) + "\n", re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_profile_steps_where_times_say():
    """The second method took thrice and twice the first's time: it steps at 2 and at 3."""
    rows = [
        *(row_of(MEETING, seconds=s, instance=i) for s, i in ((0.01, "a"), (0.02, "b"))),
        *(row_of(CBC, seconds=s, instance=i) for s, i in ((0.03, "a"), (0.04, "b"))),
        row_of(CBC, "unfinished", instance="c", seconds=None),
    ]
    ax = plot_performance_profile(rows, ax=Figure().subplots())
    steps = {line.get_label(): line.get_xydata().tolist() for line in ax.lines}
    assert steps["meeting in the middle: 2 of 2"][:3] == [[1, 0], [1, 50], [1, 100]]
    assert steps["CBC: 2 of 3"][1:3] == [[2, pytest.approx(100 / 3)], [3, pytest.approx(200 / 3)]]


@pytest.fixture
def bench(slth, tmp_path, monkeypatch):
    """Run the command on a tiny library with given rows instead of any measuring."""
    library(tmp_path / "instances", *LINES)

    def run(*options, rows=ROWS):
        def compared(folder, entries, **how):
            if isinstance(rows, KeyboardInterrupt):
                raise rows
            return rows

        monkeypatch.setattr("slth_opt.cli.instance_bench.compare_instances", compared)
        return slth("bench", "--only", "instances", *options)

    return run


def test_the_table_goes_between_the_marks(bench, tmp_path):
    """The command replaces what stands between the marks, and puts the picture beside the page."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    run = bench("--into", "page.md")
    written = page.read_text(encoding="utf-8")
    assert (run.code, run.err) == (0, "")
    assert written == f"before\n{BEGIN}\n{run.out}{END}\nafter\n"
    (picture,) = re.findall(r"\]\((pictures/.*\.svg)\)", written)
    assert (tmp_path / picture).read_text(encoding="utf-8").startswith("<svg")


def test_rows_and_pictures_are_kept(bench, tmp_path):
    """With --out the rows are a CSV file, and the pictures lie beside it."""
    run = bench("--out", "kept", "--json")
    with open(tmp_path / "kept" / "rows.csv", encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["verdict"] for row in read] == [row["verdict"] for row in ROWS]
    assert run.json["rows"] == ROWS
    assert all((tmp_path / place).exists() for place in run.json["written"])


def test_a_wrong_proof_ends_in_exit_code_1(bench):
    """If a method that proves is wrong, that is said on stderr and the exit code is 1."""
    run = bench(rows=[*ROWS, row_of(MEETING, "wrong", words="alas")])
    assert (run.code, run.err) == (1, "slth bench: meeting is wrong on tiny/pool: alas\n")


def test_ctrl_c_leaves_a_record_to_go_on_from(bench, tmp_path):
    """Ctrl-C ends in exit code 130, says how to go on, and leaves a page as it was."""
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\nold\n{END}\n", encoding="utf-8")
    run = bench("--out", "kept", "--into", "page.md", rows=KeyboardInterrupt())
    assert (run.code, run.out) == (130, "")
    assert run.err == "slth bench: interrupted; the same command goes on from kept\n"
    assert page.read_text(encoding="utf-8") == f"{BEGIN}\nold\n{END}\n"


REFUSED = (
    (("--group", "tiny"), "small, medium, hard"),
    (("--folder", "nowhere"), "index.csv: cannot be read"),
    (("--seconds", "0"), "--seconds above 0"),
    (("--workers", "0"), "--workers of at least 1"),
    (("--about", "blocks"), "--about is for --only layers"),
    (("--into", "page.md"), "page.md"),
)


@pytest.mark.parametrize(("options", "words"), REFUSED, ids=lambda part: str(part[0]))
def test_bad_options_are_refused(bench, options, words):
    """What cannot be asked ends in one line and exit code 2, before any work."""
    run = bench(*options)
    assert (run.code, run.err.count("\n"), words in run.err) == (2, 1, True)


def test_options_for_instances_are_refused_elsewhere(slth):
    """An option that nothing would honour is refused."""
    run = slth("bench", "--only", "kernels", "--folder", "instances")
    assert (run.code, "--only instances" in run.err) == (2, True)


@pytest.mark.slow
def test_everybody_is_right_about_the_tiny_library(slth, tmp_path):
    """Really asked, by two workers, every method and every file is right; asked again, the same."""
    library(tmp_path / "instances", *LINES)
    options = ("bench", "--only", "instances", "--seconds", "20", "--workers", "2", "--out", "kept")
    run = slth(*options, "--json")
    rows = run.json["rows"]
    assert run.code == 0
    assert {row["verdict"] for row in rows} == {"right", "reproduced"}
    tasks = tasks_of(read_entries("instances", ["small", "medium"]))
    assert len(rows) == sum(max(1, len(task.formats)) for task in tasks)
    assert all(0 <= row["seconds"] < 60 for row in rows)
    assert json.loads(slth(*options, "--json").out) == run.json
