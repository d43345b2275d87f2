"""Asking a solver that runs in a process of its own, and what is said where it does not answer."""

from __future__ import annotations

from typing import Any

from slth_opt.side_process import ask
from slth_opt.third_parties.records import Said

GRACE = 2.0
"""Seconds a solver may take beyond its time limit before its process is killed."""


def said_by(module: str, question: Any, seconds: float) -> Said:
    """Return what the function ``answer`` of a module says: a dictionary of the fields of `Said`.

    Examples
    --------
    >>> from slth_opt.programs import program_of
    >>> from slth_opt.programs.writers import WRITERS
    >>> from slth_opt.problems import SubsetSum
    >>> text = WRITERS["mps"](program_of(SubsetSum(weights=(3, 5), target=4, fewest=1, most=1)))
    >>> said_by("slth_opt.third_parties.highs_files", (text, "mps", 5.0), 5.0).status
    'Optimal'
    """
    try:
        (reply,) = ask(module, question, seconds=seconds + GRACE)
    except TimeoutError:
        return Said(status="did not stop in time", finished=False)
    if reply.died is not None:
        return Said(status=f"its process ended with code {reply.died}", finished=False)
    return Said(**reply.content)
