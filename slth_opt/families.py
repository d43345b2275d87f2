"""Every method that ever bore witness: its kind, whether it is exact, and whose software it is.

Two exact methods agree independently only if their families differ, so a verifier must know
the family of a witness without asking the witness. This is a record of the past as much as of
the present: a method that is removed stays here, or its certificates could not be checked.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a method is, whoever runs it.

    Parameters
    ----------
    family
        The kind of method, as in `Backend.family`.
    exact
        Whether it computes in integers to the end.
    software
        The distribution whose version decides what it computes.
    """

    family: str
    exact: bool
    software: str = "slth-opt"


FAMILIES: dict[str, Family] = {
    "enumeration": Family(family="enumeration", exact=True),
    "meeting": Family(family="meeting in the middle", exact=True),
    "small_sizes": Family(family="meeting in the middle", exact=True),
    "four_lists": Family(family="meeting in the middle", exact=True),
    "points": Family(family="meeting in the middle", exact=True),
    "branching": Family(family="branch and bound", exact=True),
    "profiles": Family(family="dynamic programming", exact=True),
    "relaxing": Family(family="lagrangian branch and bound", exact=True),
    "neuron_sets": Family(family="subset dynamic programming", exact=True),
    "mask_search": Family(family="branch and bound", exact=True),
    "cp_sat": Family(family="constraint programming", exact=True, software="ortools"),
    "cbc": Family(family="branch and cut", exact=False, software="pulp"),
    "highs": Family(family="branch and cut", exact=False, software="scipy"),
    "scip": Family(family="branch and cut", exact=False, software="ortools"),
    "cp_sat_strong": Family(family="constraint programming", exact=True, software="ortools"),
    "cbc_strong": Family(family="branch and cut", exact=False, software="pulp"),
    "highs_strong": Family(family="branch and cut", exact=False, software="scipy"),
    "scip_strong": Family(family="branch and cut", exact=False, software="ortools"),
}
"""By the name of the backend. A test holds this table and `BACKENDS` to the same words."""
