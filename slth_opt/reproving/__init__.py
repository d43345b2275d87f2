"""The optimum proved once more, in plain Python: no kernel, no solver, no array.

Whoever doubts a certificate can run these files, which share no line with the methods they
check. What takes too many steps is left undone, and said so.
"""

from __future__ import annotations

from slth_opt.problems import JointLayer, LayerBudget, Problem, SharedBlock
from slth_opt.reproving.layers import search_block, search_budget, search_joint
from slth_opt.reproving.pools import best_error, best_errors, search_pool
from slth_opt.reproving.records import Reproof

MOST_STEPS = 2**23
"""Sums listed and looked at, at most: a few seconds, and n up to about 42."""


def search_below(problem: Problem, bound: int, *, most_steps: int = MOST_STEPS) -> Reproof:
    """Look for a legal selection with a value below a bound; find the best, or that none exists.

    Parameters
    ----------
    problem
        What to search.
    bound
        The claim to test: no legal selection has a smaller value.
    most_steps
        A search that needs more is not begun, or broken off.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, -5, 8, 13), target=10, fewest=2, most=2)
    >>> search_below(pool, 1).found is None, search_below(pool, 5).found
    (True, 1)
    """
    if bound <= 0:
        return Reproof(complete=True, found=None)
    if isinstance(problem, LayerBudget):
        return search_budget(problem, bound, most_steps)
    if isinstance(problem, SharedBlock):
        return search_block(problem, bound, most_steps)
    if isinstance(problem, JointLayer):
        return search_joint(problem, bound, most_steps)
    return search_pool(problem, bound, most_steps)


__all__ = ["MOST_STEPS", "Reproof", "best_error", "best_errors", "search_below"]
