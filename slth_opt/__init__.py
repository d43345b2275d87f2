"""Exact strong lottery tickets: every answer proven, every proof re-checkable.

What is about pools is imported at once; layers, networks and tickets when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from slth_opt.blocks import IndependentBlock, independent_block
    from slth_opt.budgets import Curve, Shares, error_curve, fewest_edges, share_budget
    from slth_opt.comparing import ComparisonRow, compare
    from slth_opt.fitting import LayerFit, fit_layer, outputs_of
    from slth_opt.networks import (
        Layer,
        Network,
        accuracy,
        dense_network,
        read_network,
        run,
        run_exactly,
        shipped_target,
        write_network,
    )
    from slth_opt.problems import pooled_signs
    from slth_opt.size_rules import SizeRule
    from slth_opt.tickets import (
        Ticket,
        build_ticket,
        count_edges,
        read_ticket,
        ticket_network,
        verify_ticket,
        write_ticket,
    )
    from slth_opt.worst_case import worst_layer_error, worst_network_error

__version__ = "0.1.0"

_LATER = {
    "IndependentBlock": "blocks",
    "independent_block": "blocks",
    "Curve": "budgets",
    "Shares": "budgets",
    "error_curve": "budgets",
    "fewest_edges": "budgets",
    "share_budget": "budgets",
    "ComparisonRow": "comparing",
    "compare": "comparing",
    "LayerFit": "fitting",
    "fit_layer": "fitting",
    "outputs_of": "fitting",
    "Layer": "networks",
    "Network": "networks",
    "accuracy": "networks",
    "dense_network": "networks",
    "read_network": "networks",
    "run": "networks",
    "run_exactly": "networks",
    "shipped_target": "networks",
    "write_network": "networks",
    "pooled_signs": "problems",
    "SizeRule": "size_rules",
    "Ticket": "tickets",
    "build_ticket": "tickets",
    "count_edges": "tickets",
    "read_ticket": "tickets",
    "ticket_network": "tickets",
    "verify_ticket": "tickets",
    "write_ticket": "tickets",
    "worst_layer_error": "worst_case",
    "worst_network_error": "worst_case",
}
"""What is imported on first use, and from where."""


def __getattr__(name: str) -> Any:
    """Import what is asked for by name for the first time."""
    if name not in _LATER:
        raise AttributeError(f"module 'slth_opt' has no attribute {name!r}")
    value = getattr(import_module(f"slth_opt.{_LATER[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


__all__ = [
    "Batch",
    "Certificate",
    "ComparisonRow",
    "Coverage",
    "Curve",
    "Effort",
    "Evidence",
    "Grid",
    "IndependentBlock",
    "Instance",
    "JointLayer",
    "Layer",
    "LayerBudget",
    "LayerFit",
    "Network",
    "Profiles",
    "Result",
    "SharedBlock",
    "Shares",
    "SizeRule",
    "Smallest",
    "SmallestSubset",
    "Stop",
    "SubsetSum",
    "Ticket",
    "VectorSum",
    "VerifyReport",
    "accuracy",
    "audit",
    "best_subsets",
    "build_ticket",
    "certify",
    "compare",
    "count_by_size",
    "count_edges",
    "count_subsets",
    "coverage",
    "dense_network",
    "error_curve",
    "fewest_edges",
    "fit_layer",
    "independent_block",
    "integer_coverage",
    "nearest_subsets",
    "optimal_subsets",
    "outputs_of",
    "pooled_signs",
    "profiles",
    "read_certificate",
    "read_instance",
    "read_network",
    "read_ticket",
    "run",
    "run_exactly",
    "share_budget",
    "share_within",
    "shipped_target",
    "smallest_subsets",
    "solve",
    "ticket_network",
    "verify",
    "verify_ticket",
    "worst_layer_error",
    "worst_network_error",
    "write_certificate",
    "write_instance",
    "write_network",
    "write_ticket",
]
