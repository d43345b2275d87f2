"""The file formats an integer program can be written in, one file each."""

from __future__ import annotations

from collections.abc import Callable

from slth_opt.programs.cp_sat_text import write_cp_sat
from slth_opt.programs.integer_program import IntegerProgram
from slth_opt.programs.lp import write_lp
from slth_opt.programs.mps import write_mps
from slth_opt.programs.opb import write_opb

WRITERS: dict[str, Callable[[IntegerProgram], str]] = {
    "mps": write_mps,
    "lp": write_lp,
    "opb": write_opb,
    "cpsat": write_cp_sat,
}
"""Format names and their writers: a new format is one file and one entry here."""
