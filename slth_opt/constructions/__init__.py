"""The papers' constructions, one file each. A new one is one file and one entry here."""

from slth_opt.constructions import (
    burkholz,
    ferbach,
    malach,
    natale,
    nonnegative,
    orseau,
    otsuka,
    parallel,
    pensia,
    pooled,
)
from slth_opt.errors import ProblemError
from slth_opt.layouts import Construction

CONSTRUCTIONS: tuple[Construction, ...] = (
    natale.CONSTRUCTION,
    pensia.CONSTRUCTION,
    malach.CONSTRUCTION,
    pooled.CONSTRUCTION,
    nonnegative.CONSTRUCTION,
    otsuka.CONSTRUCTION,
    burkholz.CONSTRUCTION,
    orseau.CONSTRUCTION,
    ferbach.CONSTRUCTION,
    parallel.CONSTRUCTION,
)
"""Every construction there is; command line, tests and docs read this."""


def construction_named(name: str) -> Construction:
    """Return the construction of a name; an unknown name is answered with the known ones.

    Examples
    --------
    >>> construction_named("pensia").default_rule
    'any'
    """
    for construction in CONSTRUCTIONS:
        if construction.name == name:
            return construction
    known = ", ".join(construction.name for construction in CONSTRUCTIONS)
    raise ProblemError(f"there is no construction {name!r}; there are {known}")
