"""How far a ticket can be from its target at worst, over all inputs at once."""

from slth_opt.worst_case.layers import LayerWorstCase, worst_layer_error
from slth_opt.worst_case.networks import WorstCase, worst_network_error
from slth_opt.worst_case.signed_errors import SignedErrors, signed_errors

__all__ = [
    "LayerWorstCase",
    "SignedErrors",
    "WorstCase",
    "signed_errors",
    "worst_layer_error",
    "worst_network_error",
]
