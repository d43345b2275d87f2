"""One mask for both signs of an input: a `VectorSum` of two rows that share no column.

A hidden neuron with first weight a and second weight b adds ``b * relu(a * x)`` to the output:
``a * b * x``, but only where x has the sign of a. So the chosen products with a > 0 should add
up to the target weight, and those with a < 0 as well. One pool for both signs gives either
about half of all neurons to choose from, where layouts that reserve neurons for a sign
beforehand throw the others away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from slth_opt.grid import as_fraction, as_fractions
from slth_opt.problems.legality import Size, check_count, check_pool
from slth_opt.problems.vector_sum import VectorSum


def pooled_signs(
    first_weights: Iterable[Any],
    second_weights: Iterable[Any],
    target: Any,
    *,
    size: Size = None,
    norm: str = "linf",
    rounding: str = "exact",
    bits: int | None = None,
) -> VectorSum:
    """Ask for the neurons of one input whose products come near the target on both sides of 0.

    Parameters
    ----------
    first_weights
        The weight of each neuron's input: its sign says which side of 0 the neuron serves, and
        one of weight 0 serves neither.
    second_weights
        The weight of each neuron's output. The products are exact.
    target
        What the products of either side should add up to.
    size
        How many neurons may be chosen, both sides together.
    norm
        ``"linf"``, the worse side, or ``"l1"``, both sides together.
    rounding, bits
        As for `VectorSum.from_reals`: rounding is that of the products.

    Examples
    --------
    >>> problem = pooled_signs([0.5, -1.0, -0.5], [1.0, 0.25, -2.0], 0.75)
    >>> problem.rows, problem.targets
    (((2, 0, 0), (0, -1, 4)), (3, 3))
    >>> problem.sums((1, 1, 1)), problem.error((1, 1, 1))
    ((2, 3), 1)
    """
    first = as_fractions(first_weights, what="first weight")
    second = as_fractions(second_weights, what="second weight")
    check_count(second, len(first), what="second weights", each="first weights")
    check_pool(len(first))
    products = [a * b for a, b in zip(first, second, strict=True)]
    rows = (
        [p if a > 0 else 0 for a, p in zip(first, products, strict=True)],
        [p if a < 0 else 0 for a, p in zip(first, products, strict=True)],
    )
    goal = as_fraction(target, what="target")
    return VectorSum.from_reals(
        rows, (goal, goal), norm=norm, size=size, rounding=rounding, bits=bits
    )
