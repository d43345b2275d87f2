"""Every method on every instance, each question in a process that can be stopped.

A worker is a process that answers one question after the other, so that code is loaded once. A
method that is done in less than a second is asked twice, and the lesser time counts: the first
answer may have had to load and compile.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slth_opt.backends import BACKENDS, backend_named
from slth_opt.canaries import versions
from slth_opt.csv_rows import Row
from slth_opt.errors import BackendError, CertificateRejected, ProblemError
from slth_opt.instance_benchmarks.entries import Entry
from slth_opt.instance_benchmarks.judging import REFUSED, UNFINISHED, judge_backend
from slth_opt.library import read_instance
from slth_opt.side_process import ask, processor_seconds
from slth_opt.task_records import open_record
from slth_opt.third_parties import READERS, check_file, reader_named

QUICK = 1.0
"""Who is done in fewer seconds is asked again."""

GRACE = 15.0
"""Seconds beyond its limits before a worker is stopped with whatever it is doing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One method and one instance; a third party and all the formats it reads."""

    entry: Entry
    method: str
    formats: tuple[str, ...] = ()


def tasks_of(entries: Sequence[Entry]) -> tuple[Task, ...]:
    """Return all questions: each backend that takes the problem, and each third party.

    Examples
    --------
    >>> entry = Entry(instance="a/b", problem="layer_budget", group="small", optimum=3)
    >>> [task.method for task in tasks_of([entry]) if not task.formats]
    ['profiles', 'cp_sat', 'cbc', 'highs', 'scip']
    """
    return tuple(
        task
        for entry in entries
        for task in (
            *(Task(entry=entry, method=b.name) for b in BACKENDS if entry.problem in b.takes),
            *(Task(entry=entry, method=r.name, formats=r.formats) for r in READERS),
        )
    )


def compare_instances(
    folder: str | Path,
    entries: Sequence[Entry],
    *,
    seconds: float,
    workers: int = 1,
    place: str | Path,
    progress: Callable[[float], None] = lambda share: None,
) -> list[Row]:
    """Return a row for each method and instance, and for each file of a third party.

    Parameters
    ----------
    folder, entries
        The library, and which instances of it.
    seconds
        The limit for one answer.
    workers
        Processes side by side.
    place
        The record of finished tasks: what stands in it is not asked again.
    progress
        Told which share of the tasks is done.

    Raises
    ------
    CertificateRejected
        If a method shows that an optimum of the library is none.
    """
    if not 0 < seconds < float("inf") or workers < 1:
        raise ProblemError("give more than 0 seconds and at least 1 worker")
    tasks = tasks_of(entries)
    written = json.dumps([asdict(task) for task in tasks])
    asked = {
        "bench": "instances",
        "tasks": hashlib.sha256(written.encode("ascii")).hexdigest()[:16],
        "seconds": seconds,
        "versions": versions(),
    }
    with open_record(place, asked) as (done, add):
        todo = [number for number in range(len(tasks)) if number not in done]
        progress(len(done) / len(tasks))
        for number, rows in _results(Path(folder), tasks, todo, seconds, workers):
            if isinstance(rows, Exception):
                raise rows
            done[number] = rows
            add(number, rows)
            progress(len(done) / len(tasks))
        return [row for number in range(len(tasks)) for row in done[number]]


def _results(
    folder: Path, tasks: Sequence[Task], todo: Sequence[int], seconds: float, workers: int
) -> Iterator[tuple[int, Any]]:
    """Yield rows (or an exception) by the number of their task, as they come.

    The threads only wait for their side processes, and end with this process or the last task.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    results: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    for number in todo:
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                results.put((number, _rows_of(folder, tasks[number], seconds)))
            except Exception as trouble:
                results.put((number, trouble))

    for _ in range(min(workers, len(todo))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in todo:
            yield _next(results)
    finally:  # after an error or Ctrl-C nobody begins anything more
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()


def _next(results: queue.SimpleQueue[tuple[int, Any]]) -> tuple[int, Any]:
    """Wait for a result in steps: on some systems a long wait is deaf to Ctrl-C."""
    while True:
        try:
            return results.get(timeout=0.5)
        except queue.Empty:
            continue


def _rows_of(folder: Path, task: Task, seconds: float) -> list[Row]:
    """Put a task to a worker; return its rows."""
    question = (str(folder), task, seconds)
    questions = 2 * max(1, len(task.formats))
    try:
        (reply,) = ask(__name__, question, seconds=questions * (seconds + GRACE))
    except TimeoutError:
        return [_row(task, form, UNFINISHED, "did not stop in time") for form in _forms(task)]
    if reply.died is not None:
        words = f"its process ended with code {reply.died}"
        return [_row(task, form, UNFINISHED, words) for form in _forms(task)]
    rows: list[Row] | str = reply.content
    if isinstance(rows, str):
        raise CertificateRejected(f"{task.entry.instance}: {rows}")
    return rows


def answer(question: tuple[str, Task, float], say: Any) -> list[Row] | str:
    """Do one task; this runs in a worker. A string tells why the library is wrong."""
    folder, task, seconds = question
    place = Path(folder) / f"{task.entry.instance}.json"
    problem = read_instance(place, within=folder).problem
    if problem.kind != task.entry.problem:
        raise BackendError(f"{task.entry.instance} is a {problem.kind}, not {task.entry.problem}")
    rows: list[Row] = []
    try:
        for form in _forms(task):
            if rows and rows[0]["verdict"] in (UNFINISHED, REFUSED):
                words = f"not asked; as its {rows[0]['form']} file: {rows[0]['words']}"
                verdict, blurred = rows[0]["verdict"], rows[0]["blurred"]
                rows.append(_row(task, form, verdict, words, blurred=blurred))
            else:
                rows.append(_timed(task, form, _job(task, form, problem, seconds)))
    except CertificateRejected as contradiction:
        return str(contradiction)
    return rows


def _job(
    task: Task, form: str, problem: Any, seconds: float
) -> Callable[[], tuple[str, str, bool]]:
    """Return what asks and judges once: verdict, words, and whether tolerances blur the file."""
    optimum = task.entry.optimum

    def ask_backend() -> tuple[str, str, bool]:
        verdict, words = judge_backend(
            backend_named(task.method), problem, optimum, seconds=seconds
        )
        return verdict, words, False

    def ask_third_party() -> tuple[str, str, bool]:
        found = check_file(problem, optimum, reader_named(task.method), form, seconds=seconds)
        return found.verdict, found.words, found.blurred

    return ask_third_party if task.formats else ask_backend


def _timed(task: Task, form: str, job: Callable[[], tuple[str, str, bool]]) -> Row:
    """Do a job, twice if it is quick; return its row with the lesser processor time."""
    spent: list[float] = []
    while True:
        began, used = time.perf_counter(), processor_seconds()
        verdict, words, blurred = job()
        # A solver that was killed brings along the time of all it did before.
        spent.append(min(processor_seconds() - used, time.perf_counter() - began))
        if verdict in (REFUSED, UNFINISHED) or len(spent) > 1 or spent[0] >= QUICK:
            return _row(task, form, verdict, words, seconds=min(spent), blurred=blurred)


def _forms(task: Task) -> tuple[str, ...]:
    return task.formats or ("",)


def _row(
    task: Task,
    form: str,
    verdict: str,
    words: str,
    *,
    seconds: float | None = None,
    blurred: bool = False,
) -> Row:
    """Return a row of plain values."""
    return {
        "instance": task.entry.instance,
        "problem": task.entry.problem,
        "group": task.entry.group,
        "method": task.method,
        "form": form,
        "verdict": verdict,
        "seconds": seconds,
        "blurred": blurred,
        "words": words,
    }
