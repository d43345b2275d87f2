"""Exact and reported methods, one file each. A new one is one file and one entry here."""

from slth_opt.backends import (
    branching,
    cbc,
    cp_sat,
    enumeration,
    four_lists,
    highs,
    mask_search,
    meeting,
    neuron_sets,
    points,
    profiles,
    relaxing,
    scip,
    small_sizes,
)
from slth_opt.errors import BackendError
from slth_opt.methods import Backend

BACKENDS: tuple[Backend, ...] = (
    meeting.BACKEND,
    small_sizes.BACKEND,
    four_lists.BACKEND,
    points.BACKEND,
    branching.BACKEND,
    enumeration.BACKEND,
    mask_search.BACKEND,
    profiles.BACKEND,
    relaxing.BACKEND,
    neuron_sets.BACKEND,
    cp_sat.STRONGER,
    cp_sat.BACKEND,
    cbc.BACKEND,
    highs.BACKEND,
    scip.BACKEND,
    cbc.STRONGER,
    highs.STRONGER,
    scip.STRONGER,
)
"""Every backend there is, the first choice first; command line, tests and docs read this."""


def backend_named(name: str) -> Backend:
    """Return the backend of a name; an unknown name is answered with the known ones.

    Examples
    --------
    >>> backend_named("enumeration").exact
    True
    """
    for backend in BACKENDS:
        if backend.name == name:
            return backend
    known = ", ".join(backend.name for backend in BACKENDS)
    raise BackendError(f"there is no backend {name!r}; there are {known}")
