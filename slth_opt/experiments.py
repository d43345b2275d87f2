"""Studies: questions answered by many small tasks, that can be stopped and gone on with.

Every task has a random generator of its own, made of the study's seed and the task's number, so
the rows are the same on any number of workers and after any interruption.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import name_of, write_text

if TYPE_CHECKING:
    import numpy as np

Row = dict[str, Any]
"""A line of results: names and plain JSON values."""

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
    """

    name: str
    source: str
    question: str
    tasks: Callable[[str], Sequence[Task]]
    run: Callable[[Task, np.random.Generator], list[Row]]
    finding: Callable[[Sequence[Row]], str]


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
        A file of finished tasks; what stands in it is not done again.
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
    asked = {"study": study.name, "scale": scale, "seed": seed, "tasks": len(tasks)}
    done = {} if place is None else _read_done(Path(place), asked)
    todo = [number for number in range(len(tasks)) if number not in done]
    if progress is not None:
        progress(len(done), len(tasks))
    for number, rows in _results(study, tasks, todo, seed, workers):
        done[number] = rows
        if place is not None:
            _append(Path(place), asked, number, rows)
        if progress is not None:
            progress(len(done), len(tasks))
    return [row for number in range(len(tasks)) for row in done[number]]


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows as CSV, floats so that they read back the same.

    Examples
    --------
    >>> print(as_csv([{"n": 3, "share": 0.5}]), end="")
    n,share
    3,0.5
    """
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


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
    if workers < 1:
        raise ProblemError(f"workers must be at least 1, got {workers}")
    if workers == 1 or len(todo) < 2:
        for number in todo:
            yield number, study.run(tasks[number], generator_of(seed, number))
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    # Fresh processes: threads of compiled kernels do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {
            pool.submit(study.run, tasks[number], generator_of(seed, number)): number
            for number in todo
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            for future in futures:
                future.cancel()


def _read_done(place: Path, asked: Mapping[str, Any]) -> dict[int, list[Row]]:
    """Return the finished tasks of a file; a last line that was cut off is dropped."""
    if not place.exists():
        return {}
    lines = place.read_text(encoding="ascii").split("\n")
    whole, cut = lines[:-1], lines[-1]
    if cut:
        write_text(place, "".join(f"{line}\n" for line in whole))
    if not whole:
        return {}
    try:
        head, *rest = (json.loads(line) for line in whole)
        found = {int(entry["task"]): list(entry["rows"]) for entry in rest}
    except (ValueError, KeyError, TypeError):
        raise FileError(f"{name_of(place)}: is not the record of a study; remove it") from None
    if head != asked:
        raise FileError(f"{name_of(place)}: is the record of {head}, not of {dict(asked)}")
    return found


def _append(place: Path, asked: Mapping[str, Any], number: int, rows: Sequence[Row]) -> None:
    """Add a finished task to the record, so that it is there even if the machine stops."""
    is_new = not place.exists() or place.stat().st_size == 0
    with place.open("a", encoding="ascii") as file:
        if is_new:
            file.write(json.dumps(asked) + "\n")
        file.write(json.dumps({"task": number, "rows": list(rows)}) + "\n")
        file.flush()
        os.fsync(file.fileno())
