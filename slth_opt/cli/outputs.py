"""What commands show: one JSON object, or short lines and tables; progress goes to stderr."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

PATIENCE = 2.0
"""Seconds before a progress line appears."""


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
    >>> print_table(["size", "who"], [["9", "a"], ["10", "b"]])
      size  who
         9  a
        10  b
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
    return cell == "-" or cell.lstrip("-").replace(".", "").replace("e-", "").isdigit()


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
def waiting(
    what: str, note: str = "Ctrl-C stops with the best so far"
) -> Iterator[Callable[[float], None]]:
    """Show what is going on and for how long, on a terminal, once it takes over two seconds.

    Yields a function that may be told which share of the work is done, from 0 to 1.
    """
    if not sys.stderr.isatty():
        yield lambda share: None
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
    task = progress.add_task(f"{what} ({note})", total=None)
    timer = threading.Timer(PATIENCE, progress.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda share: progress.update(task, total=1.0, completed=share)
    finally:
        timer.cancel()
        timer.join()
        progress.stop()
