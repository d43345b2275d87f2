"""The papers' bounds as functions, each with its quantifiers and what is not known about it."""

from slth_opt.theory.entropy import binary_entropy, inverse_binary_entropy
from slth_opt.theory.fixed_sizes import (
    candidates_for_all_targets,
    candidates_for_one_target,
    expected_hits,
    least_parameters,
    predicted_success,
    threshold_ratio,
)
from slth_opt.theory.networks import (
    copies_needed,
    density_factor,
    equivariant_width,
    golden_terms,
    malach_ratio,
    natale_width,
    pensia_least_parameters,
    pensia_width,
    subset_sum_candidates,
    subset_sum_failure,
    transition_size,
    vector_candidates,
)

__all__ = [
    "binary_entropy",
    "candidates_for_all_targets",
    "candidates_for_one_target",
    "copies_needed",
    "density_factor",
    "equivariant_width",
    "expected_hits",
    "golden_terms",
    "inverse_binary_entropy",
    "least_parameters",
    "malach_ratio",
    "natale_width",
    "pensia_least_parameters",
    "pensia_width",
    "predicted_success",
    "subset_sum_candidates",
    "subset_sum_failure",
    "threshold_ratio",
    "transition_size",
    "vector_candidates",
]
