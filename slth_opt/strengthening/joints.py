"""What is known about a `JointLayer` before any solver is asked.

Every entry by itself is a subset sum; its own optimum bounds what the entry can do within the
layer, and what the best known selection leaves over the bound is all that an entry may add.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from slth_opt.guessing import first_guess
from slth_opt.problems import JointLayer
from slth_opt.problems.free_bounds import bound_by_size
from slth_opt.problems.legality import indices_of, mask_of
from slth_opt.programs import program_of
from slth_opt.programs.integer_program import Row
from slth_opt.strengthening.records import Stronger

if TYPE_CHECKING:
    import numpy as np

MOST_LISTED = 20
"""Hidden neurons up to which the subsets of an entry are listed: 8 MiB of errors."""

MOST_HALVED = 30
"""Hidden neurons up to which an entry's optimum is found from two halves."""

MOST_SUM_BITS = 62
"""Sums of all errors up to this size are computed in 64 bits."""

ROUND_WORK = 2**28
"""About a second of descents."""

FEWEST_ROUNDS, MOST_ROUNDS = 16, 2000

MOST_FLIPS = 8
"""Bits flipped at most between two descents."""


def entry_optima(problem: JointLayer) -> tuple[tuple[int, ...], ...]:
    """Return a lower bound on the error of each entry: its own optimum, if that is in reach.

    A product takes two edges, so with a budget an entry has at most half as many products.

    Examples
    --------
    >>> layer = JointLayer(
    ...     first=((2, 1), (3, -1)), second=((1, 2),), targets=((9, -4),), norm="l1", most=6
    ... )
    >>> entry_optima(layer)
    ((1, 2),)
    """
    outputs, hidden, inputs = problem.shape
    limit = min(hidden, problem.most // 2)
    optima = [_entry_optimum(pool, target, limit) for _, pool, target in problem.entries()]
    return tuple(tuple(optima[i * inputs : (i + 1) * inputs]) for i in range(outputs))


def total_of(problem: JointLayer, optima: Sequence[Sequence[int]]) -> int:
    """Join the errors of all entries in the norm of the problem.

    Examples
    --------
    >>> layer = JointLayer(first=((2, 1),), second=((3,),), targets=((4, 0),), norm="l1", most=3)
    >>> total_of(layer, ((2, 5),))
    7
    """
    flat = [optimum for row in optima for optimum in row]
    return sum(flat) if problem.norm == "l1" else max(flat)


def errors_of(pool: tuple[int, ...], target: int, limit: int) -> np.ndarray:
    """Return the error of every subset of a pool, the subset's bits as the index.

    Subsets of more than `limit` weights, which no legal selection has, get the largest error.

    Examples
    --------
    >>> errors_of((2, 5), 6, 1).tolist()
    [6, 4, 1, 6]
    """
    import numpy as np

    from slth_opt.kernels.joint import error_table, size_table

    errors: np.ndarray = error_table(np.array(pool, np.int64), np.int64(target))
    if limit < len(pool):
        sizes = size_table(len(pool))
        errors[sizes > limit] = errors.max()
    return errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Both masks of a layer as bits of hidden neurons: one number a row, one a column.

    Examples
    --------
    >>> layer = JointLayer(first=((2, 1),), second=((3,),), targets=((4, 0),), norm="l1", most=3)
    >>> lines = Lines.of(layer, (0, 2))
    >>> lines.rows, lines.columns, lines.indices(layer)
    ((1,), (1, 0), (0, 2))
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]

    @classmethod
    def of(cls, problem: JointLayer, indices: Sequence[int]) -> Lines:
        """Gather the bits of a selection."""
        outputs, hidden, inputs = problem.shape
        rows, columns = [0] * outputs, [0] * inputs
        for index in indices:
            if index < hidden * inputs:
                columns[index % inputs] |= 1 << index // inputs
            else:
                i, k = divmod(index - hidden * inputs, hidden)
                rows[i] |= 1 << k
        return cls(rows=tuple(rows), columns=tuple(columns))

    def indices(self, problem: JointLayer) -> tuple[int, ...]:
        """Return the selection these bits stand for."""
        _, hidden, inputs = problem.shape
        first = [
            k * inputs + j
            for k in range(hidden)
            for j, column in enumerate(self.columns)
            if column >> k & 1
        ]
        second = [
            hidden * (inputs + i) + k
            for i, row in enumerate(self.rows)
            for k in range(hidden)
            if row >> k & 1
        ]
        return (*first, *second)


def improve_start(
    problem: JointLayer,
    start: tuple[int, ...] | None,
    enough: int,
    seed: int = 0,
    state: np.ndarray | None = None,
) -> tuple[int, ...]:
    """Return a selection at least as good as the start, found by descents from mask to mask.

    With one mask fixed, each line of the other is a small problem of its own and is solved
    exactly, all subsets looked at. Stops at an error of `enough`, or when ``state[0]`` is set.

    Examples
    --------
    >>> layer = JointLayer(
    ...     first=((2, 1), (3, -1)), second=((1, 2),), targets=((8, -1),), norm="l1", most=6
    ... )
    >>> layer.value(mask_of(improve_start(layer, None, 0), 6))
    0
    """
    import numpy as np

    from slth_opt.kernels.joint import descend

    best = first_guess(problem) if start is None else start
    outputs, hidden, inputs = problem.shape
    use_l1, fits = problem.norm == "l1", _sum_fits(problem)
    if best is None or hidden > MOST_LISTED or (use_l1 and not fits):
        return best or ()
    generator = np.random.default_rng(seed)
    rounds = ROUND_WORK // (2 * outputs * inputs << hidden)
    rounds = min(MOST_ROUNDS, max(FEWEST_ROUNDS, rounds))
    flips = generator.integers(0, hidden * inputs, (rounds, MOST_FLIPS))
    flips[np.arange(MOST_FLIPS) >= generator.integers(1, MOST_FLIPS + 1, (rounds, 1))] = -1
    flips[0] = -1  # first from the start itself
    lines = Lines.of(problem, best)
    rows, columns = np.array(lines.rows, np.int64), np.array(lines.columns, np.int64)
    descend(
        np.array(problem.second, np.int64), np.array(problem.first, np.int64).T.copy(),
        np.array(problem.targets, np.int64), use_l1, not use_l1 and fits,
        min(problem.most, problem.num_candidates), rows, columns, flips,
        generator.integers(0, 4, rounds), enough, np.zeros(1, np.int64) if state is None else state,
    )  # fmt: skip
    found = Lines(rows=tuple(map(int, rows)), columns=tuple(map(int, columns))).indices(problem)
    return min(best, found, key=lambda each: _value_of(problem, each))


def strengthen_joint(problem: JointLayer, start: tuple[int, ...] | None) -> Stronger:
    """Bound every error from both sides, and fix what no good selection can have otherwise.

    Examples
    --------
    >>> layer = JointLayer(
    ...     first=((2, 1), (3, -1)), second=((1, 2),), targets=((9, -4),), norm="l1", most=6
    ... )
    >>> stronger = strengthen_joint(layer, None)
    >>> stronger.bound, [v.low for v in stronger.program.variables if v.name.startswith("z")]
    (3, [1, 2])
    """
    optima = entry_optima(problem)
    bound = total_of(problem, optima)
    best = _tidied(problem, improve_start(problem, start, bound))
    value = _value_of(problem, best)
    low, high = _choices(problem, optima, value - bound if problem.norm == "l1" else value)
    program = program_of(problem)
    errors = [e for row in optima for e in row] if problem.norm == "l1" else [bound]
    first_error = len(program.variables) - len(errors)
    for e, optimum in enumerate(errors):
        low[first_error + e] = optimum
        high[first_error + e] = optimum + value - bound
    variables = tuple(
        replace(v, low=max(v.low, low.get(x, v.low)), high=min(v.high, high.get(x, v.high)))
        for x, v in enumerate(program.variables)
    )
    rows = list(program.rows)
    if len(errors) > 1:
        rows.append(Row(name="cutoff", terms=program.objective, low=bound, high=value))
    rows += _ordered_twins(problem)
    return Stronger(
        program=replace(program, variables=variables, rows=tuple(rows)), bound=bound, start=best
    )


def _entry_optimum(pool: tuple[int, ...], target: int, limit: int) -> int:
    if len(pool) <= MOST_LISTED:
        return int(errors_of(pool, target, limit).min())
    if len(pool) <= MOST_HALVED:
        return _nearest(pool, target, limit)
    return min(bound_by_size(pool, target)[: limit + 1])


def _nearest(pool: tuple[int, ...], target: int, limit: int) -> int:
    """Return the least error of up to `limit` weights, from the sorted sums of both halves."""
    import numpy as np

    from slth_opt.kernels.meeting import FENCE, build_half, group_starts, nearest_of_size

    def listed(half: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        starts = group_starts(len(half), min(len(half), limit))
        sums = np.empty(starts[-1], np.int64)
        build_half(np.array(half, np.int64), starts, sums)
        return sums, starts

    middle = len(pool) // 2
    (left, left_starts), (right, right_starts) = listed(pool[:middle]), listed(pool[middle:])
    best = np.array([FENCE, 0, 0, 0], np.int64)
    for size in range(limit + 1):  # `best` is only ever improved
        nearest_of_size(left, left_starts, right, right_starts, size, target, best)
    return int(best[0])


def _sum_fits(problem: JointLayer) -> bool:
    reach = (sum(map(abs, pool)) + abs(target) for _, pool, target in problem.entries())
    return sum(reach).bit_length() <= MOST_SUM_BITS


def _value_of(problem: JointLayer, indices: Sequence[int]) -> int:
    return problem.value(mask_of(indices, problem.num_candidates))


def _useless(problem: JointLayer) -> Iterator[int]:
    """Yield the edges that change no sum: zeros, and edges of neurons with zeros behind them."""
    outputs, hidden, inputs = problem.shape
    for k, row in enumerate(problem.first):
        reaches = any(problem.second[i][k] for i in range(outputs))
        yield from (k * inputs + j for j, weight in enumerate(row) if not (weight and reaches))
        for i in range(outputs):
            if not (problem.second[i][k] and any(row)):
                yield hidden * (inputs + i) + k


def _choices(
    problem: JointLayer, optima: Sequence[Sequence[int]], slack: int
) -> tuple[dict[int, int], dict[int, int]]:
    """Return what variables must be at least and at most, by the errors each entry may have.

    In L1 an entry may have its optimum and the slack, else the slack itself.
    """
    import numpy as np

    _, hidden, inputs = problem.shape
    low: dict[int, int] = {}
    high = dict.fromkeys(_useless(problem), 0)
    if hidden > MOST_LISTED:
        return low, high
    product = problem.num_candidates
    limit = min(hidden, problem.most // 2)
    sizes = np.bitwise_count(np.arange(2**hidden)) <= limit
    for (i, j), pool, target in problem.entries():
        most = slack + (optima[i][j] if problem.norm == "l1" else 0)
        allowed = np.flatnonzero((errors_of(pool, target, limit) <= most) & sizes)
        always, ever = int(np.bitwise_and.reduce(allowed)), int(np.bitwise_or.reduce(allowed))
        for k, weight in enumerate(pool):
            if not weight:
                continue
            if always >> k & 1:
                for x in (k * inputs + j, hidden * (inputs + i) + k, product):
                    low[x] = 1
            if not ever >> k & 1:
                high[product] = 0
            product += 1
    return low, high


def _twins(problem: JointLayer) -> list[tuple[int, int]]:
    """List each neuron with the next one that has the same weights throughout."""
    outputs, hidden, _ = problem.shape
    last: dict[tuple[int, ...], int] = {}
    pairs = []
    for k in range(hidden):
        weights = (*problem.first[k], *(problem.second[i][k] for i in range(outputs)))
        if weights in last:
            pairs.append((last[weights], k))
        last[weights] = k
    return pairs


def _edges_of(problem: JointLayer, k: int) -> list[int]:
    """List the choices of one neuron, in the same order for all."""
    outputs, hidden, inputs = problem.shape
    own = [k * inputs + j for j in range(inputs)]
    return own + [hidden * (inputs + i) + k for i in range(outputs)]


def _ordered_twins(problem: JointLayer) -> list[Row]:
    """Have twins keep their edges in falling order, read as a binary number."""
    rows = []
    for one, other in _twins(problem):
        if len(_edges_of(problem, one)) > 40:  # powers of two beyond what solvers compute with
            continue
        terms = [(x, 1 << b) for b, x in enumerate(_edges_of(problem, one))]
        terms += [(x, -1 << b) for b, x in enumerate(_edges_of(problem, other))]
        rows.append(Row(name=f"twins{one}_{other}", terms=tuple(sorted(terms)), low=0, high=None))
    return rows


def _tidied(problem: JointLayer, indices: tuple[int, ...]) -> tuple[int, ...]:
    """Leave out useless edges and exchange those of twins, so that the rows above hold."""
    kept = list(mask_of(set(indices) - set(_useless(problem)), problem.num_candidates))
    pairs = _twins(problem)
    for _ in pairs:  # as often as the largest may have to move
        for one, other in pairs:
            mine, theirs = _edges_of(problem, one), _edges_of(problem, other)
            if [kept[x] for x in mine[::-1]] < [kept[x] for x in theirs[::-1]]:
                for x, y in zip(mine, theirs, strict=True):
                    kept[x], kept[y] = kept[y], kept[x]
    return indices_of(kept)
