"""Intervals for every value and every error inside a pair of networks, in exact integers.

Where a ReLU is asked to be on one side (its *phase*), only inputs that put it there count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slth_opt.worst_case.pairs import Pair

if TYPE_CHECKING:
    import numpy as np

Switch = tuple[str, int, int]
"""What can be on either side of zero: ("target" | "ticket", layer, output) before a ReLU, or
("input", layer, input), the ticket's value that enters a layer."""

Phases = Mapping[Switch, int]
"""+1 where a switch is asked to be >= 0, -1 where <= 0."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interval:
    """One interval for each of several numbers, integers in units of a pair's values."""

    low: np.ndarray
    high: np.ndarray

    def __add__(self, other: Interval) -> Interval:
        return Interval(low=self.low + other.low, high=self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        return Interval(low=self.low - other.high, high=self.high - other.low)

    def __and__(self, other: Interval) -> Interval:
        import numpy as np

        return Interval(low=np.maximum(self.low, other.low), high=np.minimum(self.high, other.high))

    @property
    def is_empty(self) -> bool:
        """Whether any of the intervals holds nothing."""
        return bool((self.low > self.high).any())

    @property
    def largest(self) -> int:
        """The largest absolute value in any of the intervals."""
        return max(0, int(self.high.max()), -int(self.low.min()))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Triple:
    """The target's values, the ticket's, and the ticket's minus the target's."""

    true: Interval
    cut: Interval
    gap: Interval

    def tightened(self) -> Triple:
        """Return the same, each of the three bounded by the other two."""
        true, gap = self.true & (self.cut - self.gap), self.gap & (self.cut - self.true)
        return Triple(true=true, gap=gap, cut=self.cut & (true + gap))

    @property
    def is_empty(self) -> bool:
        """Whether no values are possible."""
        return self.true.is_empty or self.cut.is_empty or self.gap.is_empty


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passage:
    """A layer: what enters, what comes out before its ReLU, and after."""

    entering: Triple
    before: Triple
    after: Triple


def propagate(pair: Pair, phases: Phases) -> list[Passage] | None:
    """Return the intervals of every layer, or None if no input has all the phases.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> from slth_opt.worst_case.pairs import pair_of
    >>> ticket = build_ticket(dense_network([[[0.5]]]), "otsuka", n=6, seed=1)
    >>> (passage,) = propagate(pair_of(ticket, -1, 1), {})
    >>> passage.after.gap.largest / 2**46 == ticket.largest_error
    True
    """
    inputs = Interval(low=pair.low, high=pair.high)
    triple = Triple(true=inputs, cut=inputs, gap=_zeros(inputs))
    passages: list[Passage] = []
    for k in range(len(pair.stages)):
        asked = _asked(triple.cut, phases, "input", k)
        entering = Triple(true=triple.true, cut=asked, gap=triple.gap).tightened()
        if entering.is_empty:
            return None
        before = _before(pair, k, entering, passages)
        if pair.stages[k].relu:
            before = Triple(
                true=_asked(before.true, phases, "target", k),
                cut=_asked(before.cut, phases, "ticket", k),
                gap=before.gap,
            ).tightened()
        if before.is_empty:
            return None
        triple = _rectified(before) if pair.stages[k].relu else before
        passages.append(Passage(entering=entering, before=before, after=triple))
    return passages


def _zeros(like: Interval) -> Interval:
    return Interval(low=like.low * 0, high=like.high * 0)


def _before(pair: Pair, k: int, entering: Triple, passages: Sequence[Passage]) -> Triple:
    """Return what comes out of a layer before its ReLU."""
    stage = pair.stages[k]
    spare = pair.value_bits - pair.weight_bits
    true = _mapped(pair, stage.target, stage.target, entering.true, stage.target_bias << spare)
    both = stage.plus + stage.target, stage.minus + stage.target
    bias = (stage.bias + stage.target_bias) << spare
    cut = _mapped(pair, *both, entering.cut, bias)
    gap = _mapped(pair, stage.plus, stage.minus, entering.cut, stage.bias << spare)
    gap = gap + _mapped(pair, stage.target, stage.target, entering.gap, 0 * bias)
    if stage.skip:
        back = [*(passage.entering for passage in passages), entering][-stage.skip]
        true, cut, gap = true + back.true, cut + back.cut, gap + back.gap
    return Triple(true=true, cut=cut, gap=gap).tightened()


def _mapped(
    pair: Pair, plus: np.ndarray, minus: np.ndarray, values: Interval, bias: np.ndarray
) -> Interval:
    """Return the interval of each output of a map that may bend at zero, rounded outwards."""
    import numpy as np

    at_low = np.where(values.low > 0, plus, minus) * values.low
    at_high = np.where(values.high > 0, plus, minus) * values.high
    top, bottom = np.maximum(at_low, at_high), np.minimum(at_low, at_high)
    bends = (values.low < 0) & (values.high > 0)
    top = np.where(bends, np.maximum(top, 0), top).sum(axis=1)
    bottom = np.where(bends, np.minimum(bottom, 0), bottom).sum(axis=1)
    return Interval(
        low=(bottom >> pair.weight_bits) + bias, high=-(-top >> pair.weight_bits) + bias
    )


def _asked(values: Interval, phases: Phases, kind: str, layer: int) -> Interval:
    """Return intervals cut at zero where a phase is asked for."""
    low, high = values.low, values.high
    for (of_kind, of_layer, unit), sign in phases.items():
        if (of_kind, of_layer) == (kind, layer):
            low, high = low.copy(), high.copy()
            if sign > 0:
                low[unit] = max(low[unit], 0)
            else:
                high[unit] = min(high[unit], 0)
    return Interval(low=low, high=high)


def _rectified(before: Triple) -> Triple:
    """Return what a ReLU makes of a triple: it moves two values no further apart."""
    import numpy as np

    true, cut = (
        Interval(low=np.maximum(side.low, 0), high=np.maximum(side.high, 0))
        for side in (before.true, before.cut)
    )
    between = Interval(low=np.minimum(before.gap.low, 0), high=np.maximum(before.gap.high, 0))
    gap = between & (cut - true)
    # Where neither can be negative nothing bends, and the error keeps its sign.
    alive = (before.true.low >= 0) & (before.cut.low >= 0)
    gap = Interval(
        low=np.where(alive, before.gap.low, gap.low),
        high=np.where(alive, before.gap.high, gap.high),
    )
    return Triple(true=true, cut=cut, gap=gap)
