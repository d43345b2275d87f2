"""Every family of instances there is."""

from slth_opt.errors import ProblemError
from slth_opt.instances.drawn_pools import DRAWN_POOLS
from slth_opt.instances.joints import JOINTS
from slth_opt.instances.layers import LAYERS
from slth_opt.instances.made_pools import MADE_POOLS
from slth_opt.instances.records import Family
from slth_opt.instances.vectors import VECTORS

INSTANCE_FAMILIES: tuple[Family, ...] = (
    *DRAWN_POOLS,
    *MADE_POOLS,
    *VECTORS,
    *LAYERS,
    *JOINTS,
)
"""Every family there is, in the order of the library's pages."""


def family_named(name: str) -> Family:
    """Return the family of a name; an unknown name is answered with the known ones.

    Examples
    --------
    >>> family_named("near-tie").kind
    'subset_sum'
    """
    for family in INSTANCE_FAMILIES:
        if family.name == name:
            return family
    known = ", ".join(family.name for family in INSTANCE_FAMILIES)
    raise ProblemError(f"there is no family {name!r}; there are {known}")
