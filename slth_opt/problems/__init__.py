"""The questions: frozen, all integer, each able to judge any answer by itself."""

from slth_opt.problems.smallest_subset import SmallestSubset
from slth_opt.problems.subset_sum import SubsetSum
from slth_opt.problems.vector_sum import VectorSum

Problem = SubsetSum | SmallestSubset | VectorSum
"""Any problem of this package."""

PROBLEMS: tuple[type[Problem], ...] = (SubsetSum, SmallestSubset, VectorSum)
"""Every kind of problem there is; a new kind is one file and one entry here."""

__all__ = ["PROBLEMS", "Problem", "SmallestSubset", "SubsetSum", "VectorSum"]
