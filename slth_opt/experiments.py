"""Studies: questions answered by many small tasks, that can be stopped and gone on with.

Every task has a random generator of its own, made of the study's seed and the task's number, so
the rows are the same on any number of workers and after any interruption.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from inspect import getsource
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slth_opt.csv_rows import Row
from slth_opt.errors import ProblemError
from slth_opt.task_records import Add, Done, open_record
from slth_opt.worker_processes import share_out

if TYPE_CHECKING:
    import numpy as np

Task = dict[str, Any]
"""What one task is about: names and plain JSON values."""

SCALES = ("small", "paper")
"""Under a minute, or large enough to stand beside published numbers."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One question, and how it is answered.

    Parameters
    ----------
    name
        What users call it.
    source
        Whose numbers it stands beside.
    question
        What is asked, in one sentence.
    tasks
        The tasks of a scale.
    run
        One task's rows, drawn with its own generator.
    finding
        What the rows say, in sentences for people.
    timed
        The columns that depend on how long something took. All others repeat with the seed.
    """

    name: str
    source: str
    question: str
    tasks: Callable[[str], Sequence[Task]]
    run: Callable[[Task, np.random.Generator], list[Row]]
    finding: Callable[[Sequence[Row]], str]
    timed: tuple[str, ...] = ()


def run_study(
    study: Study,
    *,
    scale: str = "small",
    seed: int = 0,
    workers: int = 1,
    place: str | Path | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """Return the rows of a study in the order of its tasks, going on where it was left.

    Parameters
    ----------
    study, scale, seed
        What is asked, how large, and with which random numbers.
    workers
        Processes side by side.
    place
        A file of finished tasks; what stands in it is not done again. A file of another study,
        scale, seed, target or version is refused.
    progress
        Told the tasks done and all of them.

    Examples
    --------
    >>> toss = Study(name="toss", source="", question="", finding=str,
    ...     tasks=lambda scale: [{"throws": 2}, {"throws": 3}],
    ...     run=lambda task, rng: [{"heads": int(rng.integers(0, 2, task["throws"]).sum())}])
    >>> run_study(toss) == run_study(toss), len(run_study(toss))
    (True, 2)
    """
    if scale not in SCALES:
        raise ProblemError(f"the scale must be one of {', '.join(SCALES)}, got {scale!r}")
    tasks = list(study.tasks(scale))
    done: Done = {}
    add: Add | None = None
    with ExitStack() as held:
        if place is not None:
            asked = _asked(study, tasks, scale, seed)
            done, add = held.enter_context(open_record(place, asked))
        todo = [number for number in range(len(tasks)) if number not in done]
        if progress is not None:
            progress(len(done), len(tasks))
        for number, rows in _results(study, tasks, todo, seed, workers):
            done[number] = rows
            if add is not None:
                add(number, rows)
            if progress is not None:
                progress(len(done), len(tasks))
    return [row for number in range(len(tasks)) for row in done[number]]


def repeating(study: Study, rows: Sequence[Row]) -> list[Row]:
    """Return rows without the columns that hold times: what every run of a seed has in common.

    Examples
    --------
    >>> timed = Study(name="", source="", question="", finding=str, timed=("seconds",),
    ...     tasks=lambda scale: [], run=lambda task, rng: [])
    >>> repeating(timed, [{"nodes": 3, "seconds": 0.1}])
    [{'nodes': 3}]
    """
    return [{key: row[key] for key in row if key not in study.timed} for row in rows]


def generator_of(seed: int, number: int) -> np.random.Generator:
    """Return the generator of a task.

    Examples
    --------
    >>> float(generator_of(1, 2).random()) == float(generator_of(1, 2).random())
    True
    """
    import numpy as np

    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, number])))


def _results(
    study: Study, tasks: Sequence[Task], todo: Sequence[int], seed: int, workers: int
) -> Iterator[tuple[int, list[Row]]]:
    """Yield the rows of the tasks that are left, as they come."""
    calls = [(tasks[number], generator_of(seed, number)) for number in todo]
    for place, rows in share_out(study.run, calls, workers):
        yield todo[place], rows


def _asked(study: Study, tasks: Sequence[Task], scale: str, seed: int) -> dict[str, Any]:
    """Return what a record is about, so that rows of anything else are never added to it."""
    import numpy as np

    return {
        "study": study.name,
        "scale": scale,
        "seed": seed,
        "target": tasks[0].get("target") if tasks else None,
        "tasks": f"{len(tasks)} {_digest(json.dumps(tasks))}",
        "code": _digest(_code(study.run)),
        "slth-opt": _package(),
        "numpy": np.__version__,
    }


def _code(run: Callable[..., Any]) -> str:
    """Return the source of the module that answers a task."""
    function = run.func if isinstance(run, partial) else run
    try:
        return getsource(sys.modules[function.__module__])
    except (OSError, TypeError):  # typed into an interpreter
        return "unknown"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _package() -> str:
    try:
        return version("slth-opt")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"
