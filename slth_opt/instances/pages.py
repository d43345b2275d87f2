"""The pages of a library, written from its files: index.csv, optima.solu and README.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from slth_opt.instances.index import STATUSES, Entry, as_csv, as_solu
from slth_opt.instances.records import LETTERS
from slth_opt.instances.registry import INSTANCE_FAMILIES
from slth_opt.problems import KINDS

QUESTIONS = {
    "subset_sum": "choose numbers whose sum is nearest to a target; exactly k, a range, or any",
    "smallest_subset": "choose as few numbers as possible whose sum is within a tolerance",
    "vector_sum": "choose columns whose sums are nearest to targets in several rows at once",
    "layer_budget": "choose in several pools at once, so many numbers in all",
    "shared_block": "choose edges and pay once for a hidden neuron that several outputs use",
    "joint_layer": "choose two masks so that a product of matrices is nearest to a third",
}
"""What each kind of problem asks, in a line."""

ABOUT = {
    "schema.md": "every field of both files, in words",
    "instance.schema.json": "the same for programs (JSON Schema 2020-12): instances",
    "certificate.schema.json": "the same: certificates",
    "check.py": "checks instances, certificates and selections with the standard library alone",
}
"""Files that no command writes; the front page points to those that are there."""

FRONT = """\
# Instances with proven optima

{total} small, odd and hard integer programs; {proven} of them with a proven optimum, the others with the best selection
and the best bound known. All are about one thing: choosing, with zeros and ones, numbers whose sums come near given targets.
Such programs decide which edges of a random neural network to keep (*strong lottery tickets*); nothing of that has to be known
to use them.

All numbers are integers, so there is one right answer and no tolerance to argue about. A value counts units of the grid, named
in the index: with the unit `1/2^23`, the value 15 is an error of 15/2^23. A solver that computes in floating point with
tolerances of 1e-6 may well call another value optimal. That is what these are for.

## An instance and its certificate in five lines of Python

```python
import json, pathlib
problem = json.loads(pathlib.Path("{example}.json").read_text())["problem"]
proof = json.loads(pathlib.Path("{example}.certificate.json").read_text())
error = abs(sum(problem["weights"][i] for i in proof["indices"]) - problem["target"])
assert error == proof["value"] == proof["lower_bound"]  # reached, and nothing is below
```

That the value is reached, anyone can add up. That nothing is below rests on the `witnesses` in the certificate: two exact
methods of different kinds that found the same; or, where the evidence is `self_evident`, on a bound that needs no search
(nothing is below zero, or no sum is off the multiples of a common divisor, or no sum reaches as far).

## What is here

{counts}

**Groups** say how much work an instance is. Any exact method closes a *small* one in well under a second, a general solver
most *medium* ones in seconds or minutes; a *hard* one takes special methods or minutes, or is out of reach.

**Status**: *easy* and *hard* are proven (*hard* are those of the group of that name). *Open* is everything else, also where one
method says that it is finished: one method, however exact, is only one. A proof of an open one is welcome.

## Families

A file is named `family/family-SIZES-sSEED.json`; its `provenance` says from which distribution it was drawn. The letters of the
sizes: {letters}.

{families}

## Open

{open_ones}

## Files

{files}

## Use

{check}With the package, in the folder above this one:

```
slth instances list --problem joint_layer --status open
slth instances show uniform-fixed-n24-k12-b23-s1
slth instances solve --group small --backend highs     # right or wrong, one by one
slth export instances/near-tie/near-tie-n24-k12-b52-s1.json --format mps
slth instances generate uniform-fixed --seed 1000 --group small --folder mine --certify
slth instances check --again                           # solve everything proven once more
```

An exported program minimises the value of the index, in the same units. Integers beyond 2^53 are in the file in full, but most
solvers read them as doubles.

The same family, sizes and seed give the same bytes on any machine: numbers are made from raw words of a PCG64 generator that is
seeded with the name of the file. Other seeds give instances nobody has seen. Every certificate here is what `slth instances generate
FAMILY --certify` wrote; its limits are seconds, so a slow machine may leave open what is proven here. This page, the index and
`optima.solu` are written by `slth instances table`.

All of it may be used under the MIT License of the package.
"""  # noqa: E501

CHECK = """\
Without installing anything, in this folder:

```
python check.py .                                  # every instance and certificate
python check.py INSTANCE.json --solution "0 4 7"   # what a selection of yours is worth
```

It is one short file for Python 3.9 or newer. Whether the index says what the files say is seen by
`slth instances table --check`.

"""


def pages_of(folder: str | Path, entries: Sequence[Entry]) -> dict[str, str]:
    """Return every page of a library by its name.

    Examples
    --------
    >>> list(pages_of("instances", []))
    ['index.csv', 'optima.solu', 'README.md']
    """
    there = tuple(name for name in ABOUT if (Path(folder) / name).exists())
    return {
        "index.csv": as_csv(entries),
        "optima.solu": as_solu(entries),
        "README.md": as_readme(entries, there),
    }


def as_readme(entries: Sequence[Entry], there: Sequence[str] = ()) -> str:
    """Return the front page, which tells a stranger what is here and how to use it.

    Parameters
    ----------
    entries
        What is in the folder.
    there
        Which of the files in `ABOUT` are in it as well.

    Examples
    --------
    >>> as_readme([]).splitlines()[0]
    '# Instances with proven optima'
    """
    order = [family.name for family in INSTANCE_FAMILIES]
    example = min(
        (e for e in entries if e.problem == "subset_sum" and isinstance(e.optimum, int)),
        key=lambda e: order.index(e.family) if e.family in order else len(order),
        default=None,
    )
    return FRONT.format(
        total=len(entries),
        proven=sum(entry.optimum is not None for entry in entries),
        example="FAMILY/STEM" if example is None else example.instance,
        counts=_counts(entries),
        letters=", ".join(f"`{letter}` {meaning}" for letter, meaning in LETTERS.items()),
        families=_families(entries),
        open_ones=_open_ones(entries),
        files=_files(there),
        check=CHECK if "check.py" in there else "",
    )


def _counts(entries: Sequence[Entry]) -> str:
    """Count the instances of each kind and status."""
    counted = Counter((entry.problem, entry.status) for entry in entries)
    totals = Counter(entry.status for entry in entries)
    rows = [
        (f"`{kind}`", QUESTIONS[kind], *(str(counted[kind, status]) for status in STATUSES))
        for kind in KINDS
    ]
    rows.append(("all", "", *(str(totals[status]) for status in STATUSES)))
    return _table(("problem", "what is asked", *STATUSES), rows)


def _families(entries: Sequence[Entry]) -> str:
    """Describe the families that are there, one table for each kind of problem."""
    counted = Counter(entry.family for entry in entries)
    unproven = Counter(entry.family for entry in entries if entry.status == "open")
    header = ("family", "an instance", "what it is good for", "files", "open")
    parts = []
    for kind in KINDS:
        rows = [
            (f"[{f.name}]({f.name})", f.summary, f.why, str(counted[f.name]), str(unproven[f.name]))
            for f in INSTANCE_FAMILIES
            if f.kind == kind and counted[f.name]
        ]
        if rows:
            parts.append(f"### {kind}\n\n{_table(header, rows)}")
    others = sorted(set(counted) - {family.name for family in INSTANCE_FAMILIES})
    if others:
        parts.append(f"Other folders: {', '.join(f'[{name}]({name})' for name in others)}.")
    return "\n\n".join(parts)


def _open_ones(entries: Sequence[Entry]) -> str:
    """List what is not proven, with what is known."""
    rows = [
        (
            f"[{e.stem}]({e.instance}.json)",
            str(e.candidates),
            "-" if e.best_known is None else str(e.best_known),
            str(e.lower_bound),
            e.evidence or "-",
        )
        for e in entries
        if e.status == "open"
    ]
    if not rows:
        return "None."
    header = ("instance", "variables", "best known", "nothing is below", "evidence")
    return (
        f"{_table(header, rows)}\n\nWhere both numbers are equal, one kind of method finished "
        "and waits for another to agree."
    )


def _files(there: Sequence[str]) -> str:
    rows = [
        ("`FAMILY/STEM.json`", "an instance: integers, and where they come from"),
        ("`FAMILY/STEM.certificate.json`", "the best selection, a bound, and who says so"),
        ("[index.csv](index.csv)", "one line for each instance"),
        ("[optima.solu](optima.solu)", "`=opt=`, `=best=`, `=inf=` or `=unkn=` for each stem"),
        *((f"[{name}]({name})", ABOUT[name]) for name in there),
    ]
    return _table(("file", "what it holds"), rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown; columns of numbers are set flush right.

    Examples
    --------
    >>> print(_table(("who", "how many"), [("a", "3")]))
    | who | how many |
    |---|--:|
    | a | 3 |
    """
    columns = list(zip(*rows, strict=True))
    marks = ["--:" if all(c.isdigit() or c == "-" for c in column) else "---" for column in columns]
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join(marks)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
