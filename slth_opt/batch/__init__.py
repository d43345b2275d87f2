"""Arrays of subset sums: one exact answer per row, every one recomputed before it is returned.

Rows go through the lock-step kernels, several threads side by side; rows those cannot take
(too many weights or bits) go one by one through the backends. A kernel's answer is a claim
here too: the subset is added up again in int64, and must give the error the kernel found.
"""

from slth_opt.batch.asking import nearest_subsets, profiles, smallest_subsets
from slth_opt.batch.records import Batch, Profiles, Smallest, unpacked
from slth_opt.batch.rows import MOST_INT64_BITS, Progress

__all__ = [
    "MOST_INT64_BITS",
    "Batch",
    "Profiles",
    "Progress",
    "Smallest",
    "nearest_subsets",
    "profiles",
    "smallest_subsets",
    "unpacked",
]
