"""Both masks of a layer by an exhaustive search over pairs of rows, in rounds of rising error.

Once two rows of the second mask are fixed, the columns of the first fall apart, and so do the
other rows once the columns are. A round looks for every selection within some error: it finds
the best one there, or proves that there is none, which is a bound. Of the pairs that the rows
make up, one has at most its share of what the errors add up to over the bound, so that only
pairs within their share have to be looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from slth_opt.methods import Backend, Claim, Watch
from slth_opt.problems import JointLayer
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Stop
from slth_opt.strengthening.joints import (
    Lines,
    entry_optima,
    errors_of,
    improve_start,
    total_of,
)

if TYPE_CHECKING:
    import numpy as np

MOST_HIDDEN = 16
"""Hidden neurons the search can take: 2^16 masks a line."""

FIRST_PART = 64
"""The first round looks at this part of what lies between the bound and the start."""

GROWTH = (13, 10)
"""How much further every round looks. A step of 1.3 may take ten times as long."""

MANY_NODES = 50_000
"""After a round of so many nodes, tables of pairs of columns are worth making."""

MOST_CELLS = 2**27
"""Cells of these tables, of two bytes each."""

MOST_UNITS = 60_000
"""What the cells hold at most, a little below 2^16: what is above every cap needs room too."""

TICK = 0.05
"""Seconds between two looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer as the search sees it: the smaller side are the rows, at least two of them.

    In L1 the errors are those above each entry's own optimum, `base` in all.
    """

    use_l1: bool
    most: int
    base: int
    turned: bool
    errors: np.ndarray
    least: np.ndarray
    sizes: np.ndarray
    rows: np.ndarray
    columns: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The threads of a solve, the state they share, and the time they have."""

    pool: ThreadPoolExecutor
    workers: int
    state: np.ndarray
    deadline: float | None

    def run(self, tasks: Sequence[Callable[[], Any]]) -> list[Any]:
        """Run tasks side by side; raise the flag when time is up, or at Ctrl-C."""
        futures = [self.pool.submit(task) for task in tasks]
        try:
            while wait(futures, timeout=TICK).not_done:
                if self.is_late():
                    self.state[0] = 1
        except KeyboardInterrupt:
            self.state[0] = 1
            wait(futures)
            raise
        return [future.result() for future in futures]

    def is_late(self) -> bool:
        """Tell whether time is up."""
        return self.deadline is not None and time.perf_counter() >= self.deadline


class Known:
    """What a solve knows so far; it survives Ctrl-C."""

    __slots__ = ("best", "bound", "nodes", "problem", "value", "watch")

    def __init__(self, problem: JointLayer, start: tuple[int, ...], watch: Watch | None) -> None:
        self.problem, self.watch = problem, watch
        self.best, self.value = start, _value_of(problem, start)
        self.bound, self.nodes = problem.free_bound(), 0

    def take(self, indices: tuple[int, ...]) -> None:
        """Keep a selection if it is better."""
        value = _value_of(self.problem, indices)
        if value < self.value:
            self.best, self.value = indices, value
            self._tell()

    def raise_bound(self, bound: int) -> None:
        """Keep a bound if it is higher."""
        if bound > self.bound:
            self.bound = bound
            self._tell()

    def _tell(self) -> None:
        if self.watch is not None:
            self.watch(self.value, self.bound)


def solve(
    problem: JointLayer,
    effort: Effort,
    start: tuple[int, ...] | None,
    watch: Watch | None = None,
) -> Claim:
    """Descend to a start, then search in rounds until the bound meets the best.

    Examples
    --------
    >>> from slth_opt import Effort, JointLayer
    >>> layer = JointLayer(
    ...     first=((2, 1), (3, -1)), second=((1, 2),), targets=((8, -1),), norm="linf", most=6
    ... )
    >>> solve(layer, Effort(), None).bound
    0
    """
    import numpy as np

    began = time.perf_counter()
    known = Known(problem, start or (), watch)
    workers = 1 if effort.workers is None else effort.workers
    stop = Stop.FINISHED
    with ThreadPoolExecutor(max_workers=workers) as pool:
        team = Team(
            pool=pool,
            workers=workers,
            state=np.zeros(3, np.int64),
            deadline=None if effort.seconds is None else began + effort.seconds,
        )
        try:
            _bound_and_search(known, team, effort.seed or 0)
            if known.bound < known.value:
                stop = Stop.SECONDS if team.is_late() else Stop.GAVE_UP
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
    return Claim(indices=known.best, bound=known.bound, stop=stop, nodes=known.nodes)


def _bound_and_search(known: Known, team: Team, seed: int) -> None:
    """Do what there is time for; all that is found goes to `known`."""
    problem = known.problem
    optima = entry_optima(problem)
    known.raise_bound(total_of(problem, optima))
    if known.bound < known.value and not team.is_late():
        arguments = (problem, known.best, known.bound, seed, team.state)
        known.take(*team.run([lambda: improve_start(*arguments)]))
    if known.bound == known.value or team.is_late():
        return
    layer = _layer(problem, optima)
    lowest = 0 if layer.use_l1 else known.bound
    beyond = (known.value - layer.base - lowest) // FIRST_PART
    while known.bound < known.value and not team.is_late():
        slack = min(lowest + beyond, known.value - 1 - layer.base)
        _round(known, layer, team, slack)
        if team.state[0]:
            return
        # All there is within the slack has been seen, so what was found there is best.
        known.raise_bound(min(known.value, layer.base + slack + 1))
        beyond = max(beyond + 1, beyond * GROWTH[0] // GROWTH[1])


def _round(known: Known, layer: Layer, team: Team, slack: int) -> None:
    """Search all that is within the slack."""
    import numpy as np

    from slth_opt.kernels.joint import FAR
    from slth_opt.kernels.joint_pairs import Rule, search

    team.state[:] = (0, slack, 0)
    lines = len(layer.rows) + len(layer.columns)
    founds = [np.full(lines + 1, FAR, np.int64) for _ in range(team.workers)]
    spaces = [_space(layer) for _ in range(team.workers)]
    pairs, share = _pairs(layer, slack)
    for first, second in pairs:
        slack = int(team.state[1])
        tables = _tables(layer, (first, second), slack, team, couple=known.nodes > MANY_NODES)
        if slack < 0 or team.state[0]:
            return
        rule = Rule(layer.use_l1, first, second, *share, layer.most)
        leads = _leads(layer, first, slack)
        team.state[2] = 0
        tasks = [
            partial(search, tables, rule, leads, team.state, space, found)
            for space, found in zip(spaces, founds, strict=True)
        ]
        try:
            known.nodes += sum(map(int, team.run(tasks)))
        finally:
            for found in founds:
                if found[-1] < FAR:
                    known.take(_selection(known.problem, layer, found))


def _layer(problem: JointLayer, optima: Sequence[Sequence[int]]) -> Layer:
    """List the error of every entry at every mask, the smaller side as rows."""
    import numpy as np

    from slth_opt.kernels.joint import least_within, size_table

    outputs, hidden, inputs = problem.shape
    limit = min(hidden, problem.most // 2)
    use_l1, turned = problem.norm == "l1", outputs > inputs
    errors = np.empty((outputs, inputs, 1 << hidden), np.int64)
    for (i, j), pool, target in problem.entries():
        errors[i, j] = errors_of(pool, target, limit)
        if use_l1:
            errors[i, j] -= optima[i][j]
    # A neuron that reaches nothing on one side is of no use on the other.
    rows = np.array([_support(row) for row in problem.second], np.int64)
    columns = np.array([_support(c) for c in zip(*problem.first, strict=True)], np.int64)
    both = np.bitwise_or.reduce(rows) & np.bitwise_or.reduce(columns)
    rows, columns = rows & both, columns & both
    if turned:
        errors, rows, columns = errors.swapaxes(0, 1), columns, rows
    if len(rows) == 1:  # a second row for the only pair: it keeps nothing and never errs
        errors = np.concatenate([errors, np.zeros_like(errors)])
        rows = np.append(rows, 0)
    errors = np.ascontiguousarray(errors)
    return Layer(
        use_l1=use_l1,
        most=min(problem.most, problem.num_candidates),
        base=total_of(problem, optima) if use_l1 else 0,
        turned=turned,
        errors=errors,
        least=np.array([[least_within(table) for table in tables] for tables in errors]),
        sizes=size_table(hidden),
        rows=rows,
        columns=columns,
    )


def _lead_costs(layer: Layer, row: int) -> np.ndarray:
    """Return what each mask of a row costs at least, whatever the columns are."""
    least = layer.least[row]
    costs: np.ndarray = least.sum(axis=0) if layer.use_l1 else least.max(axis=0)
    return costs


def _pairs(layer: Layer, slack: int) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """Return the pairs to search, and the share of the slack that one of them is within.

    Two of o rows have on average 2/o of the sum. The pairs below cover all rows equally often,
    so that one of them is not above the average. With three rows, three pairs are no gain.
    """
    o = len(layer.rows)
    ranked = sorted(range(o), key=lambda i: int((_lead_costs(layer, i) <= slack).sum()))
    if not layer.use_l1 or o <= 3:
        return [(ranked[0], ranked[1])], (1, 1)
    apart = 2 if o % 2 == 0 else 1
    return [(ranked[i], ranked[(i + 1) % o]) for i in range(0, o, apart)], (2, o)


def _leads(layer: Layer, row: int, slack: int) -> np.ndarray:
    """Return the masks of the first row of a pair that are within the slack, the best first."""
    import numpy as np

    costs = _lead_costs(layer, row)
    masks = np.arange(len(costs))
    usable = (masks & ~layer.rows[row] == 0) & (costs <= slack) & (layer.sizes <= layer.most)
    masks = masks[usable]
    ordered: np.ndarray = masks[np.argsort(costs[masks], kind="stable")]
    return ordered


def _tables(
    layer: Layer, pair: tuple[int, int], slack: int, team: Team, *, couple: bool
) -> NamedTuple:
    """Return what the search of a pair looks up; if asked, for couples of columns as well."""
    import numpy as np

    from slth_opt.kernels.joint_blocks import tabulate
    from slth_opt.kernels.joint_pairs import Tables

    width, d = len(layer.sizes), len(layer.columns)
    outside = np.array([i for i in range(len(layer.rows)) if i not in pair], np.int64)
    least = layer.least[outside]
    rest = np.zeros((d, width), np.int64)
    if len(outside):
        rest = least.sum(axis=0) if layer.use_l1 else least.max(axis=0)
    count = min(d // 2, MOST_CELLS // width**2)
    if not couple or not len(outside) or count <= 0 or slack < 0:
        count = 0
    # Of what is left for all couples and rows, an even part and a third: rarer costs are cut.
    cap = slack if not layer.use_l1 else -(-4 * slack // (3 * len(outside) * count or 1))
    unit = 1 + (cap * len(outside) // MOST_UNITS if layer.use_l1 else cap)
    near = np.zeros((count, width**2), np.uint16)
    if count:
        team.run([
            partial(
                tabulate, layer.errors, layer.rows, layer.columns, outside, 2 * g, layer.use_l1,
                cap, unit, near[g], team.state,
            )
            for g in range(count)
        ])  # fmt: skip
    return Tables(
        layer.errors, layer.least, rest, layer.sizes, layer.rows, layer.columns, near, unit
    )


def _space(layer: Layer) -> NamedTuple:
    """Return the work space of one thread."""
    import numpy as np

    from slth_opt.kernels.joint_pairs import Space

    d, width = len(layer.columns), len(layer.sizes)
    lists = [np.zeros((d, width), np.int64) for _ in range(6)]
    counts = [np.zeros(d, np.int64) for _ in range(2)]
    return Space(
        masks=lists[0], costs=lists[1], counts=counts[0], near_masks=lists[2],
        near_costs=lists[3], near_whole=lists[4], near_counts=counts[1], best=lists[5],
        total=np.zeros(width, np.int64), alive=np.zeros(width, np.int64),
    )  # fmt: skip


def _selection(problem: JointLayer, layer: Layer, found: np.ndarray) -> tuple[int, ...]:
    """Return the selection that a search found, rows and columns where they were."""
    count = len(layer.rows)
    small = tuple(map(int, found[:count]))
    large = tuple(map(int, found[count:-1]))
    if layer.turned:
        lines = Lines(rows=large, columns=small[: problem.shape[2]])
    else:
        lines = Lines(rows=small[: problem.shape[0]], columns=large)
    return lines.indices(problem)


def _support(weights: Sequence[int]) -> int:
    return sum(1 << k for k, weight in enumerate(weights) if weight)


def _value_of(problem: JointLayer, indices: tuple[int, ...]) -> int:
    return problem.value(mask_of(indices, problem.num_candidates))


def _refuses(problem: JointLayer) -> str | None:
    hidden = problem.shape[1]
    if hidden > MOST_HIDDEN:
        return f"searches layers of up to {MOST_HIDDEN} hidden neurons; this one has {hidden}"
    return None


BACKEND = Backend(
    name="mask_search",
    family="branch and bound",
    summary="both masks of a layer by pairs of rows, in rounds of rising error",
    exact=True,
    takes=("joint_layer",),
    honours=frozenset({"seconds", "workers", "seed"}),
    max_bits=62,
    solve=solve,
    refuses=_refuses,
    can_be_watched=True,
)
