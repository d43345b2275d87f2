"""Polygons around a ReLU: what linear rows can say of it while its side of zero is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from slth_opt.worst_case.intervals import Interval, Passage, Phases, Switch

Sum = Mapping[int, int]
"""Integer multiples of variables, added up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``sum(terms) <= limit``, or ``==``: factors in weight units, the limit in value units."""

    terms: Sum
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """A variable that a polygon stands in for.

    Parameters
    ----------
    variable
        Its number.
    kind
        ``"value"``: relu(true). ``"cut"``: relu(true + gap). ``"gap"``: their difference.
    true, gap
        What the ReLU is applied to.
    switch
        What would help most to have on a known side.
    """

    variable: int
    kind: str
    true: Sum
    gap: Sum
    switch: Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """Maximise a sum of variables under rows and bounds; the inputs are the first variables.

    Parameters
    ----------
    lows, highs
        The bounds of all variables, in units of values.
    equalities, inequalities
        The rows.
    costs
        What is maximised.
    bends
        The variables that need not be what they stand for.
    weight_bits, value_bits
        The grids.
    """

    lows: list[int]
    highs: list[int]
    equalities: list[Row]
    inequalities: list[Row]
    costs: dict[int, int]
    bends: list[Bend]
    weight_bits: int
    value_bits: int


def empty_relaxation(*, weight_bits: int, value_bits: int) -> Relaxation:
    """Return a linear program without variables.

    Examples
    --------
    >>> empty_relaxation(weight_bits=46, value_bits=92).lows
    []
    """
    return Relaxation(
        lows=[],
        highs=[],
        equalities=[],
        inequalities=[],
        costs={},
        bends=[],
        weight_bits=weight_bits,
        value_bits=value_bits,
    )


def add_variable(made: Relaxation, within: Interval, i: int) -> int:
    """Add a variable with the bounds of one interval and return its number.

    Examples
    --------
    >>> import numpy as np
    >>> made = empty_relaxation(weight_bits=1, value_bits=1)
    >>> add_variable(made, Interval(low=np.array([-2]), high=np.array([3])), 0), made.highs
    (0, [3])
    """
    made.lows.append(int(within.low[i]))
    made.highs.append(int(within.high[i]))
    return len(made.lows) - 1


def summed(*parts: tuple[int, Sum]) -> dict[int, int]:
    """Return the sum of multiples of sums.

    Examples
    --------
    >>> summed((2, {0: 1}), (-1, {0: 1, 4: 3}))
    {0: 1, 4: -3}
    """
    total: dict[int, int] = {}
    for times, part in parts:
        if times:
            for variable, own in part.items():
                total[variable] = total.get(variable, 0) + times * own
    return total


def add_row(made: Relaxation, limit: int, *parts: tuple[int, Sum]) -> None:
    """Ask that a sum of multiples of sums is at most the limit.

    Examples
    --------
    >>> made = empty_relaxation(weight_bits=1, value_bits=1)
    >>> add_row(made, 5, (2, {0: 1}), (-2, {1: 1}))
    >>> made.inequalities
    [Row(terms={0: 2, 1: -2}, limit=5)]
    """
    terms = summed(*parts)
    if terms:
        made.inequalities.append(Row(terms=terms, limit=limit))


def _line_over_relu(made: Relaxation, low: int, high: int) -> tuple[int, int]:
    """Return slope and limit of a line that is nowhere below relu on low..high.

    The slope is a rounded one; a convex function is below a line if it is at both ends.
    """
    bits = made.weight_bits
    slope = (max(high, 0) << bits) // (high - low) if high > low else 0
    limit = max((max(end, 0) << bits) - slope * end for end in (low, high))
    return slope, -(-limit >> bits)


def _side(within: Interval, i: int) -> int:
    """Return on which side of zero an interval is, 0 if on both."""
    return 1 if within.low[i] >= 0 else -1 if within.high[i] <= 0 else 0


def add_relu(
    made: Relaxation, k: int, passage: Passage, phases: Phases, o: int, true: Sum, gap: Sum
) -> tuple[Sum, Sum]:
    """Return what a ReLU makes of a value and its error, by what is known of their sides.

    Parameters
    ----------
    made
        Gets variables, rows and bends where a side is not known.
    k, passage, phases
        The layer, its intervals, and the phases that are asked for.
    o, true, gap
        The output, its value in the target and its error before the ReLU.

    Examples
    --------
    >>> import numpy as np
    >>> from slth_opt.worst_case.intervals import Triple
    >>> one, off = (Interval(low=np.array([a]), high=np.array([b])) for a, b in ((8, 9), (-1, 1)))
    >>> alive = Triple(true=one, cut=one + off, gap=off)
    >>> passage = Passage(entering=alive, before=alive, after=alive)
    >>> add_relu(empty_relaxation(weight_bits=2, value_bits=2), 0, passage, {}, 0, {4: 1}, {5: 1})
    ({4: 1}, {4: 0, 5: 1})
    """
    one, before = 1 << made.weight_bits, passage.before
    cut = summed((1, true), (1, gap))
    of_true, of_cut = _side(before.true, o), _side(before.cut, o)
    if ("ticket", k, o) in phases:  # that of the target is in the bounds of its variable
        add_row(made, 0, (-phases["ticket", k, o] * one, cut))
    if of_true and of_cut:
        value: Sum = true if of_true > 0 else {}
        return value, summed((1, cut if of_cut > 0 else {}), (-1, value))
    if of_true:
        value = true if of_true > 0 else {}
    else:
        value = {add_variable(made, passage.after.true, o): 1}
        add_over_relu(made, value, true, before.true, o)
        _bend(made, "value", k, o, value, true, gap, of_cut)
    if of_cut:
        return value, summed((1, cut if of_cut > 0 else {}), (-1, value))
    left = {add_variable(made, passage.after.gap, o): 1}
    add_over_relu(made, summed((1, value), (1, left)), cut, before.cut, o)
    if not of_true:
        _between(made, left, gap, before.gap, o)
    _bend(made, "gap", k, o, left, true, gap, of_true)
    return value, left


def _bend(
    made: Relaxation, kind: str, k: int, o: int, of: Sum, true: Sum, gap: Sum, other: int
) -> None:
    """Note a relaxed variable; `other` is the known side of the network it is not about."""
    (variable,) = of
    # Where both sides are open they are nearly always the same: the target's tells most.
    network = "ticket" if kind == "gap" and other else "target"
    made.bends.append(
        Bend(variable=variable, kind=kind, true=true, gap=gap, switch=(network, k, o))
    )


def add_over_relu(made: Relaxation, after: Sum, before: Sum, within: Interval, o: int) -> None:
    """Ask for 0 <= after, before <= after, and after below the line over relu.

    Examples
    --------
    >>> import numpy as np
    >>> made = empty_relaxation(weight_bits=2, value_bits=2)
    >>> within = Interval(low=np.array([-4], object), high=np.array([4], object))
    >>> add_over_relu(made, {1: 1}, {0: 1}, within, 0)
    >>> made.inequalities[-1]
    Row(terms={1: 4, 0: -2}, limit=2)
    """
    one = 1 << made.weight_bits
    slope, limit = _line_over_relu(made, int(within.low[o]), int(within.high[o]))
    add_row(made, 0, (-one, after))
    add_row(made, 0, (one, before), (-one, after))
    add_row(made, limit, (one, after), (-slope, before))


def _between(made: Relaxation, left: Sum, gap: Sum, within: Interval, o: int) -> None:
    """Ask that what is left of a difference lies between it and zero."""
    one, low, high = 1 << made.weight_bits, int(within.low[o]), int(within.high[o])
    slope, limit = _line_over_relu(made, low, high)
    add_row(made, limit, (one, left), (-slope, gap))
    slope, limit = _line_over_relu(made, -high, -low)
    add_row(made, limit, (-one, left), (slope, gap))
