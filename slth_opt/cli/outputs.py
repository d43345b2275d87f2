"""What commands show: one JSON object, or short lines and tables; progress goes to stderr."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from slth_opt.grid import Grid
from slth_opt.methods import Watch

PATIENCE = 2.0
"""Seconds before a progress line appears."""

NOTE = "Ctrl-C stops with the best so far"
"""What a progress line says about Ctrl-C, unless a command says otherwise."""


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object on stdout; NaN and infinity, which JSON lacks, become null."""
    print(json.dumps(_finite(content), indent=2, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    if isinstance(value, float) and value - value != 0:
        return None
    return value


def print_lines(lines: Sequence[tuple[str, str]]) -> None:
    """Print labelled lines in two columns."""
    width = max(len(label) for label, _ in lines)
    for label, text in lines:
        print(f"  {label:<{width}}  {text}")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in plain text; columns of numbers are set flush right.

    Examples
    --------
    >>> print_table(["size", "who"], [["9", "a"], ["1,000", "b"]])
       size  who
          9  a
      1,000  b
    """
    columns = list(zip(header, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(_is_number(cell) for cell in column[1:]) for column in columns]
    for row in (header, *rows):
        cells = (
            f"{cell:>{width}}" if flush else f"{cell:<{width}}"
            for cell, width, flush in zip(row, widths, right, strict=True)
        )
        print("  " + "  ".join(cells).rstrip())


def _is_number(cell: str) -> bool:
    digits = cell.lstrip("-").replace(",", "").replace(".", "").replace("e-", "")
    return cell == "-" or digits.isdigit()


def number(value: Fraction | float | None) -> str:
    """Write a number in at most nine digits, and nothing as a dash.

    Examples
    --------
    >>> number(Fraction(1, 3)), number(None)
    ('0.333333333', '-')
    """
    return "-" if value is None else f"{float(value):.9g}"


def exact(value: Fraction | None) -> str | None:
    """Write a number in full: an integer, ``"p/2^q"`` in lowest terms, or else ``"p/q"``.

    Examples
    --------
    >>> exact(Fraction(3, 8)), exact(Fraction(4)), exact(Fraction(1, 3)), exact(None)
    ('3/2^3', '4', '1/3', None)
    """
    if value is None or value.denominator == 1:
        return None if value is None else str(value.numerator)
    q = value.denominator.bit_length() - 1
    return f"{value.numerator}/{f'2^{q}' if value.denominator == 2**q else value.denominator}"


def listed(indices: Sequence[int] | None, most: int = 40) -> str:
    """Write indices separated by spaces, the middle of a long list left out.

    Examples
    --------
    >>> listed((1, 4)), listed(()), listed(None)
    ('1 4', 'none (the empty subset)', '-')
    """
    if indices is None:
        return "-"
    if not indices:
        return "none (the empty subset)"
    if len(indices) <= most:
        return " ".join(map(str, indices))
    head, tail = indices[: most // 2], indices[-most // 2 :]
    return f"{' '.join(map(str, head))} ... {' '.join(map(str, tail))}"


@contextmanager
def waiting(what: str, note: str = NOTE) -> Iterator[Callable[[float], None]]:
    """Show what is going on and for how long, on a terminal, once it takes over two seconds.

    Yields a function that may be told which share of the work is done, from 0 to 1.
    """
    with _line(f"{what} ({note})") as update:
        if update is None:
            yield lambda share: None
        else:
            yield lambda share: update(total=1.0, completed=share)


@contextmanager
def watching(what: str, grid: Grid, note: str = NOTE) -> Iterator[Watch | None]:
    """Show the same, and below it the best value and bound while a method tells them.

    Yields the `Watch` to hand to `solve`, or None where nothing is shown. It may be called from
    any thread, and by several methods at once: the line keeps the best of what it was told.
    """
    told, lock = Told(), threading.Lock()
    with _line(f"{what} ({note})") as update:
        if update is None:
            yield None
            return

        def watch(value: int | None, bound: int | None) -> None:
            nonlocal told
            with lock:
                told = told.and_then(value, bound)
                update(description=f"{what} ({note})\n  {told.in_words(grid)}")

        yield watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The best value and the best bound heard of so far; None where nothing was.

    Examples
    --------
    >>> Told(value=5).and_then(7, 2).in_words(Grid(exponent=1))
    'best 2.5, bound 1, gap 1.5'
    """

    value: int | None = None
    bound: int | None = None

    def and_then(self, value: int | None, bound: int | None) -> Told:
        """Return what is known once this has been said too."""
        values = [v for v in (self.value, value) if v is not None]
        bounds = [b for b in (self.bound, bound) if b is not None]
        return Told(value=min(values, default=None), bound=max(bounds, default=None))

    def in_words(self, grid: Grid) -> str:
        """Say value, bound and the gap between them."""
        gap = None if self.value is None or self.bound is None else self.value - self.bound
        shown = {"best": self.value, "bound": self.bound, "gap": gap}
        return ", ".join(
            f"{word} {number(None if units is None else grid.real(units))}"
            for word, units in shown.items()
        )


@contextmanager
def _line(text: str) -> Iterator[Callable[..., None] | None]:
    """Show a line on a terminal from `PATIENCE` seconds on; yield what changes it, or None."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        Progress,
        SpinnerColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = progress.add_task(text, total=None)
    timer = threading.Timer(PATIENCE, progress.start)
    timer.daemon = True
    timer.start()
    try:
        yield partial(progress.update, task)
    finally:
        timer.cancel()
        timer.join()
        progress.stop()
