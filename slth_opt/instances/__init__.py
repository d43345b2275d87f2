"""The instance library: families of problems, the files they are written to, and their index.

A new family is one entry in the tuple of its file; command line, tests and the pages of the
library read `INSTANCE_FAMILIES`.
"""

from slth_opt.instances.index import STATUSES, Entry, read_entries
from slth_opt.instances.records import GROUPS, Family, Member
from slth_opt.instances.registry import INSTANCE_FAMILIES, family_named

__all__ = [
    "GROUPS",
    "INSTANCE_FAMILIES",
    "STATUSES",
    "Entry",
    "Family",
    "Member",
    "family_named",
    "read_entries",
]
