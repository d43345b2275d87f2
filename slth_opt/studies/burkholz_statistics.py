"""How many candidates a weight keeps within 0.01: the published statistics, redone and extended.

Burkholz 2022 published 100,000 draws of 15 candidates for two laws, found by trying sizes one after
the other. A draw without any subset within the tolerance is a failure; the published histogram
counts it at the size of its nearest subset, and so do the columns `total_size` and `size_...`
here. Nothing is ever drawn again. The same questions are asked for 10 to 30 candidates, and for
the law of the proofs, in which half of the products are pruned for their sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from slth_opt.csv_rows import Row
from slth_opt.experiments import Study, Task
from slth_opt.reproducing import Reproduced, in_words, mean_beside, share_beside
from slth_opt.sources import draw_uniform
from slth_opt.thin_pools import full_profiles

if TYPE_CHECKING:
    import numpy as np

TOLERANCE = 0.01

LAWS = {
    "uniform": "uniform in [-1, 1]",
    "product": "products of two",
    "split": "products of two, half of them pruned for their sign",
}

DRAWS = {
    "small": {10: 2000, 15: 10_000, 20: 2000, 30: 400},
    "paper": {10: 20_000, 15: 100_000, 20: 20_000, 30: 20_000},
}
"""How many for each number of candidates; 10 are drawn of the uniform law only."""

PART = {10: 5000, 15: 5000, 20: 2000, 30: 400}
"""Draws of a task."""

PUBLISHED_DRAWS = 100_000

PUBLISHED = {
    "uniform": ("0.00404", "2.296", "0.0103 0.137 0.449 0.358 0.041 0.0038 0.0007"),
    "product": ("0.03552", "2.463", "0.0097 0.127 0.436 0.313 0.074 0.022 0.018"),
}
"""Of 100,000 draws of 15: the share of failures, the mean size, the shares of sizes 0 to 6+."""

EARLIER = {
    ("uniform", 10): ("0.925", "2.81", "0.10 0.29 0.54 0.67 0.70 0.58"),
    ("uniform", 15): ("0.997", "2.33", "0.13 0.51 0.90 0.98 0.99 0.98"),
    ("uniform", 20): ("1.000", "2.02", "0.18 0.74 0.99 1.00 1.00 1.00"),
    ("uniform", 30): ("1.000", "1.77", "0.26 0.92 1.00 1.00 1.00 1.00"),
    ("product", 15): ("0.963", "2.37", "0.13 0.55 0.88 0.94 0.95 0.95"),
    ("product", 20): ("0.991", "2.15", "0.17 0.70 0.95 0.98 0.99 0.99"),
    ("product", 30): ("1.000", "1.90", "0.23 0.88 0.99 1.00 1.00 1.00"),
    ("split", 15): ("0.563", "2.69", "0.08 0.26 0.45 0.53 0.56 0.56"),
    ("split", 20): ("0.789", "2.74", "0.11 0.36 0.61 0.73 0.77 0.79"),
    ("split", 30): ("0.946", "2.38", "0.13 0.58 0.85 0.92 0.94 0.94"),
}
"""An earlier exact run of 1500 draws, 500 of 30 candidates: the share with any subset within the
tolerance, the mean smallest size of those, and the shares with a subset of exactly 1 to 6."""


def tasks(scale: str) -> Sequence[Task]:
    """Return the parts of every law and number of candidates.

    Examples
    --------
    >>> tasks("small")[0]
    {'law': 'uniform', 'n': 10, 'draws': 2000}
    """
    return [
        {"law": law, "n": n, "draws": min(PART[n], draws)}
        for law, n in EARLIER
        for draws in (DRAWS[scale][n],)
        for _ in range(-(-draws // PART[n]))
    ]


def run(task: Task, rng: np.random.Generator) -> list[Row]:
    """Draw pools and targets; find the smallest subset of each, or that there is none.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> (row,) = run({"law": "uniform", "n": 15, "draws": 20}, generator(1))
    >>> row["draws"], row["failed"] <= 1, sum(row[f"size_{k}"] for k in range(7)) <= 20
    (20, True, True)
    """
    import numpy as np

    n, shape = task["n"], (task["draws"], task["n"])
    pools = draw_uniform(rng, shape).astype(np.float64)
    if task["law"] == "split":
        pools = pools.clip(min=0)
    if task["law"] != "uniform":
        pools *= draw_uniform(rng, shape)
    targets = draw_uniform(rng, (len(pools),)).astype(np.float64)
    errors = full_profiles(pools, targets).errors
    within = errors <= TOLERANCE
    tried = within[:, :n]  # the published search stopped one short of all
    served = tried.any(axis=1)
    smallest = tried.argmax(axis=1)
    published = np.where(served, smallest, errors[:, :n].argmin(axis=1))
    counts = np.bincount(np.minimum(published, 6), minlength=7)
    return [
        {
            **task,
            "failed": int((~served).sum()),
            "total_size": int(published.sum()),
            "total_squares": int((published**2).sum()),
            **{f"size_{size}": int(count) for size, count in enumerate(counts)},
            "served_size": int(smallest[served].sum()),
            "served_squares": int((smallest[served] ** 2).sum()),
            **{f"exactly_{size}": int(within[:, size].sum()) for size in range(1, 7)},
        }
    ]


def totals(rows: Sequence[Row], law: str, n: int) -> dict[str, int]:
    """Return the sums of all columns that count, for one law and number of candidates.

    Examples
    --------
    >>> row = {"law": "uniform", "n": 15, "draws": 200, "failed": 1}
    >>> totals([row, row], "uniform", 15)
    {'draws': 400, 'failed': 2}
    """
    here = [row for row in rows if (row["law"], row["n"]) == (law, n)]
    return {
        name: sum(row[name] for row in here)
        for name in (here[0] if here else ())
        if name not in ("law", "n")
    }


def beside_published(rows: Sequence[Row]) -> Iterator[Reproduced]:
    """Yield every published figure beside ours.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"law": "uniform", "n": 15, "draws": 500}, generator(1))
    >>> failures = next(beside_published(rows))
    >>> failures.what, failures.before, abs(failures.deviations) < 4
    ('uniform, 15, published, failures', 0.00404, True)
    """
    for law, (failed, mean, histogram) in PUBLISHED.items():
        found = totals(rows, law, 15)
        draws, name = found["draws"], f"{law}, 15, published"
        yield share_beside(f"{name}, failures", found["failed"], draws, failed, PUBLISHED_DRAWS)
        moments = draws, found["total_size"], found["total_squares"]
        yield mean_beside(f"{name}, mean size", moments, mean, PUBLISHED_DRAWS)
        for size, share in enumerate(histogram.split()):
            hits = found[f"size_{size}"]
            yield share_beside(f"{name}, size {size}", hits, draws, share, PUBLISHED_DRAWS)


def beside_earlier(rows: Sequence[Row]) -> Iterator[Reproduced]:
    """Yield every figure of the earlier exact run beside ours.

    Examples
    --------
    >>> from slth_opt.sources import generator
    >>> rows = run({"law": "uniform", "n": 10, "draws": 500}, generator(1))
    >>> served = next(beside_earlier(rows))
    >>> served.what, served.before, abs(served.deviations) < 4
    ('uniform, 10, any size', 0.925, True)
    """
    for (law, n), (any_, mean, exactly) in EARLIER.items():
        found, earlier = totals(rows, law, n), 1500 if n <= 20 else 500
        draws, name = found["draws"], f"{law}, {n}"
        served = draws - found["failed"]
        yield share_beside(f"{name}, any size", served, draws, any_, earlier)
        moments = served, found["served_size"], found["served_squares"]
        yield mean_beside(f"{name}, mean size", moments, mean, float(any_) * earlier)
        for size, share in enumerate(exactly.split(), start=1):
            hits = found[f"exactly_{size}"]
            yield share_beside(f"{name}, exactly {size}", hits, draws, share, earlier)


def finding(rows: Sequence[Row]) -> str:
    """Put failures and mean sizes beside the published ones, and count what lies outside."""
    lines = [in_words([*beside_published(rows), *beside_earlier(rows)])]
    for law, (failed, mean, _) in PUBLISHED.items():
        found = totals(rows, law, 15)
        lines.append(
            f"{law}, n = 15: {100 * found['failed'] / found['draws']:.3f} % failures (published "
            f"{100 * float(failed):.3f} %), mean size {found['total_size'] / found['draws']:.3f} "
            f"(published {mean})."
        )
    uniform, split = (
        {n: 1 - t["failed"] / t["draws"] for n in ns for t in [totals(rows, law, n)]}
        for law, ns in (("uniform", (10, 15)), ("split", (20, 30)))
    )
    lines.append(
        f"Pruning by sign takes about twice as many candidates: {split[20]:.3f} and "
        f"{split[30]:.3f} of all draws are served with 20 and 30, where unpruned uniform ones "
        f"serve {uniform[10]:.3f} and {uniform[15]:.3f} with 10 and 15."
    )
    return " ".join(lines)


STUDY = Study(
    name="burkholz-statistics",
    source="Burkholz 2022, published data",
    question="How many candidates does a weight need within 0.01, and how often do none do?",
    tasks=tasks,
    run=run,
    finding=finding,
)
