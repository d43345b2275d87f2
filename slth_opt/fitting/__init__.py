"""Fit a random layer to samples by a mask alone: row by row, within one budget or many."""

from slth_opt.fitting.layers import fit_layer
from slth_opt.fitting.records import LayerFit
from slth_opt.fitting.samples import outputs_of, row_problems

__all__ = ["LayerFit", "fit_layer", "outputs_of", "row_problems"]
