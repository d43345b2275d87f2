"""Which instances of a library can be judged by: those whose optimum is proven."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import name_of

GROUPS = ("small", "medium", "hard")
"""How large instances are, as their library says."""

COLUMNS = ("instance", "problem", "group", "status", "optimum")
"""What is read of the index; the rest is for others."""

OPEN = "open"
NONE_LEGAL = "infeasible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An instance and its proven optimum.

    Parameters
    ----------
    instance
        Its name in the library: family and stem.
    problem
        The kind of problem.
    group
        One of `GROUPS`.
    optimum
        In units of the objective; None if it is proven that no selection is legal.
    """

    instance: str
    problem: str
    group: str
    optimum: int | None


def read_entries(folder: str | Path, groups: Sequence[str]) -> tuple[Entry, ...]:
    r"""Return the instances of some groups that are not open, in the order of the index.

    Examples
    --------
    >>> import tempfile
    >>> index = "instance,problem,group,status,optimum\na/b,subset_sum,small,easy,3\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "index.csv").write_text(index)
    ...     read_entries(folder, ["small"])[0].optimum
    3
    """
    for group in groups:
        if group not in GROUPS:
            raise ProblemError(f"a group is one of {', '.join(GROUPS)}, got {ascii(group)[:60]}")
    place = Path(folder) / "index.csv"
    try:
        lines = place.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as trouble:
        why = getattr(trouble, "strerror", None) or trouble
        raise FileError(f"{name_of(place)}: cannot be read: {why}") from None
    reader = csv.DictReader(lines, strict=True)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise FileError(f"{name_of(place)}: lacks the column {missing[0]}")
    try:
        entries = tuple(_entry(row) for row in reader if row["status"] != OPEN)
    except (ValueError, TypeError, csv.Error) as trouble:
        raise FileError(f"{name_of(place)}: line {reader.line_num}: {trouble}") from None
    chosen = tuple(entry for entry in entries if entry.group in groups)
    if not chosen:
        raise FileError(f"{name_of(place)}: has no instance of {' or '.join(groups)} with a proof")
    return chosen


def _entry(row: dict[str, str]) -> Entry:
    text = row["optimum"]
    return Entry(
        instance=row["instance"],
        problem=row["problem"],
        group=row["group"],
        optimum=None if text == NONE_LEGAL else int(text),
    )
