"""What is asked: one question at growing sizes, drawn from a seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from slth_opt.errors import ProblemError
from slth_opt.grid import Grid
from slth_opt.layer_benchmarks.records import Size, joined
from slth_opt.problems import JointLayer, LayerBudget, Problem, SharedBlock, VectorSum

if TYPE_CHECKING:
    import numpy as np

BITS = 23
"""Numbers are multiples of 2^-23, the float32 grid of numbers below one."""

LARGEST = 2**20
"""The product of the numbers of a size: problems are lists of Python integers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One question at growing sizes.

    Parameters
    ----------
    name, rule
        The kind of question, and what is minimised or drawn in this series.
    letters
        What the numbers of a size count.
    sizes
        From small to large.
    warm_up
        A size at which every method is loaded and compiled.
    draw
        Makes a problem of a size.
    """

    name: str
    rule: str
    letters: str
    sizes: tuple[Size, ...]
    warm_up: Size
    draw: Callable[[Size, np.random.Generator], Problem]


def choose_series(
    name: str | None = None, sizes: Sequence[str] | None = None
) -> tuple[Series, ...]:
    """Return the series of a name, or all; with other sizes than their own if some are given.

    Examples
    --------
    >>> [line.sizes for line in choose_series("joints", ["2x3x2"])][0]
    ((2, 3, 2),)
    """
    chosen = tuple(line for line in SERIES if name in (None, line.name))
    if not sizes:
        return chosen
    if name is None:
        raise ProblemError("sizes mean something else for each problem: say for which one")
    return tuple(replace(line, sizes=tuple(_size(s, line) for s in sizes)) for line in chosen)


def _size(text: str, line: Series) -> Size:
    """Read a size like 3x8x3, as many numbers as the series counts."""
    parts, count = text.split("x"), len(line.letters.split(" x "))
    if len(parts) != count or not all(re.fullmatch(r"[1-9][0-9]{0,6}", p) for p in parts):
        raise ProblemError(
            f"a size of {line.name} is {line.letters}, written like {joined(line.sizes[0])}; "
            f"got {ascii(text)[:60]}"
        )
    size = tuple(map(int, parts))
    if prod(size) > LARGEST:
        raise ProblemError(f"a problem of size {text} is too large for a comparison of methods")
    return size


def _draw_block(size: Size, rng: np.random.Generator, *, minimise: str) -> SharedBlock:
    """Tolerance 0.01; for the smallest error a budget of three edges per output instead."""
    (neurons, outputs), one = size, 2**BITS
    first = rng.integers(0, one, neurons, endpoint=True)
    second = rng.integers(-one, one, (outputs, neurons), endpoint=True)
    targets = rng.integers(-one // 2, one // 2, outputs, endpoint=True) * one
    rules: dict[str, Any] = {"tolerances": (one * one // 100,) * outputs}
    if minimise == "error":
        rules = {"most_edges": 3 * outputs}
    return SharedBlock(
        products=(second * first).tolist(), targets=targets.tolist(), minimise=minimise,
        grid=Grid(exponent=2 * BITS), **rules,
    )  # fmt: skip


def _draw_joint(
    size: Size, rng: np.random.Generator, *, norm: str, bits: int, share: int
) -> JointLayer:
    """Targets up to half of the largest product; of all edges a share may be kept."""
    (outputs, hidden, inputs), one = size, 2**bits
    first = rng.integers(-one, one, (hidden, inputs), endpoint=True)
    second = rng.integers(-one, one, (outputs, hidden), endpoint=True)
    targets = rng.integers(-one // 2, one // 2, (outputs, inputs), endpoint=True) * one
    return JointLayer(
        first=first.tolist(), second=second.tolist(), targets=targets.tolist(), norm=norm,
        most=hidden * (outputs + inputs) // share, grid=Grid(exponent=2 * bits),
    )  # fmt: skip


def _draw_budget(size: Size, rng: np.random.Generator, *, norm: str) -> LayerBudget:
    """Two edges for each weight, on average."""
    one = 2**BITS
    pools = rng.integers(-one, one, size, endpoint=True)
    targets = rng.integers(-one // 2, one // 2, size[0], endpoint=True)
    return LayerBudget(
        pools=pools.tolist(), targets=targets.tolist(), norm=norm, most=2 * size[0],
        grid=Grid(exponent=BITS),
    )  # fmt: skip


def _draw_vector(size: Size, rng: np.random.Generator) -> VectorSum:
    """Exactly half of the columns, the largest error."""
    (columns, rows), one = size, 2**BITS
    return VectorSum(
        rows=tuple(map(tuple, rng.integers(-one, one, (rows, columns), endpoint=True).tolist())),
        targets=tuple(rng.integers(-one, one, rows, endpoint=True).tolist()), norm="linf",
        fewest=columns // 2, most=columns // 2, grid=Grid(exponent=BITS),
    )  # fmt: skip


def _draw_fit(size: Size, rng: np.random.Generator) -> VectorSum:
    """One row of a random layer, to act on samples behind a ReLU as another row does."""
    import numpy as np

    (weights, samples), one = size, 2**BITS
    layer = rng.integers(-one, one, weights, endpoint=True)
    inputs = np.maximum(0, np.rint(64 * rng.normal(size=(weights, samples)))).astype(np.int64)
    wanted = np.rint(rng.uniform(-one, one, weights) / weights**0.5).astype(np.int64)
    return VectorSum(
        rows=tuple(map(tuple, (inputs.T * layer).tolist())),
        targets=tuple((wanted @ inputs).tolist()), norm="l1", fewest=0, most=weights,
        grid=Grid(exponent=BITS + 6),
    )  # fmt: skip


def _blocks(minimise: str) -> Series:
    return Series(
        name="blocks", rule=minimise, letters="neurons x outputs", warm_up=(3, 2),
        sizes=((15, 4), (20, 10), (30, 10), (40, 10)),
        draw=partial(_draw_block, minimise=minimise),
    )  # fmt: skip


def _joints(norm: str, bits: int, *, share: int = 1) -> Series:
    return Series(
        name="joints",
        rule=f"{norm}, {bits} bits" + (f", a budget of 1/{share} of the edges" * (share > 1)),
        letters="outputs x hidden x inputs", warm_up=(3, 4, 3),
        sizes=((3, 8, 3), (3, 12, 3), (3, 16, 3), (4, 12, 4), (5, 16, 5)),
        draw=partial(_draw_joint, norm=norm, bits=bits, share=share),
    )  # fmt: skip


def _budgets(norm: str) -> Series:
    return Series(
        name="budgets", rule=norm, letters="weights x pool", warm_up=(2, 4),
        sizes=((8, 10), (32, 12), (400, 15)), draw=partial(_draw_budget, norm=norm),
    )  # fmt: skip


def _vectors(rows: int) -> Series:
    sizes = tuple((columns, rows) for columns in (20, 30, 40))
    return Series(
        name="vectors", rule=f"linf, half of the columns, {rows} rows", letters="columns x rows",
        warm_up=(16, rows), sizes=sizes, draw=_draw_vector,
    )  # fmt: skip


_FITS = Series(
    name="fits", rule="l1, any size", letters="weights x samples", warm_up=(16, 4),
    sizes=((20, 64), (30, 64), (30, 256)), draw=_draw_fit,
)  # fmt: skip

SERIES: tuple[Series, ...] = (
    *map(_blocks, ("edges", "neurons", "error")),
    *(_joints(norm, bits) for bits in (4, BITS) for norm in ("linf", "l1")),
    _joints("linf", BITS, share=2),
    *map(_budgets, ("linf", "l1")),
    *map(_vectors, (2, 8)),
    _FITS,
)
"""What the table is about, in its order."""

NAMES = tuple(dict.fromkeys(line.name for line in SERIES))
"""The questions one may ask for by name."""
