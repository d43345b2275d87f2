"""Target networks: coefficients on bases, how they run, their files, and data to try them on."""

from slth_opt.networks.bases import (
    cyclic_basis,
    orbit_basis,
    rotation_basis,
    set_basis,
    shifts_1d,
    shifts_2d,
    unit_basis,
)
from slth_opt.networks.data import (
    LabelledImages,
    read_digits,
    read_idx,
    read_mnist,
    split_digits,
    split_rows,
)
from slth_opt.networks.files import read_network, read_provenance, write_network
from slth_opt.networks.layers import Fan, Layer, Network, dense_network
from slth_opt.networks.running import accuracy, run, run_exactly
from slth_opt.networks.shipped import SHIPPED, shipped_path, shipped_provenance, shipped_target
from slth_opt.networks.state_dicts import network_from_state_dict

__all__ = [
    "SHIPPED",
    "Fan",
    "LabelledImages",
    "Layer",
    "Network",
    "accuracy",
    "cyclic_basis",
    "dense_network",
    "network_from_state_dict",
    "orbit_basis",
    "read_digits",
    "read_idx",
    "read_mnist",
    "read_network",
    "read_provenance",
    "rotation_basis",
    "run",
    "run_exactly",
    "set_basis",
    "shifts_1d",
    "shifts_2d",
    "shipped_path",
    "shipped_provenance",
    "shipped_target",
    "split_digits",
    "split_rows",
    "unit_basis",
    "write_network",
]
