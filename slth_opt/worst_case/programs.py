"""Linear programs: HiGHS proposes multipliers in floating point, the bound is made of integers.

For any multipliers y >= 0 of rows ``a.x <= b`` (of any sign for ``==``), a sum ``c.x`` is at most
``y.b`` plus the largest value of ``(c - y a).x`` within the bounds of the variables. So whatever
the solver did, the number that comes out is a bound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slth_opt.worst_case.polygons import Relaxation

MULTIPLIER_BITS = 120
"""Multipliers are rounded to this many bits after the binary point."""

SMALLEST_BITS, MOST_ENLARGED = -28, 24
"""Entries of rows shall not be below 2**SMALLEST_BITS, unless others had to exceed the second."""

TOLERANCES: dict[str, Any] = {
    "primal_feasibility_tolerance": 1e-10,
    "dual_feasibility_tolerance": 1e-10,
}
"""The smallest that HiGHS allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What HiGHS said of a relaxation.

    Parameters
    ----------
    multipliers
        One for each row, equalities first, in units of ``2**-MULTIPLIER_BITS``.
    point
        The variables, in reals; None if there is said to be no solution. Then the multipliers
        are for an objective of zero.
    """

    multipliers: tuple[int, ...]
    point: tuple[float, ...] | None


def propose(relaxation: Relaxation, *, seconds: float | None = None) -> Proposal | None:
    """Ask HiGHS for multipliers; None if it fails.

    Parameters
    ----------
    relaxation
        The linear program.
    seconds
        How long it may take.

    Examples
    --------
    >>> from slth_opt.worst_case.polygons import Row
    >>> relaxation = Relaxation(
    ...     lows=[0, 0], highs=[8, 8], equalities=[],
    ...     inequalities=[Row(terms={0: 2, 1: 2}, limit=8)],
    ...     costs={0: 1, 1: 2}, bends=[], weight_bits=1, value_bits=3,
    ... )
    >>> proposal = propose(relaxation)
    >>> proposal.point, bound_by(relaxation, proposal)
    ((0.0, 1.0), Fraction(2, 1))
    """
    scaled = _scaled(relaxation)
    found = _ask(scaled, seconds)
    if found.status == 0:
        point = tuple(math.ldexp(x, bits) for x, bits in zip(found.x, scaled.columns, strict=True))
        return Proposal(multipliers=_multipliers(scaled, found, scaled.objective), point=point)
    if found.status == 1:  # its limit
        return None
    found = _ask(_elastic(scaled), seconds)
    if found.status != 0:
        return None
    return Proposal(multipliers=_multipliers(scaled, found, 0), point=None)


def bound_by(relaxation: Relaxation, proposal: Proposal) -> Fraction:
    """Return the bound on the objective that multipliers prove, exactly.

    Without a solution the objective is zero, and a negative bound proves that there is none.

    Examples
    --------
    >>> from slth_opt.worst_case.polygons import Row
    >>> relaxation = Relaxation(
    ...     lows=[0], highs=[8], equalities=[], inequalities=[Row(terms={0: 2}, limit=-8)],
    ...     costs={0: 1}, bends=[], weight_bits=1, value_bits=3,
    ... )
    >>> bound_by(relaxation, propose(relaxation)) < 0
    True
    """
    rows = relaxation.equalities + relaxation.inequalities
    reduced = [0] * len(relaxation.lows)
    if proposal.point is not None:
        for variable, times in relaxation.costs.items():
            reduced[variable] = times << relaxation.weight_bits + MULTIPLIER_BITS
    total = 0
    for i, (row, multiplier) in enumerate(zip(rows, proposal.multipliers, strict=True)):
        if i >= len(relaxation.equalities) and multiplier < 0:
            raise ValueError(f"row {i} is an inequality: its multiplier cannot be {multiplier}")
        if multiplier:
            total += multiplier * row.limit << relaxation.weight_bits
            for variable, times in row.terms.items():
                reduced[variable] -= multiplier * times
    for cost, low, high in zip(reduced, relaxation.lows, relaxation.highs, strict=True):
        total += cost * (high if cost > 0 else low)
    bits = relaxation.weight_bits + relaxation.value_bits + MULTIPLIER_BITS
    return Fraction(total, 1 << bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scaled:
    """A relaxation in floats, every column and row multiplied by a power of two."""

    costs: Sequence[float]
    equalities: tuple[Any, Any] | None
    inequalities: tuple[Any, Any] | None
    bounds: Any
    columns: Sequence[int]
    rows: Sequence[int]
    objective: int


def _scaled(relaxation: Relaxation) -> _Scaled:
    import numpy as np

    unit, ends = 1 << relaxation.weight_bits, 1 << relaxation.value_bits
    bounds = [(low / ends, high / ends)
              for low, high in zip(relaxation.lows, relaxation.highs, strict=True)]  # fmt: skip
    columns = [_bits(max(abs(low), abs(high))) for low, high in bounds]
    costs = [0.0] * len(bounds)
    objective = max((columns[v] for v in relaxation.costs if bounds[v] != (0.0, 0.0)), default=0)
    for variable, times in relaxation.costs.items():
        costs[variable] = math.ldexp(-times, columns[variable] - objective)
    rows = []
    matrices = []
    for part in (relaxation.equalities, relaxation.inequalities):
        places: list[tuple[int, int]] = []
        entries: list[float] = []
        limits = []
        for r, row in enumerate(part):
            # What is always zero must not count, or it may make all else seem too small to keep.
            terms = [
                (v, math.ldexp(times / unit, columns[v]))
                for v, times in row.terms.items()
                if bounds[v] != (0.0, 0.0)
            ]
            bits = _row_bits([abs(term) for _, term in terms if term])
            rows.append(bits)
            limits.append(math.ldexp(row.limit / ends, -bits))
            for variable, term in terms:
                places.append((r, variable))
                entries.append(math.ldexp(term, -bits))
        matrices.append(_sparse(places, entries, (len(part), len(bounds)), limits))
    scaled_bounds = [[math.ldexp(end, -bits) for end in both]
                     for both, bits in zip(bounds, columns, strict=True)]  # fmt: skip
    return _Scaled(
        costs=costs,
        equalities=matrices[0],
        inequalities=matrices[1],
        bounds=np.array(scaled_bounds),
        columns=columns,
        rows=rows,
        objective=objective,
    )


def _bits(size: float) -> int:
    """Return the exponent of a power of two near a size; none is needed for zero."""
    return math.frexp(size)[1] if size else 0


def _row_bits(sizes: list[float]) -> int:
    """Return the exponent to divide a row by: near its largest entry, less if some are tiny.

    HiGHS drops entries below 1e-9, and with them how a value of the order of the errors hangs on
    inputs; rows that hold such are made larger instead.
    """
    if not sizes:
        return 0
    missing = SMALLEST_BITS + _bits(max(sizes)) - _bits(min(sizes))
    return _bits(max(sizes)) - min(max(missing, 0), MOST_ENLARGED)


def _sparse(
    places: list[tuple[int, int]], entries: list[float], shape: tuple[int, int], limits: list[float]
) -> tuple[Any, Any] | None:
    import numpy as np
    from scipy.sparse import csr_array

    if not limits:
        return None
    at = ([r for r, _ in places], [v for _, v in places])
    return csr_array((entries, at), shape=shape), np.array(limits)


def _ask(scaled: _Scaled, seconds: float | None) -> Any:
    from scipy.optimize import linprog

    equal, less = scaled.equalities or (None, None), scaled.inequalities or (None, None)
    options = dict(TOLERANCES)
    if seconds is not None:
        options["time_limit"] = max(seconds, 0.01)
    return linprog(
        scaled.costs, A_ub=less[0], b_ub=less[1], A_eq=equal[0], b_eq=equal[1],
        bounds=scaled.bounds, method="highs", options=options,
    )  # fmt: skip


def _elastic(scaled: _Scaled) -> _Scaled:
    """Return the program that violates its rows as little as possible, in sum."""
    import numpy as np
    from scipy.sparse import csr_array, eye_array, hstack

    count = len(scaled.costs)
    equal = scaled.equalities[1] if scaled.equalities else ()
    less = scaled.inequalities[1] if scaled.inequalities else ()
    m, n = len(equal), len(less)
    matrices: list[tuple[Any, Any] | None] = []
    for part, signs in ((scaled.equalities, (1, -1, 0)), (scaled.inequalities, (0, 0, -1))):
        if part is None:
            matrices.append(None)
            continue
        slacks = [
            eye_array(len(part[1])) * sign if sign else csr_array((len(part[1]), wide))
            for sign, wide in zip(signs, (m, m, n), strict=True)
        ]
        kept = [slack for slack in slacks if slack.shape[1]]
        matrices.append((hstack([part[0], *kept], format="csr"), part[1]))
    slack_bounds = np.tile([0.0, np.inf], (2 * m + n, 1))
    return _Scaled(
        costs=[0.0] * count + [1.0] * (2 * m + n),
        equalities=matrices[0],
        inequalities=matrices[1],
        bounds=np.vstack([scaled.bounds, slack_bounds]),
        columns=scaled.columns,
        rows=scaled.rows,
        objective=0,
    )


def _multipliers(scaled: _Scaled, found: Any, objective: int) -> tuple[int, ...]:
    """Return the multipliers of the rows as they were before scaling, rounded."""
    said = [-float(y) for y in found.eqlin.marginals] + [
        max(0.0, -float(y)) for y in found.ineqlin.marginals
    ]
    return tuple(
        round(Fraction(y) * Fraction(2) ** (MULTIPLIER_BITS + objective - bits)) if y else 0
        for y, bits in zip(said, scaled.rows, strict=True)
    )
