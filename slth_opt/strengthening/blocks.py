"""What is known about a `SharedBlock` before any solver is asked."""

from __future__ import annotations

from slth_opt.problems import SharedBlock
from slth_opt.programs import program_of
from slth_opt.strengthening.records import Stronger


def strengthen_block(problem: SharedBlock, start: tuple[int, ...] | None) -> Stronger:
    """Return the plain program, the free bound and the start as they are."""
    return Stronger(program=program_of(problem), bound=problem.free_bound(), start=start)
