"""The linear program above an error: every ReLU that is on no known side becomes a polygon.

Both networks share their inputs, and a variable stands for the *difference* of two values, not
for the ticket's own: otherwise the polygons, as wide as values, would drown errors a million times
smaller. Of a difference d before a ReLU, what is left after it lies between d and zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.worst_case.intervals import Interval, Passage, Phases, Switch
from slth_opt.worst_case.pairs import Pair

if TYPE_CHECKING:
    import numpy as np

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
    switches
        What would have to be on a known side, the most helpful first.
    """

    variable: int
    kind: str
    true: Sum
    gap: Sum
    switches: tuple[Switch, ...]


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


def relax(
    pair: Pair, passages: Sequence[Passage], phases: Phases, output: int, sign: int
) -> Relaxation:
    """Return the linear program whose optimum is at least sign times the error of an output.

    Parameters
    ----------
    pair
        The networks.
    passages, phases
        The intervals under some phases.
    output, sign
        Which error, in which direction.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> from slth_opt.worst_case.intervals import propagate
    >>> from slth_opt.worst_case.pairs import pair_of
    >>> pair = pair_of(build_ticket(dense_network([[[0.5]]]), "otsuka", n=6, seed=1), -1, 1)
    >>> found = relax(pair, propagate(pair, {}), {}, 0, 1)
    >>> len(found.lows), len(found.equalities), len(found.bends)
    (3, 2, 0)
    """
    made = Relaxation(
        lows=[], highs=[], equalities=[], inequalities=[], costs={}, bends=[],
        weight_bits=pair.weight_bits, value_bits=pair.value_bits,
    )  # fmt: skip
    first = passages[0].entering.true
    values: list[Sum] = [{_variable(made, first, i): 1} for i in range(len(first.low))]
    gaps: list[Sum] = [{} for _ in values]
    entered: list[tuple[list[Sum], list[Sum]]] = []
    last = len(passages) - 1
    for k, passage in enumerate(passages):
        entered.append((values, gaps))
        sides = [_sides(made, pair, k, passage, phases, i, values[i], gaps[i])
                 for i in range(len(values))]  # fmt: skip
        wanted = [output] if k == last else range(len(passage.before.true.low))
        back = entered[-pair.stages[k].skip] if pair.stages[k].skip else None
        out = [_output(made, pair, k, passage, phases, o, values, gaps, sides, back)
               for o in wanted]  # fmt: skip
        values, gaps = [value for value, _ in out], [gap for _, gap in out]
    made.costs.update({variable: sign * times for variable, times in gaps[0].items()})
    return made


def _variable(made: Relaxation, within: Interval, i: int) -> int:
    made.lows.append(int(within.low[i]))
    made.highs.append(int(within.high[i]))
    return len(made.lows) - 1


def _plus(*parts: tuple[int, Sum]) -> dict[int, int]:
    """Return the sum of multiples of sums."""
    total: dict[int, int] = {}
    for times, part in parts:
        if times:
            for variable, own in part.items():
                total[variable] = total.get(variable, 0) + times * own
    return total


def _at_most(made: Relaxation, limit: int, *parts: tuple[int, Sum]) -> None:
    terms = _plus(*parts)
    if terms:
        made.inequalities.append(Row(terms=terms, limit=limit))


def _hull(made: Relaxation, low: int, high: int) -> tuple[int, int]:
    """Return slope and limit of a line that is nowhere below relu on low..high.

    The slope is a rounded one; a convex function is below a line if it is at both ends.
    """
    bits = made.weight_bits
    slope = (max(high, 0) << bits) // (high - low) if high > low else 0
    limit = max((max(end, 0) << bits) - slope * end for end in (low, high))
    return slope, -(-limit >> bits)


def _sides(
    made: Relaxation, pair: Pair, k: int, passage: Passage, phases: Phases, i: int, value: Sum,
    gap: Sum,
) -> tuple[np.ndarray, Sum, np.ndarray, Sum]:  # fmt: skip
    """Return what an input adds to the errors: a column times a sum, and another times another."""
    stage, one = pair.stages[k], 1 << pair.weight_bits
    plus, minus = stage.plus[:, i], stage.minus[:, i]
    low, high = int(passage.entering.cut.low[i]), int(passage.entering.cut.high[i])
    cut = _plus((1, value), (1, gap))
    sign = phases.get(("input", k, i), 0)
    if sign and gap:  # without a gap the bounds of the input say it
        _at_most(made, 0, (-sign * one, cut))
    if low >= 0 or high <= 0 or (plus == minus).all():
        return (minus if low < 0 else plus), cut, plus, {}
    variable = len(made.lows)
    made.lows.append(0)
    made.highs.append(high)
    slope, limit = _hull(made, low, high)
    _at_most(made, 0, (one, cut), (-one, {variable: 1}))
    _at_most(made, limit, (one, {variable: 1}), (-slope, cut))
    made.bends.append(
        Bend(variable=variable, kind="cut", true=value, gap=gap, switches=(("input", k, i),))
    )
    return minus, cut, plus - minus, {variable: 1}


def _output(
    made: Relaxation, pair: Pair, k: int, passage: Passage, phases: Phases, o: int,
    values: Sequence[Sum], gaps: Sequence[Sum],
    sides: Sequence[tuple[np.ndarray, Sum, np.ndarray, Sum]],
    back: tuple[Sequence[Sum], Sequence[Sum]] | None,
) -> tuple[Sum, Sum]:  # fmt: skip
    """Add one output of a layer; return its value and its error after the ReLU."""
    stage, before = pair.stages[k], passage.before
    asked = {("target", k, o), ("ticket", k, o)} & phases.keys()
    if stage.relu and before.true.high[o] <= 0 and before.cut.high[o] <= 0 and not asked:
        return {}, {}
    one, spare = 1 << pair.weight_bits, pair.value_bits - pair.weight_bits
    true, gap = _variable(made, before.true, o), _variable(made, before.gap, o)
    weights = [int(w) for w in stage.target[o]]
    true_parts = [(-w, value) for w, value in zip(weights, values, strict=True)]
    gap_parts = [(-w, own) for w, own in zip(weights, gaps, strict=True)]
    for column, times, other, bend in sides:
        gap_parts += [(-int(column[o]), times), (-int(other[o]), bend)]
    if back is not None:
        true_parts.append((-one, back[0][o]))
        gap_parts.append((-one, back[1][o]))
    for variable, parts, bias in (
        (true, true_parts, stage.target_bias[o]),
        (gap, gap_parts, stage.bias[o]),
    ):
        terms = _plus((one, {variable: 1}), *parts)
        made.equalities.append(Row(terms=terms, limit=int(bias) << spare))
    if not stage.relu:
        return {true: 1}, {gap: 1}
    return _rectified(made, k, passage, phases, o, {true: 1}, {gap: 1})


def _side(within: Interval, i: int) -> int:
    """Return on which side of zero an interval is, 0 if on both."""
    return 1 if within.low[i] >= 0 else -1 if within.high[i] <= 0 else 0


def _rectified(
    made: Relaxation, k: int, passage: Passage, phases: Phases, o: int, true: Sum, gap: Sum
) -> tuple[Sum, Sum]:
    """Return what a ReLU makes of a value and its error, by what is known of their sides."""
    one, before = 1 << made.weight_bits, passage.before
    cut = _plus((1, true), (1, gap))
    of_true, of_cut = _side(before.true, o), _side(before.cut, o)
    if ("ticket", k, o) in phases:  # that of the target is in the bounds of its variable
        _at_most(made, 0, (-phases["ticket", k, o] * one, cut))
    if of_true and of_cut:
        value: Sum = true if of_true > 0 else {}
        return value, _plus((1, cut if of_cut > 0 else {}), (-1, value))
    if of_true:
        value = true if of_true > 0 else {}
    else:
        value = {_variable(made, passage.after.true, o): 1}
        _over_relu(made, value, true, before.true, o)
        _bend(made, "value", k, o, value, true, gap, of_cut)
    if of_cut:
        return value, _plus((1, cut if of_cut > 0 else {}), (-1, value))
    left = {_variable(made, passage.after.gap, o): 1}
    _over_relu(made, _plus((1, value), (1, left)), cut, before.cut, o)
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
    switches: tuple[Switch, ...] = (("target", k, o), ("ticket", k, o))
    if other:
        switches = (switches[0 if kind == "value" else 1],)
    made.bends.append(Bend(variable=variable, kind=kind, true=true, gap=gap, switches=switches))


def _over_relu(made: Relaxation, after: Sum, before: Sum, within: Interval, o: int) -> None:
    """Ask for 0 <= after, before <= after, and after below the line over relu."""
    one = 1 << made.weight_bits
    slope, limit = _hull(made, int(within.low[o]), int(within.high[o]))
    _at_most(made, 0, (-one, after))
    _at_most(made, 0, (one, before), (-one, after))
    _at_most(made, limit, (one, after), (-slope, before))


def _between(made: Relaxation, left: Sum, gap: Sum, within: Interval, o: int) -> None:
    """Ask that what is left of a difference lies between it and zero."""
    one, low, high = 1 << made.weight_bits, int(within.low[o]), int(within.high[o])
    slope, limit = _hull(made, low, high)
    _at_most(made, limit, (one, left), (-slope, gap))
    slope, limit = _hull(made, -high, -low)
    _at_most(made, limit, (-one, left), (slope, gap))
