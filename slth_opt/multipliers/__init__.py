"""Weightings of the rows of a `VectorSum`: floats find good ones, integers say what they prove."""

from slth_opt.multipliers.bounds import (
    Fixed,
    Reduction,
    bound_of,
    bounds_of_both,
    multiplier_bound,
    reduce_rows,
    whole_multipliers,
)
from slth_opt.multipliers.weighing import best_weights

__all__ = [
    "Fixed",
    "Reduction",
    "best_weights",
    "bound_of",
    "bounds_of_both",
    "multiplier_bound",
    "reduce_rows",
    "whole_multipliers",
]
