"""Exact strong lottery tickets: every answer proven, every proof re-checkable."""

from slth_opt.batch import Batch, Profiles, Smallest, nearest_subsets, profiles, smallest_subsets
from slth_opt.grid import Grid
from slth_opt.problems import SmallestSubset, SubsetSum, VectorSum
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import audit, solve

__version__ = "0.1.0"

__all__ = [
    "Batch",
    "Effort",
    "Grid",
    "Profiles",
    "Result",
    "Smallest",
    "SmallestSubset",
    "Stop",
    "SubsetSum",
    "VectorSum",
    "audit",
    "nearest_subsets",
    "profiles",
    "smallest_subsets",
    "solve",
]
