"""The table of layer methods: plain programs, strengthened ones and decompositions, side by side.

Every method gets the same problems, one after the other, in growing sizes and with the same
limit; what it claims is audited, and its value is held against the optimum where some exact
method proves one. Times are wall-clock seconds of this machine: only ratios within one run count.
"""

from slth_opt.layer_benchmarks.measuring import compare_layers
from slth_opt.layer_benchmarks.records import Row, Run, as_tables
from slth_opt.layer_benchmarks.series import NAMES, Series, choose_series

__all__ = ["NAMES", "Row", "Run", "Series", "as_tables", "choose_series", "compare_layers"]
