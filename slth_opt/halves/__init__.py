"""A pool in two halves: their sums, counted and looked up without ever listing all subsets.

Counting, the best subsets and coverage all ask the same two lists. Where every size is
allowed sizes are not kept apart: one list per half, one pair of lists.
"""

from slth_opt.halves.gaps import Gaps, Progress, nearest_sums, scan_gaps
from slth_opt.halves.lists import (
    Halves,
    check_countable,
    clamped,
    count_at_most,
    count_within,
    halves_of,
    list_halves,
    of_size,
    pairs_within,
)
from slth_opt.halves.lookup import Catalogue, catalogue_of, parts_of, subsets_of_pair, subsets_with
from slth_opt.halves.stretches import (
    Stretch,
    end_stretches,
    gap_limits,
    share_covered,
    worst_target,
)

__all__ = [
    "Catalogue",
    "Gaps",
    "Halves",
    "Progress",
    "Stretch",
    "catalogue_of",
    "check_countable",
    "clamped",
    "count_at_most",
    "count_within",
    "end_stretches",
    "gap_limits",
    "halves_of",
    "list_halves",
    "nearest_sums",
    "of_size",
    "pairs_within",
    "parts_of",
    "scan_gaps",
    "share_covered",
    "subsets_of_pair",
    "subsets_with",
    "worst_target",
]
