"""What strengthening hands to a solver."""

from __future__ import annotations

from dataclasses import dataclass

from slth_opt.programs import IntegerProgram


@dataclass(frozen=True, slots=True, kw_only=True)
class Stronger:
    """A program with the variables of the plain one, and what was found on the way to it.

    Parameters
    ----------
    program
        Tighter bounds and more rows; it keeps at least one optimal selection of the problem.
    bound
        A lower bound on the optimum, proven in integers; one above any value if no selection
        is legal.
    start
        A legal selection that meets the program, the best known; None if none is.
    """

    program: IntegerProgram
    bound: int
    start: tuple[int, ...] | None
