"""The table across solvers: every method on every instance of a library, held to its optimum.

The optimum stands in the library, proven before. So nothing here is decided by a vote: a method
is right if its audited value is that optimum, wrong if it says it finished with anything else.
"""

from slth_opt.instance_benchmarks.entries import GROUPS, Entry, read_entries
from slth_opt.instance_benchmarks.judging import judge_backend
from slth_opt.instance_benchmarks.running import compare_instances, tasks_of
from slth_opt.instance_benchmarks.tables import as_markdown, wrong_rows

__all__ = [
    "GROUPS",
    "Entry",
    "as_markdown",
    "compare_instances",
    "judge_backend",
    "read_entries",
    "tasks_of",
    "wrong_rows",
]
