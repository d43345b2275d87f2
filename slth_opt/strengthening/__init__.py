"""The program of a layer problem made stronger: what is known beforehand goes in as bounds.

The variables stay those of the plain program, and at least one optimal selection stays in.
"""

from __future__ import annotations

from slth_opt.errors import ProblemError
from slth_opt.problems import JointLayer, Problem, SharedBlock
from slth_opt.strengthening.blocks import strengthen_block
from slth_opt.strengthening.joints import strengthen_joint
from slth_opt.strengthening.records import Stronger

STRENGTHENED = (SharedBlock.kind, JointLayer.kind)
"""The kinds of problem there is something to know about beforehand."""


def strengthen(problem: Problem, start: tuple[int, ...] | None = None) -> Stronger:
    """Return a stronger program of a problem, a bound, and a selection to start from.

    Parameters
    ----------
    problem
        A `SharedBlock` or a `JointLayer`.
    start
        A legal selection; what comes back is at least as good.

    Examples
    --------
    >>> layer = JointLayer(
    ...     first=((2, 1), (3, -1)), second=((1, 2),), targets=((8, -1),), norm="l1", most=6
    ... )
    >>> strengthen(layer).bound
    0
    """
    if isinstance(problem, SharedBlock):
        return strengthen_block(problem, start)
    if isinstance(problem, JointLayer):
        return strengthen_joint(problem, start)
    raise ProblemError(f"there is nothing to strengthen about a {problem.kind}")


__all__ = ["STRENGTHENED", "Stronger", "strengthen"]
