"""The papers' bounds as functions, each with its quantifiers and what is not known about it."""

from slth_opt.theory.entropy import binary_entropy, inverse_binary_entropy
from slth_opt.theory.fixed_sizes import (
    amplification_rounds,
    amplified_constant,
    candidates_for_all_targets,
    candidates_for_large_sizes,
    candidates_for_one_target,
    expected_hits,
    least_parameters,
    least_parameters_by_counting,
    predicted_success,
    reachable_tolerance,
    threshold_ratio,
)
from slth_opt.theory.networks import (
    density_factor,
    equivariant_width,
    least_density,
    natale_width,
    pensia_least_parameters,
    pensia_width,
)
from slth_opt.theory.other_networks import (
    convolutional_parameters,
    copies_needed,
    golden_terms,
    malach_neurons,
    malach_ratio,
    otsuka_width,
)
from slth_opt.theory.subset_sums import (
    integer_failure,
    quantised_width,
    subset_sum_candidates,
    subset_sum_failure,
    transition_size,
    vector_candidates,
)

__all__ = [
    "amplification_rounds",
    "amplified_constant",
    "binary_entropy",
    "candidates_for_all_targets",
    "candidates_for_large_sizes",
    "candidates_for_one_target",
    "convolutional_parameters",
    "copies_needed",
    "density_factor",
    "equivariant_width",
    "expected_hits",
    "golden_terms",
    "integer_failure",
    "inverse_binary_entropy",
    "least_density",
    "least_parameters",
    "least_parameters_by_counting",
    "malach_neurons",
    "malach_ratio",
    "natale_width",
    "otsuka_width",
    "pensia_least_parameters",
    "pensia_width",
    "predicted_success",
    "quantised_width",
    "reachable_tolerance",
    "subset_sum_candidates",
    "subset_sum_failure",
    "threshold_ratio",
    "transition_size",
    "vector_candidates",
]
