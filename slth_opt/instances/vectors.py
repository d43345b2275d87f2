"""One mask for several rows: channels, pooled signs, and samples that a layer is to fit."""

from __future__ import annotations

from functools import partial

from slth_opt.grid import Grid
from slth_opt.instances.draws import Draws
from slth_opt.instances.laws import draw_uniform
from slth_opt.instances.records import Drawn, Family, Parameters, copies, make_family
from slth_opt.problems import VectorSum

SAMPLE_BITS = 6
"""Inputs of fits are multiples of 2^-6."""


def draw_rows(draws: Draws, parameters: Parameters, *, norm: str) -> Drawn:
    """Draw d rows of n numbers and a target for each; with k, exactly k columns are chosen.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_rows(draws_of("rows"), {"d": 2, "n": 5, "k": 2, "b": 8}, norm="l1").problem
    >>> len(problem.rows), problem.num_candidates, problem.fewest, problem.most
    (2, 5, 2, 2)
    """
    d, n, b = parameters["d"], parameters["n"], parameters["b"]
    rows = tuple(draw_uniform(draws, n, b) for _ in range(d))
    return Drawn(problem=_vector(parameters, rows, draw_uniform(draws, d, b), norm))


def draw_planted_rows(draws: Draws, parameters: Parameters) -> Drawn:
    """Draw rows; the targets are the sums of k of the columns, so the optimum is 0.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> drawn = draw_planted_rows(draws_of("rows"), {"d": 2, "n": 5, "k": 2, "b": 8})
    >>> drawn.problem.value([int(i in drawn.planted) for i in range(5)])
    0
    """
    d, n, k, b = (parameters[letter] for letter in "dnkb")
    rows = tuple(draw_uniform(draws, n, b) for _ in range(d))
    chosen = draws.subset(n, k)
    targets = tuple(sum(row[j] for j in chosen) for row in rows)
    return Drawn(problem=_vector(parameters, rows, targets, "linf"), planted=chosen)


def draw_correlated_rows(draws: Draws, parameters: Parameters) -> Drawn:
    """Draw one row, and d rows that differ from it by at most 1/16 in every entry.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_correlated_rows(
    ...     draws_of("alike"), {"d": 2, "n": 5, "k": 2, "b": 8}
    ... ).problem
    >>> max(abs(p - q) for p, q in zip(*problem.rows)) <= 2 * 2**8 // 16
    True
    """
    d, n, b = parameters["d"], parameters["n"], parameters["b"]
    reach = 2**b // 16
    common, goal = draw_uniform(draws, n, b), draws.integer(-(2**b), 2**b)
    rows = tuple(
        tuple(w + part for w, part in zip(common, draws.integers(n, -reach, reach), strict=True))
        for _ in range(d)
    )
    targets = tuple(goal + part for part in draws.integers(d, -reach, reach))
    return Drawn(problem=_vector(parameters, rows, targets, "linf"))


def draw_pooled(draws: Draws, parameters: Parameters) -> Drawn:
    """Draw products of two weights; positive first weights serve row 0, negative ones row 1.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_pooled(draws_of("pooled"), {"n": 6, "k": 3, "b": 4}).problem
    >>> [p * q for p, q in zip(*problem.rows)]
    [0, 0, 0, 0, 0, 0]
    """
    n, b = parameters["n"], parameters["b"]
    first, second = draw_uniform(draws, n, b), draw_uniform(draws, n, b)
    rows = tuple(
        tuple(max(sign * u, 0) * v for u, v in zip(first, second, strict=True)) for sign in (1, -1)
    )
    target = draws.integer(-(1 << (b - 1)), 1 << (b - 1)) << b
    return Drawn(problem=_vector(parameters, rows, (target, target), "linf", exponent=2 * b))


def draw_fit(draws: Draws, parameters: Parameters, *, norm: str, planted: bool) -> Drawn:
    """Draw a random row of a layer, d samples behind a ReLU, and what another row makes of them.

    Entry (s, j) is weight j times input j of sample s. If planted, that other row is the
    drawn one with half of its weights removed, so the optimum is 0.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_fit(
    ...     draws_of("fit"), {"n": 4, "d": 3, "b": 8}, norm="l1", planted=True
    ... ).problem
    >>> len(problem.rows), problem.grid.exponent
    (3, 14)
    """
    n, d, b = parameters["n"], parameters["d"], parameters["b"]
    weights = draw_uniform(draws, n, b)
    samples = [tuple(max(0, x) for x in draws.normals(n, 2**SAMPLE_BITS)) for _ in range(d)]
    kept = draws.subset(n, n // 2) if planted else None
    if kept is not None:
        wanted = tuple(w if j in kept else 0 for j, w in enumerate(weights))
    else:
        reach = int(2**b / n**0.5)
        wanted = draws.integers(n, -reach, reach)
    rows = tuple(tuple(w * x for w, x in zip(weights, sample, strict=True)) for sample in samples)
    targets = tuple(sum(w * x for w, x in zip(wanted, sample, strict=True)) for sample in samples)
    problem = _vector(parameters, rows, targets, norm, exponent=b + SAMPLE_BITS)
    return Drawn(problem=problem, planted=kept)


def _vector(
    parameters: Parameters,
    rows: tuple[tuple[int, ...], ...],
    targets: tuple[int, ...],
    norm: str,
    exponent: int | None = None,
) -> VectorSum:
    return VectorSum(
        rows=rows,
        targets=targets,
        norm=norm,
        fewest=parameters.get("k", 0),
        most=parameters.get("k", parameters["n"]),
        grid=Grid(exponent=parameters["b"] if exponent is None else exponent),
    )


_ROWS = "rows and targets uniform on the multiples of 2^-b in [-1, 1]"
_FIT = (
    "weights uniform on the multiples of 2^-b in [-1, 1]; inputs max(0, x), x normal with "
    "deviation 1, rounded to multiples of 1/64; outputs those of "
)
_OTHER = f"{_FIT}weights uniform within 1/sqrt(n)"


VECTORS: tuple[Family, ...] = (
    make_family(
        "channels-linf", VectorSum.kind, partial(draw_rows, norm="linf"),
        "exactly k of n columns, smallest largest error of d rows", _ROWS,
        "Structured pruning: a whole channel is kept or removed, and all rows must be near.",
        copies("small", 2, d=2, n=16, k=8, b=23),
        copies("small", 1, d=8, n=16, k=8, b=23),
        copies("medium", 2, d=2, n=24, k=12, b=23),
        copies("medium", 1, d=4, n=24, k=12, b=23),
        copies("hard", 1, d=2, n=34, k=17, b=30),
        copies("hard", 1, d=4, n=36, k=18, b=23),
        copies("hard", 1, d=16, n=34, k=17, b=23),
        copies("hard", 1, d=8, n=48, k=24, b=23),
    ),
    make_family(
        "channels-l1", VectorSum.kind, partial(draw_rows, norm="l1"),
        "exactly k of n columns, smallest sum of the errors of d rows", _ROWS,
        "As before in the other norm: one bad row may be paid for by the others.",
        copies("small", 2, d=3, n=16, k=8, b=23),
        copies("medium", 2, d=4, n=24, k=12, b=23),
        copies("hard", 1, d=8, n=34, k=17, b=23),
    ),
    make_family(
        "channels-any", VectorSum.kind, partial(draw_rows, norm="linf"),
        "any number of n columns, smallest largest error of d rows", _ROWS,
        "The multi-dimensional random subset sum without a rule about sizes.",
        copies("small", 2, d=2, n=16, b=23),
        copies("medium", 1, d=3, n=24, b=30),
        copies("hard", 1, d=3, n=34, b=40),
    ),
    make_family(
        "channels-planted", VectorSum.kind, draw_planted_rows,
        "exactly k of n columns that hit the target in every row",
        "rows uniform on the multiples of 2^-b in [-1, 1]; targets the sums of k columns",
        "The optimum is 0 by construction; more rows make it easier to find, not harder.",
        copies("small", 2, d=2, n=18, k=9, b=30),
        copies("medium", 2, d=4, n=28, k=14, b=30),
        copies("hard", 1, d=8, n=44, k=22, b=30),
        copies("hard", 1, d=32, n=80, k=40, b=23),
    ),
    make_family(
        "channels-correlated", VectorSum.kind, draw_correlated_rows,
        "exactly k of n columns, d rows that are nearly the same",
        "one row uniform on the multiples of 2^-b in [-1, 1]; the others differ from it, and "
        "their targets from one target, by at most 1/16",
        "Rows that say almost the same: between one hard subset sum and d easy ones.",
        copies("small", 2, d=3, n=16, k=8, b=23),
        copies("medium", 1, d=3, n=24, k=12, b=30),
        copies("hard", 1, d=3, n=34, k=17, b=30),
    ),
    make_family(
        "pooled-signs", VectorSum.kind, draw_pooled,
        "exactly k of n neurons, one mask for positive and for negative inputs",
        "products u v of numbers uniform on the multiples of 2^-b in [-1, 1]; u > 0 belongs to "
        "row 0, u < 0 to row 1; one target in [-1/2, 1/2] for both",
        "Both branches of the ReLU diamond with one mask: two rows that share no column.",
        copies("small", 2, n=16, k=8, b=12),
        copies("medium", 2, n=24, k=12, b=23),
        copies("hard", 1, n=34, k=17, b=23),
        copies("hard", 1, n=60, k=30, b=23),
    ),
    make_family(
        "fits-l1", VectorSum.kind, partial(draw_fit, norm="l1", planted=False),
        "which of n random weights act on d samples as another row does, sum of errors", _OTHER,
        "Pruning with data: only what the samples see counts, not the single weights.",
        copies("small", 2, n=12, d=16, b=16),
        copies("medium", 2, n=20, d=24, b=23),
        copies("hard", 1, n=30, d=64, b=23),
        copies("hard", 1, n=60, d=64, b=16),
    ),
    make_family(
        "fits-linf", VectorSum.kind, partial(draw_fit, norm="linf", planted=False),
        "which of n random weights act on d samples as another row does, largest error", _OTHER,
        "As before: the worst sample counts.",
        copies("small", 2, n=12, d=16, b=16),
        copies("medium", 2, n=20, d=32, b=23),
        copies("hard", 1, n=30, d=32, b=23),
        copies("hard", 1, n=50, d=64, b=16),
    ),
    make_family(
        "fits-planted", VectorSum.kind, partial(draw_fit, norm="l1", planted=True),
        "which of n random weights were kept, seen from d samples",
        f"{_FIT}half of the weights themselves",
        "The optimum is 0: a pruned row recovered from its outputs.",
        copies("small", 2, n=16, d=8, b=16),
        copies("medium", 2, n=28, d=16, b=16),
        copies("hard", 1, n=40, d=40, b=16),
        copies("hard", 1, n=100, d=60, b=10),
    ),
)  # fmt: skip
