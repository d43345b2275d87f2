"""How to share one number of edges among many weights, from the best error of every size.

`errors[i, k]` is the best error of weight i with exactly k edges. Everything here is exact:
integers go in, and the optimum that comes out is proven, whatever the numbers.
"""

from slth_opt.knapsack.allocating import Allocation, allocate, allocate_each
from slth_opt.knapsack.errors_array import check_errors, why_too_large
from slth_opt.knapsack.exact_sums import exact_sum, joint_value, sum_of_squares
from slth_opt.knapsack.hulls import Hulls, hull_curve, make_hulls
from slth_opt.knapsack.thresholds import edges_within, largest_error_curve, sizes_within

__all__ = [
    "Allocation",
    "Hulls",
    "allocate",
    "allocate_each",
    "check_errors",
    "edges_within",
    "exact_sum",
    "hull_curve",
    "joint_value",
    "largest_error_curve",
    "make_hulls",
    "sizes_within",
    "sum_of_squares",
    "why_too_large",
]
