"""Target networks: coefficients on bases, how they run, and their files."""

from slth_opt.networks.bases import (
    cyclic_basis,
    orbit_basis,
    rotation_basis,
    set_basis,
    shifts_1d,
    shifts_2d,
    unit_basis,
)
from slth_opt.networks.layers import Fan, Layer, Network, dense_network
from slth_opt.networks.running import accuracy, run, run_exactly

__all__ = [
    "Fan",
    "Layer",
    "Network",
    "accuracy",
    "cyclic_basis",
    "dense_network",
    "orbit_basis",
    "rotation_basis",
    "run",
    "run_exactly",
    "set_basis",
    "shifts_1d",
    "shifts_2d",
    "unit_basis",
]
