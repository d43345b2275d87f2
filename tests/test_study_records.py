"""Records of studies: what a crash leaves, what is refused, and rows that read back equal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slth_opt import experiments
from slth_opt.cli.main import main
from slth_opt.csv_rows import as_csv, read_rows, rows_from_csv
from slth_opt.errors import FileError, ProblemError, SlthError
from slth_opt.experiments import Study, repeating, run_study
from slth_opt.reproducing import mean_beside, share_beside
from slth_opt.studies import STUDIES, study_named
from slth_opt.task_records import open_record
from tests.test_studies import dice, throw

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8", exclude_characters="\r")),
)
ROWS = st.lists(st.fixed_dictionaries({"n": VALUES, "law": VALUES}), min_size=1, max_size=4)


def typed(rows):
    """Return rows with the type of every value, since 1, 1.0 and True are equal."""
    return [{name: (type(value), value) for name, value in row.items()} for row in rows]


@given(ROWS)
@settings(max_examples=25)
def test_tables_read_back_equal(rows):
    """Values and types, whatever a string looks like."""
    assert typed(rows_from_csv(as_csv(rows))) == typed(rows)


def test_a_table_on_the_disk_reads_back_equal(tmp_path):
    """Line ends within strings included."""
    rows = [{"law": '"1",\r\n2', "n": 2**70, "share": None}, {"law": "", "n": -1, "share": 1e-300}]
    (tmp_path / "rows.csv").write_bytes(as_csv(rows).encode())
    assert read_rows(tmp_path / "rows.csv") == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n,law\n1\n", "row 0 has 1 values for 2 columns"),
        ("n,law\n1,uniform\n", "row 0 holds 'uniform', which is no number"),
        ("n\n1\n2", "row 1 is no row"),
        ("n,law\n1,", "the last row is cut short"),
    ],
)
def test_tables_that_are_none_are_refused(text, message):
    """With the row."""
    with pytest.raises(FileError, match=message):
        rows_from_csv(text)


def test_rows_of_two_shapes_are_no_table():
    """The second row lacks a column."""
    with pytest.raises(ProblemError, match="row 1 has the columns"):
        as_csv([{"n": 1, "k": 2}, {"n": 3}])


def test_a_record_cut_anywhere_gives_the_same_rows(tmp_path):
    """In its first line, between two lines, in the last one: the rows are those of a whole run."""
    place = tmp_path / "dice.tasks"
    whole = run_study(dice(3), seed=5, place=place)
    content = place.read_bytes()
    for length in range(0, len(content) + 1, 7):
        place.write_bytes(content[:length])
        assert run_study(dice(3), seed=5, place=place) == whole
        assert place.read_bytes() == content


@pytest.mark.parametrize("content", [b"a thesis", b"\xff\xfe\n", b"[]\n", b"[" * 10**5 + b"\n"])
def test_another_file_is_never_taken_for_a_record(tmp_path, content):
    """It is refused, and is afterwards what it was."""
    place = tmp_path / "dice.tasks"
    place.write_bytes(content)
    with pytest.raises(FileError, match="is not the record of a study"):
        run_study(dice(), place=place)
    assert place.read_bytes() == content


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(b'"shown": ', b'"shown": 1'),
        lambda line: line.replace(b'"rows": [', b'"rows": [1, '),
        lambda line: line[:-9] + b"\n",
        lambda line: b"\xff" * 9 + b"\n",
        lambda line: b"[" * 10**5 + b"\n",
        lambda line: b"\n",
    ],
    ids=["a number", "a row", "cut", "binary", "deep", "empty"],
)
def test_a_line_that_was_changed_is_refused_by_its_number(tmp_path, change):
    """And without it the record is good for the rest."""
    place = tmp_path / "dice.tasks"
    whole = run_study(dice(3), seed=5, place=place)
    head, first, second, third = place.read_bytes().splitlines(keepends=True)
    place.write_bytes(head + first + change(second) + third)
    with pytest.raises(FileError, match="line 3 is not as it was written; without that line"):
        run_study(dice(3), seed=5, place=place)
    place.write_bytes(head + first + third)
    assert run_study(dice(3), seed=5, place=place) == whole


def test_the_record_of_another_target_is_refused(tmp_path):
    """Two networks of one shape have the same tasks, but not the same rows."""

    def about(target):
        return replace(dice(), tasks=lambda scale: [{"sides": 2, "target": target}])

    run_study(about("a"), place=tmp_path / "dice.tasks")
    with pytest.raises(FileError, match="the record of another run: target a, not b,"):
        run_study(about("b"), place=tmp_path / "dice.tasks")


def test_the_record_of_other_tasks_is_refused(tmp_path):
    """As many of them, but of other sizes."""
    run_study(dice(), place=tmp_path / "dice.tasks")
    other = replace(dice(), tasks=lambda scale: [{"sides": n} for n in range(3, 9)])
    with pytest.raises(FileError, match="another run: tasks 6 "):
        run_study(other, place=tmp_path / "dice.tasks")


@pytest.mark.parametrize("what", ["_package", "_code"])
def test_the_record_of_another_version_is_refused(tmp_path, monkeypatch, what):
    """Of the package, and of the code of the study itself."""
    run_study(dice(), place=tmp_path / "dice.tasks")
    monkeypatch.setattr(experiments, what, lambda *of: "another")
    with pytest.raises(FileError, match="is the record of another run"):
        run_study(dice(), place=tmp_path / "dice.tasks")


def test_two_runs_never_write_one_record(tmp_path):
    """The second is told so, and the first goes on."""
    place = tmp_path / "dice.tasks"
    with open_record(place, {"seed": 1}) as (_, add):
        with (
            pytest.raises(FileError, match="another run is writing it"),
            open_record(place, {"seed": 1}),
        ):
            pass
        add(0, [{"n": 1}])
    with open_record(place, {"seed": 1}) as (done, _):
        assert done == {0: [{"n": 1}]}


def test_a_place_that_cannot_be_written_to_is_said_at_once(tmp_path, capsys):
    """A file instead of a folder, and a folder that no one can make: one line, exit code 2."""
    (tmp_path / "taken").write_text("")
    for place, message in (
        (tmp_path / "taken", "is a file, not a folder to write to"),
        (tmp_path / "taken" / "in", "cannot be made: Not a directory"),
    ):
        assert main(["study", "quantised", "--out", str(place)]) == 2
        told = capsys.readouterr().err
        assert message in told
        assert len(told.splitlines()) == 1


FULL = """
import resource, signal, sys
from slth_opt.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))
sys.exit(main(["study", "quantised", "--out", sys.argv[1]]))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
def test_a_disk_that_fills_up_is_told_and_loses_no_task(tmp_path):
    """One line that says what to do; with room again the same command ends as a whole run."""
    place = tmp_path / "quantised-small-0.tasks"
    run = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert "cannot be written: File too large; the tasks in it are kept" in run.stderr
    assert len(place.read_bytes()) == 1500
    assert run_study(study_named("quantised"), place=place) == run_study(study_named("quantised"))


def test_images_without_a_target_are_refused(capsys):
    """One line, exit code 2."""
    assert main(["study", "pensia-weights", "--mnist", "/no/such/folder"]) == 2
    assert "--mnist brings test images for a --target; give one" in capsys.readouterr().err


def test_ctrl_c_says_how_far_it_came(tmp_path, monkeypatch, capsys):
    """And that the same command goes on."""

    def interrupted(*given, **asked):
        asked["progress"](3, 40)
        raise KeyboardInterrupt

    monkeypatch.setattr("slth_opt.cli.study.run_study", interrupted)
    assert main(["study", "quantised", "--out", str(tmp_path)]) == 130
    assert "3 of 40 tasks done; the same command goes on" in capsys.readouterr().err


def test_deviations_count_both_samples():
    """300 of 1000 beside 0.35 of 500: pooled share 0.3167, standard error 0.02548."""
    found = share_beside("", 300, 1000, "0.35", 500)
    assert found.deviations == pytest.approx((0.05 - 0.005) / 0.025480, rel=1e-3)
    mean = mean_beside("", (3, 6, 14), "3", 6)
    assert mean.error == pytest.approx((2 / 3 * (1 / 3 + 1 / 6)) ** 0.5)


def few(study):
    """Return the first and the last task of the small scale, with few draws."""
    return [
        {
            key: min(3, value) if key in ("draws", "sources") else value
            for key, value in task.items()
        }
        for task in (study.tasks("small")[0], study.tasks("small")[-1])
    ]


def answer(task, rng):
    """Answer a task of any study; its rows in one, since studies have columns of their own."""
    study = study_named(task["study"])
    return [{"study": study.name, "rows": study.run(task["task"], rng)}]


@pytest.mark.slow
def test_rows_of_every_study_repeat(tmp_path):
    """On two workers, from a record cut halfway, and as a table; only columns of times may differ.

    All studies as one, so that two workers are begun once and not once for each.
    """
    every = Study(
        name="every",
        source="",
        question="",
        tasks=lambda scale: [{"study": s.name, "task": task} for s in STUDIES for task in few(s)],
        run=answer,
        finding=str,
    )
    place = tmp_path / "record"
    runs = [run_study(every, seed=4), run_study(every, seed=4, workers=2, place=place)]
    content = place.read_bytes()
    place.write_bytes(content[: len(content) // 2])
    runs.append(run_study(every, seed=4, place=place))
    for study in STUDIES:
        rows, *others = (
            [row for part in run if part["study"] == study.name for row in part["rows"]]
            for run in runs
        )
        assert len(rows) >= 2, study.name
        for other in others:
            assert repeating(study, other) == repeating(study, rows), study.name
        assert typed(rows_from_csv(as_csv(rows))) == typed(rows), study.name


def waiting_for(what, seconds=120):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def children_of(pid):
    """Return the processes that a process began."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if fields[0] != "Z" and int(fields[1]) == pid:
            found.append(int(place.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_a_study_that_is_killed_goes_on(tmp_path):
    """By signal 9, with two workers: none of them lives on, and the same command ends as whole."""
    arguments = ["-m", "slth_opt.cli.main", "study", "quantised", "--seed", "9", "--out"]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    subprocess.run([sys.executable, *arguments, str(whole)], check=True, capture_output=True)
    with subprocess.Popen([sys.executable, *arguments, str(cut), "--workers", "2"]) as killed:
        record = cut / "quantised-small-9.tasks"
        waiting_for(lambda: record.exists() and record.read_bytes().count(b"\n") > 3)
        workers = children_of(killed.pid)
        assert len(workers) >= 2
        os.kill(killed.pid, signal.SIGKILL)
    table = "quantised-small-9.csv"
    assert not (cut / table).exists()
    waiting_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    subprocess.run([sys.executable, *arguments, str(cut)], check=True, capture_output=True)
    assert (cut / table).read_bytes() == (whole / table).read_bytes()


def end(task, rng):
    """End the process that should answer a task."""
    os._exit(3)


@pytest.mark.slow
def test_a_worker_that_ends_is_told():
    """As one line that says what to do."""
    with pytest.raises(SlthError, match="a worker process was ended from outside"):
        run_study(replace(dice(), run=end), workers=2)


def test_only_declared_columns_are_left_out():
    """A study that declares none must repeat in all."""
    study = Study(name="", source="", question="", finding=str, tasks=list, run=throw)
    assert repeating(study, [{"n": 1, "seconds": 2.0}]) == [{"n": 1, "seconds": 2.0}]
