"""Every method on the same problems, and each held to what the others prove."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from slth_opt.backends import BACKENDS
from slth_opt.errors import BackendError, ClaimRejected
from slth_opt.layer_benchmarks.records import APPROACHES, Row, Run, Size, approach_of
from slth_opt.layer_benchmarks.series import Series
from slth_opt.methods import Backend
from slth_opt.problems import Problem
from slth_opt.results import Effort, Stop
from slth_opt.solving import solve, why_not


def compare_layers(
    series: Sequence[Series],
    *,
    instances: int,
    seconds: float,
    seed: int,
    progress: Callable[[float], None] = lambda share: None,
) -> Iterator[Row]:
    """Ask every method that takes them about the problems of some series.

    A floating-point solver that finished nothing at one size sits out the larger ones: it would
    say nothing about them. Exact methods take part in all, for the sake of their bounds.

    Parameters
    ----------
    series
        What to ask; see `choose_series`.
    instances
        How many problems of each size.
    seconds
        The limit for one answer.
    seed
        For the problems.
    progress
        Told which share of the questions is answered.

    Raises
    ------
    ClaimRejected
        If the proofs of two methods contradict each other.
    KeyboardInterrupt
        If somebody stopped a method: its row would tell of that.

    Examples
    --------
    >>> from slth_opt.layer_benchmarks.series import choose_series
    >>> (row, *_) = compare_layers(
    ...     choose_series("budgets", ["2x4"]), instances=1, seconds=1.0, seed=0
    ... )
    >>> row.method, row.proven
    ('cp_sat', 1)
    """
    import numpy as np

    total, done = sum(len(line.sizes) for line in series), 0
    for line in series:
        tired: set[str] = set()
        warm = line.draw(line.warm_up, np.random.default_rng(seed))
        for backend in _able([warm], seconds):
            _measure(warm, backend, seconds)  # load and compile
        for size in line.sizes:
            problems = [
                line.draw(size, np.random.default_rng([seed, i, *size])) for i in range(instances)
            ]
            able = [b for b in _able(problems, seconds) if b.name not in tired]
            runs = {}
            for number, backend in enumerate(able):
                progress((done + number / len(able)) / total)
                runs[backend.name] = tuple(_measure(p, backend, seconds) for p in problems)
                if not backend.exact and not any(run.said for run in runs[backend.name]):
                    tired.add(backend.name)
            done += 1
            yield from _rows(line, size, problems, runs)


def _able(problems: Sequence[Problem], seconds: float) -> list[Backend]:
    """Return the methods that take every one of the problems, in the order of the table."""
    effort = Effort(seconds=seconds)
    able = [b for b in BACKENDS if all(why_not(b, p, effort) is None for p in problems)]
    return sorted(able, key=lambda backend: APPROACHES.index(approach_of(backend.name)))


def _measure(problem: Problem, backend: Backend, seconds: float) -> Run:
    """Solve a problem within a limit, and note what is true of the answer."""
    began = time.perf_counter()
    try:
        result = solve(problem, backend, Effort(seconds=seconds))
    except (ClaimRejected, BackendError) as trouble:
        return Run(seconds=time.perf_counter() - began, trouble=str(trouble))
    if result.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    return Run(
        seconds=time.perf_counter() - began,
        value=result.value,
        bound=result.lower_bound,
        proven=result.is_optimal or result.infeasible,
        said=result.stop is Stop.FINISHED,
    )


def _rows(
    line: Series, size: Size, problems: Sequence[Problem], runs: dict[str, tuple[Run, ...]]
) -> Iterator[Row]:
    """Hold the methods to each other, problem by problem."""
    truths: list[set[int | None]] = []
    for i, problem in enumerate(problems):
        own = [answers[i] for answers in runs.values()]
        bounds = [run.bound for run in own if run.bound is not None]
        values = [run.value for run in own if run.value is not None]
        if bounds and values and max(bounds) > min(values):
            raise ClaimRejected(
                f"methods contradict each other on {problem.kind} {problem.digest}: a bound of "
                f"{max(bounds)}, a value of {min(values)}"
            )
        truths.append({run.value for run in own if run.proven})
    for name, answers in runs.items():
        yield Row(
            name=line.name, rule=line.rule, letters=line.letters, size=size, method=name,
            grid=problems[0].objective_grid, runs=answers, known=sum(map(bool, truths)),
            right=sum(
                (run.said or run.value is not None) and run.value in truth
                for run, truth in zip(answers, truths, strict=True)
            ),
        )  # fmt: skip
