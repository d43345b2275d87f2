"""Rows of a comparison made up by hand, for figures and pages."""

from __future__ import annotations

from slth_opt.comparing import ComparisonRow


def made_up(construction, method, *, error, edges=1000, seed=0, ratio=1.0):
    """Return a row with an error and edges, everything else the same."""
    return ComparisonRow(
        construction=construction, method=method, rule="any size", n=8, seed=seed, weights=50,
        proven=method == "exact", failures=3, median_error=error / 2, mean_error=error,
        largest_error=error * 10, error_ratio=ratio, edges=edges, first_layer=edges // 4,
        second_layer=edges - edges // 4, chosen=edges, natale_kept=2 * edges, density=0.25,
        natale_density=0.125, pensia_density=0.5, accuracy=0.9, target_accuracy=0.95, seconds=0.5,
    )  # fmt: skip


METHODS = ("exact", "draws", "greedy", "swaps", "golden", "rounding", "relaxed")
CONSTRUCTIONS = (
    "natale", "pensia", "malach", "pooled", "nonnegative", "otsuka", "burkholz", "orseau",
    "ferbach", "parallel",
)  # fmt: skip


def many():
    """Return ten constructions with seven methods each, crowded as real ones are."""
    return [
        made_up(
            name,
            method,
            error=10.0 ** -(1 + i % 4) * (1 + 0.7 * k),
            edges=int(9000 * 1.3 ** (i % 5) / (1 + 0.2 * k)),
            ratio=1 + 0.7 * k,
        )
        for i, name in enumerate(CONSTRUCTIONS)
        for k, method in enumerate(METHODS)
    ]
