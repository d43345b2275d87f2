"""The fit of a layer: its rows are questions of their own, which only a budget joins.

Row i of (M * A) X depends on row i of the mask alone. Without a joint budget every row is
solved once. With one, a row is solved for the sizes that matter, and the edges are shared out
exactly: over the values for the masks, over the bounds for what is proven.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from slth_opt.backends import backend_named
from slth_opt.errors import ProblemError
from slth_opt.fitting.menus import Clock, Menu, open_menu, size_of, value_of
from slth_opt.fitting.records import LayerFit, check_fit
from slth_opt.fitting.samples import row_problems
from slth_opt.knapsack import allocate
from slth_opt.methods import Backend, Watch
from slth_opt.problems import VectorSum
from slth_opt.problems.legality import check_budget, check_count, whole_number, whole_numbers
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import solve, why_not

if TYPE_CHECKING:
    import numpy as np

FEW_ROWS = 8
"""Up to so many samples the meeting in the middle is the faster method."""

Progress = Callable[[int, int], None]
"""Told how many rows, or edges, are done, and how many there are."""


def fit_layer(
    weights: Iterable[Iterable[Any]],
    targets: Iterable[Iterable[Any]],
    inputs: Iterable[Iterable[Any]],
    *,
    norm: str = "linf",
    most: int | None = None,
    most_per_row: int | Iterable[int] | None = None,
    rounding: str = "exact",
    bits: int | None = None,
    backend: str | Backend = "auto",
    effort: Effort = Effort(),
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> LayerFit:
    """Choose the mask M of a layer A so that (M * A) X is nearest to the outputs wanted.

    Parameters
    ----------
    weights
        The layer A, o x n.
    targets
        The outputs wanted, o x S; `outputs_of` multiplies a target layer with the inputs.
    inputs
        The samples X, n x S: one per column.
    norm
        ``"linf"``: the largest error over outputs and samples; ``"l1"``: their sum.
    most
        The edges that all rows may keep together; None, or more than there are: no limit.
    most_per_row
        The edges that each row may keep: one number, or one per row.
    rounding, bits
        Products of weights and inputs must fit a common grid exactly, unless ``"nearest"``
        allows rounding them to `bits` bits after the binary point.
    backend
        Any method that takes a ``vector_sum``; ``"auto"`` is the meeting in the middle for few
        samples and ``"relaxing"`` for more.
    effort
        ``seconds`` are for the whole layer, other limits for each of its problems.
    progress
        Told how far it is: rows, then, under a joint budget for ``"linf"``, edges.
    watch
        Told what is proven so far and, at the end, the error.

    Raises
    ------
    GridError
        If a number is not finite, or the products do not fit; it names the array and the place.
    ProblemError
        If shapes do not match or a budget is negative.

    Examples
    --------
    >>> layer, samples = [[0.5, -1.0, 0.25], [1.0, 0.5, 0.5]], [[1.0, 0.0], [0.5, 2.0], [2.0, 1.0]]
    >>> fit = fit_layer(layer, [[1.0, 0.5], [0.5, 1.5]], samples, norm="l1", most=3)
    >>> fit.masks, fit.sizes, float(fit.real_error), fit.is_optimal
    (((True, False, True), (False, True, False)), (2, 1), 1.0, True)
    """
    problems = row_problems(weights, targets, inputs, norm=norm, rounding=rounding, bits=bits)
    caps, total = _budgets(problems, most, most_per_row)
    began = time.perf_counter()
    deadline = None if effort.seconds is None else began + effort.seconds
    clock = Clock(effort=effort, deadline=deadline, stopped=[])
    ask = _asker(backend)
    menus = [
        open_menu(problem, cap, ask, clock) for problem, cap in zip(problems, caps, strict=True)
    ]
    try:
        _solve_menus(menus, total, norm, progress, watch)
    except KeyboardInterrupt:
        clock.note(Stop.INTERRUPTED)
    rows, bound = _shared_out(menus, total, norm)
    fit = LayerFit(
        rows=rows,
        most=total,
        most_by_row=caps,
        value=_join(norm, map(value_of, rows)),
        lower_bound=bound,
        stop=_why(clock.stopped),
        seconds=time.perf_counter() - began,
    )
    if watch is not None:
        watch(fit.value, fit.lower_bound)
    return check_fit(fit)


def _budgets(
    problems: tuple[VectorSum, ...], most: int | None, most_per_row: int | Iterable[int] | None
) -> tuple[tuple[int, ...], int]:
    """Return the edges each row may keep, and those of all; what is not limited is all there is."""
    n, count = problems[0].num_candidates, len(problems)
    if most_per_row is None or isinstance(most_per_row, Iterable):
        given = (n,) * count if most_per_row is None else whole_numbers(most_per_row, what="budget")
    else:
        given = (whole_number(most_per_row, what="most_per_row"),) * count
    check_count(given, count, what="budgets", each="rows of weights")
    for i, cap in enumerate(given):
        if cap < 0:
            raise ProblemError(f"the budget of row {i} must not be negative, got {cap}")
    caps = tuple(min(cap, n) for cap in given)
    total = sum(caps) if most is None else whole_number(most, what="most")
    check_budget(total)
    return tuple(min(cap, total) for cap in caps), total


def _asker(backend: str | Backend) -> Callable[[VectorSum, tuple[int, ...], Effort], Result]:
    """Return a way to solve a row; under ``"auto"`` the method depends on how many samples."""

    def ask(problem: VectorSum, start: tuple[int, ...], effort: Effort) -> Result:
        chosen = backend
        if chosen == "auto":
            names = ("points", "relaxing") if len(problem.rows) <= FEW_ROWS else ("relaxing",)
            able = (n for n in names if why_not(backend_named(n), problem, effort) is None)
            chosen = next(able, "auto")  # a limit that neither honours, such as threads
        return solve(problem, chosen, effort, start)

    return ask


def _solve_menus(
    menus: list[Menu], total: int, norm: str, progress: Progress | None, watch: Watch | None
) -> None:
    """Solve the sizes that decide the fit: every row alone, then what a joint budget asks for."""
    joint = total < sum(menu.most for menu in menus)
    for i, menu in enumerate(menus):
        menu.best(menu.most, parts=(len(menus) - i) * (2 if joint else 1))
        if progress is not None:
            progress(i + 1, len(menus))
        if watch is not None:
            watch(None, _join(norm, (menu.bound(menu.most) for menu in menus)))
    if sum(size_of(menu.best(menu.most)) for menu in menus) <= total:
        return
    if norm == "l1":
        _solve_all_sizes(menus, progress)
    else:
        _lower_the_largest(menus, total, progress)


def _solve_all_sizes(menus: list[Menu], progress: Progress | None) -> None:
    """Solve every row for every size, from its own best one down."""
    left = sum(menu.most for menu in menus)
    for i, menu in enumerate(menus):
        for size in range(menu.most, -1, -1):
            menu.best(size, parts=left)
            left -= 1
        if progress is not None:
            progress(i + 1, len(menus))


def _lower_the_largest(menus: list[Menu], total: int, progress: Progress | None) -> None:
    """Give an edge to the row with the largest error, until that cannot help or none is left.

    A row gets an edge only if every choice of sizes with a smaller largest error gives it one,
    so no other sizes need to be solved.
    """
    sizes = [0] * len(menus)
    values = [value_of(menu.best(0)) for menu in menus]
    while sum(sizes) < total:
        worst = max(range(len(menus)), key=values.__getitem__)
        menu = menus[worst]
        if values[worst] == value_of(menu.within(menu.most)):
            return
        sizes[worst] += 1
        values[worst] = value_of(menu.best(sizes[worst], parts=total - sum(sizes) + 1))
        if progress is not None:
            progress(sum(sizes), total)


def _shared_out(menus: list[Menu], total: int, norm: str) -> tuple[tuple[Result, ...], int]:
    """Return the best rows within the budget, of those that are known, and a bound on all."""
    if total >= sum(menu.most for menu in menus):
        rows = tuple(menu.within(menu.most) for menu in menus)
        return rows, _join(norm, (menu.bound(menu.most) for menu in menus))
    width = max(menu.most for menu in menus) + 1
    values = _table(menus, width, lambda menu, size: value_of(menu.within(size)))
    bounds = _table(menus, width, lambda menu, size: menu.bound(size))
    sizes = allocate(values, total, norm=norm).sizes
    rows = tuple(menu.within(int(size)) for menu, size in zip(menus, sizes, strict=True))
    return rows, allocate(bounds, total, norm=norm).value


def _table(menus: list[Menu], width: int, entry: Callable[[Menu, int], int]) -> np.ndarray:
    """Return one integer for every row and size; beyond its own limit a row has no more."""
    import numpy as np

    return np.array(
        [[entry(menu, min(size, menu.most)) for size in range(width)] for menu in menus], np.int64
    )


def _join(norm: str, errors: Iterable[int]) -> int:
    return sum(errors) if norm == "l1" else max(errors)


def _why(stopped: list[Stop]) -> Stop:
    """Return why the search ended: Ctrl-C before anything else, then the first limit met."""
    if Stop.INTERRUPTED in stopped:
        return Stop.INTERRUPTED
    return stopped[0] if stopped else Stop.FINISHED
