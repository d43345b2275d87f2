"""Figures, one in each file: rows in, axes out; and how a figure becomes a picture."""

from slth_opt.plots.comparison import plot_comparison
from slth_opt.plots.pictures import draw_png, draw_svg
from slth_opt.plots.trade_off import plot_trade_off

__all__ = ["draw_png", "draw_svg", "plot_comparison", "plot_trade_off"]
