"""Ways to pick subsets without a proof, one file each. A new one is one file and one entry here."""

from slth_opt.errors import ProblemError
from slth_opt.heuristics import draws, golden, greedy, relaxed, rounding, swaps
from slth_opt.methods import Heuristic

HEURISTICS: tuple[Heuristic, ...] = (
    draws.HEURISTIC,
    greedy.HEURISTIC,
    swaps.HEURISTIC,
    golden.HEURISTIC,
    rounding.HEURISTIC,
    relaxed.HEURISTIC,
)
"""Every heuristic there is; command line, tests and docs read this."""


def heuristic_named(name: str) -> Heuristic:
    """Return the heuristic of a name; an unknown name is answered with the known ones.

    Examples
    --------
    >>> heuristic_named("greedy").rules[0]
    'exactly'
    """
    for heuristic in HEURISTICS:
        if heuristic.name == name:
            return heuristic
    known = ", ".join(heuristic.name for heuristic in HEURISTICS)
    raise ProblemError(f"there is no heuristic {name!r}; there are {known}")
