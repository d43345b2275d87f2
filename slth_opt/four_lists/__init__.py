"""Four lists of quarters, walked window by window: what n of about 60 takes, in small memory."""

from slth_opt.four_lists.crowding import Part, crowded_part
from slth_opt.four_lists.halves import Sizes, size_blocks
from slth_opt.four_lists.walking import Limits, Nearest, nearest_sum

__all__ = ["Limits", "Nearest", "Part", "Sizes", "crowded_part", "nearest_sum", "size_blocks"]
