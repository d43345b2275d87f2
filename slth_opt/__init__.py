"""Exact strong lottery tickets: every answer proven, every proof re-checkable."""

from slth_opt.batch import Batch, Profiles, Smallest, nearest_subsets, profiles, smallest_subsets
from slth_opt.certificates import Certificate, Evidence, VerifyReport, verify
from slth_opt.certifying import certify
from slth_opt.counting import best_subsets, count_by_size, count_subsets, optimal_subsets
from slth_opt.coverage import Coverage, coverage, integer_coverage, share_within
from slth_opt.grid import Grid
from slth_opt.library import (
    Instance,
    read_certificate,
    read_instance,
    write_certificate,
    write_instance,
)
from slth_opt.problems import (
    JointLayer,
    LayerBudget,
    SharedBlock,
    SmallestSubset,
    SubsetSum,
    VectorSum,
)
from slth_opt.results import Effort, Result, Stop
from slth_opt.solving import audit, solve

__version__ = "0.1.0"

__all__ = [
    "Batch",
    "Certificate",
    "Coverage",
    "Effort",
    "Evidence",
    "Grid",
    "Instance",
    "Profiles",
    "Result",
    "Smallest",
    "SharedBlock",
    "SmallestSubset",
    "Stop",
    "SubsetSum",
    "VectorSum",
    "VerifyReport",
    "audit",
    "best_subsets",
    "certify",
    "count_by_size",
    "count_subsets",
    "coverage",
    "integer_coverage",
    "nearest_subsets",
    "optimal_subsets",
    "profiles",
    "read_certificate",
    "read_instance",
    "share_within",
    "smallest_subsets",
    "solve",
    "verify",
    "write_certificate",
    "write_instance",
]
