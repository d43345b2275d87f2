"""What is known about a `JointLayer` before any solver is asked."""

from __future__ import annotations

from slth_opt.problems import JointLayer
from slth_opt.programs import program_of
from slth_opt.strengthening.records import Stronger


def strengthen_joint(problem: JointLayer, start: tuple[int, ...] | None) -> Stronger:
    """Return the plain program, the free bound and the start as they are."""
    return Stronger(program=program_of(problem), bound=problem.free_bound(), start=start)
