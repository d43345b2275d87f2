"""The rows as Markdown: a table for each kind of problem, files, and every wrong answer by name."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from slth_opt.csv_rows import Row
from slth_opt.families import FAMILIES
from slth_opt.instance_benchmarks.judging import REFUSED, RIGHT, UNFINISHED, WRONG
from slth_opt.problems import KINDS
from slth_opt.third_parties import READERS
from slth_opt.third_parties.records import OUT_OF_ARITHMETIC, REPRODUCED

MOST_WORDS = 160
"""Longer reasons are cut in the list of wrong answers; the rows have them in full."""


def as_markdown(rows: Sequence[Row]) -> str:
    """Write all tables and lists.

    Examples
    --------
    >>> row = {"instance": "a/b", "problem": "subset_sum", "group": "small", "method": "meeting",
    ...     "form": "", "verdict": "right", "seconds": 0.25, "blurred": False, "words": "finished"}
    >>> as_markdown([row]).splitlines()[4]
    '| meeting | proves | 1 | 1 | 0 | 0 | 0 | 0.25 | 0.25 |'
    """
    backends = [row for row in rows if not row["form"]]
    files = [row for row in rows if row["form"]]
    parts = [part for kind in KINDS for part in _kind_table(kind, backends)]
    if files:
        parts += _files_table(files)
    parts += _wrong_list(rows)
    if files:
        parts += _too_large_list(files)
    return "\n".join(parts).rstrip()


def wrong_rows(rows: Iterable[Row], *, exact: bool = False) -> list[Row]:
    """Return the rows of wrong answers; if asked for, of backends only whose word is a proof.

    Examples
    --------
    >>> row = {"method": "cbc", "form": "", "verdict": "wrong"}
    >>> len(wrong_rows([row])), len(wrong_rows([row], exact=True))
    (1, 0)
    """
    return [
        row
        for row in rows
        if row["verdict"] == WRONG
        and (not exact or (not row["form"] and FAMILIES[row["method"]].exact))
    ]


def _kind_table(kind: str, backends: Sequence[Row]) -> list[str]:
    """Return the lines about one kind of problem; none if nobody was asked."""
    own = [row for row in backends if row["problem"] == kind]
    if not own:
        return []
    instances = len({row["instance"] for row in own})
    lines = [
        f"**`{kind}`**, {instances} instance{'s' * (instances > 1)}\n",
        "| method | its last word | asked | right | wrong | unfinished | refused "
        "| median seconds | worst |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for method in dict.fromkeys(row["method"] for row in own):
        lines.append(_method_line(method, [row for row in own if row["method"] == method]))
    return [*lines, ""]


def _method_line(method: str, rows: Sequence[Row]) -> str:
    counted = Counter(row["verdict"] for row in rows)
    asked = len(rows) - counted[REFUSED]
    cells = (
        method, "proves" if FAMILIES[method].exact else "reports", asked, counted[RIGHT],
        _loud(counted[WRONG]), counted[UNFINISHED], counted[REFUSED],
        *_times(row["seconds"] for row in rows if row["verdict"] == RIGHT),
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def _files_table(files: Sequence[Row]) -> list[str]:
    """Return the lines about third parties and the files they read."""
    lines = [
        "**Exported files, read and solved by others**\n",
        "| solver, reading | format | files | of these blurred | reproduced | wrong "
        "| out of arithmetic | unfinished | refused | median seconds | worst |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    software = {reader.name: reader.software for reader in READERS}
    for method, form in dict.fromkeys((row["method"], row["form"]) for row in files):
        own = [row for row in files if (row["method"], row["form"]) == (method, form)]
        counted = Counter(row["verdict"] for row in own)
        cells = (
            f"{method}: {software[method]}", form, len(own), sum(row["blurred"] for row in own),
            counted[REPRODUCED], _loud(counted[WRONG]), counted[OUT_OF_ARITHMETIC],
            counted[UNFINISHED], counted[REFUSED],
            *_times(row["seconds"] for row in own if row["verdict"] == REPRODUCED),
        )  # fmt: skip
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return [*lines, ""]


def _wrong_list(rows: Sequence[Row]) -> list[str]:
    """Return every wrong answer by name."""
    wrong = wrong_rows(rows)
    if not wrong:
        return ["**Wrong answers**: none.", ""]
    lines = [f"**Wrong answers**, all {len(wrong)}\n"]
    for row in wrong:
        who = f"{row['method']}, {row['form']} file" if row["form"] else row["method"]
        blurred = " (blurred)" if row["blurred"] else ""
        lines.append(f"* `{row['instance']}`, {who}{blurred}: {_short(row['words'])}")
    return [*lines, ""]


def _too_large_list(files: Sequence[Row]) -> list[str]:
    """Return which files do not fit whose numbers."""
    found: dict[str, list[str]] = {}
    for row in files:
        if row["verdict"] == OUT_OF_ARITHMETIC:
            found.setdefault(row["instance"], []).append(f"{row['method']} ({row['form']})")
    if not found:
        return ["**Out of arithmetic**: no file.", ""]
    together: dict[str, list[str]] = {}
    for instance, who in found.items():
        together.setdefault(", ".join(who), []).append(f"`{instance}`")
    lines = ["**Out of arithmetic**: files with integers that these cannot hold\n"]
    lines += [f"* {who}: {', '.join(names)}" for who, names in together.items()]
    return [*lines, ""]


def _times(seconds: Iterable[float | None]) -> tuple[str, str]:
    found = [s for s in seconds if s is not None]
    return (f"{statistics.median(found):.2g}", f"{max(found):.2g}") if found else ("-", "-")


def _loud(count: int) -> str:
    return f"**{count}**" if count else "0"


def _short(words: str) -> str:
    line = " ".join(words.split()).replace("|", "/")
    return line if len(line) <= MOST_WORDS else f"{line[: MOST_WORDS - 3]}..."
