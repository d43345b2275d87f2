"""The linear program above an error: every ReLU that is on no known side becomes a polygon.

Both networks share their inputs, and a variable stands for the *difference* of two values, not
for the ticket's own: otherwise the polygons, as wide as values, would drown errors a million times
smaller. Of a difference before a ReLU, what is left after it lies between the difference and zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.worst_case.intervals import Passage, Phases
from slth_opt.worst_case.pairs import Pair
from slth_opt.worst_case.polygons import (
    Bend,
    Relaxation,
    Row,
    Sum,
    add_over_relu,
    add_relu,
    add_row,
    add_variable,
    empty_relaxation,
    summed,
)

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entering:
    """What enters a layer.

    Parameters
    ----------
    values, gaps
        The target's values, and how far the ticket's are off.
    sides
        What the ticket's values add to the errors: a column times a sum, and another column
        times another sum.
    back
        Values and gaps that the layer's skip brings, if it has one.
    """

    values: Sequence[Sum]
    gaps: Sequence[Sum]
    sides: Sequence[tuple[np.ndarray, Sum, np.ndarray, Sum]]
    back: tuple[Sequence[Sum], Sequence[Sum]] | None


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
    made = empty_relaxation(weight_bits=pair.weight_bits, value_bits=pair.value_bits)
    inputs = passages[0].entering.true
    values: list[Sum] = [{add_variable(made, inputs, i): 1} for i in range(len(inputs.low))]
    gaps: list[Sum] = [{} for _ in values]
    entered: list[tuple[list[Sum], list[Sum]]] = []
    for k, passage in enumerate(passages):
        entered.append((values, gaps))
        skip = pair.stages[k].skip
        entering = _Entering(
            values=values,
            gaps=gaps,
            sides=[
                _side(made, pair, k, passage, phases, i, values[i], gaps[i])
                for i in range(len(values))
            ],
            back=entered[-skip] if skip else None,
        )
        is_last = k == len(passages) - 1
        wanted = [output] if is_last else range(len(passage.before.true.low))
        out = [_output(made, pair, k, passage, phases, o, entering) for o in wanted]
        values, gaps = [value for value, _ in out], [gap for _, gap in out]
    made.costs.update({variable: sign * times for variable, times in gaps[0].items()})
    return made


def _side(
    made: Relaxation,
    pair: Pair,
    k: int,
    passage: Passage,
    phases: Phases,
    i: int,
    value: Sum,
    gap: Sum,
) -> tuple[np.ndarray, Sum, np.ndarray, Sum]:
    """Return what an input adds to the errors: its factors differ where it can have both signs."""
    stage, one = pair.stages[k], 1 << pair.weight_bits
    plus, minus = stage.plus[:, i], stage.minus[:, i]
    within = passage.entering.cut
    cut = summed((1, value), (1, gap))
    sign = phases.get(("input", k, i), 0)
    if sign and gap:  # without a gap the bounds of the input say it
        add_row(made, 0, (-sign * one, cut))
    if within.low[i] >= 0 or within.high[i] <= 0 or (plus == minus).all():
        return (minus if within.low[i] < 0 else plus), cut, plus, {}
    positive = len(made.lows)
    made.lows.append(0)
    made.highs.append(int(within.high[i]))
    add_over_relu(made, {positive: 1}, cut, within, i)
    made.bends.append(
        Bend(variable=positive, kind="cut", true=value, gap=gap, switch=("input", k, i))
    )
    return minus, cut, plus - minus, {positive: 1}


def _output(
    made: Relaxation,
    pair: Pair,
    k: int,
    passage: Passage,
    phases: Phases,
    o: int,
    entering: _Entering,
) -> tuple[Sum, Sum]:
    """Add one output of a layer; return its value and its error after the ReLU."""
    stage, before = pair.stages[k], passage.before
    asked = {("target", k, o), ("ticket", k, o)} & phases.keys()
    if stage.relu and before.true.high[o] <= 0 and before.cut.high[o] <= 0 and not asked:
        return {}, {}
    one, spare = 1 << pair.weight_bits, pair.value_bits - pair.weight_bits
    true, gap = add_variable(made, before.true, o), add_variable(made, before.gap, o)
    weights = [-int(w) for w in stage.target[o]]
    true_parts = [(one, {true: 1}), *zip(weights, entering.values, strict=True)]
    gap_parts = [(one, {gap: 1}), *zip(weights, entering.gaps, strict=True)]
    for column, times, other, positive in entering.sides:
        gap_parts += [(-int(column[o]), times), (-int(other[o]), positive)]
    if entering.back is not None:
        true_parts.append((-one, entering.back[0][o]))
        gap_parts.append((-one, entering.back[1][o]))
    for parts, bias in ((true_parts, stage.target_bias[o]), (gap_parts, stage.bias[o])):
        made.equalities.append(Row(terms=summed(*parts), limit=int(bias) << spare))
    if not stage.relu:
        return {true: 1}, {gap: 1}
    return add_relu(made, k, passage, phases, o, {true: 1}, {gap: 1})
