"""The questions: frozen, all integer, each able to judge any answer by itself.

One weight is a `PoolProblem`: a pool, and a rule about sizes. A layer is a `LayerProblem`, in
which the choices of many weights depend on each other.
"""

from slth_opt.problems.joint_layer import JointLayer
from slth_opt.problems.layer_budget import LayerBudget
from slth_opt.problems.pooled_signs import pooled_signs
from slth_opt.problems.shared_block import SharedBlock
from slth_opt.problems.smallest_subset import SmallestSubset
from slth_opt.problems.subset_sum import SubsetSum
from slth_opt.problems.vector_sum import VectorSum

PoolProblem = SubsetSum | SmallestSubset | VectorSum
"""A subset of one pool: rows of numbers, targets for them, and sizes from fewest to most."""

LayerProblem = LayerBudget | SharedBlock | JointLayer
"""Many weights at once."""

Problem = PoolProblem | LayerProblem
"""Any problem of this package."""

POOL_KINDS = tuple(problem.kind for problem in (SubsetSum, SmallestSubset, VectorSum))
"""The kinds of problem about one pool."""

PROBLEMS: tuple[type[Problem], ...] = (
    SubsetSum,
    SmallestSubset,
    VectorSum,
    LayerBudget,
    SharedBlock,
    JointLayer,
)
"""Every kind of problem there is; a new kind is one file and one entry here."""

KINDS = tuple(problem.kind for problem in PROBLEMS)
"""The kinds of all problems."""

__all__ = [
    "KINDS",
    "POOL_KINDS",
    "PROBLEMS",
    "JointLayer",
    "LayerBudget",
    "LayerProblem",
    "PoolProblem",
    "Problem",
    "SharedBlock",
    "SmallestSubset",
    "SubsetSum",
    "VectorSum",
    "pooled_signs",
]
