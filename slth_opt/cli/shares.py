"""What there is to say about a layer that shares a budget: facts, lines, and a file of answers.

An answer is `Shares`, a `Curve`, or None: proven that some weight has no subset near enough.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from slth_opt import __version__
from slth_opt.batch import Batch, Profiles
from slth_opt.budgets import Curve, Shares
from slth_opt.cli.answers import arrays_of, recheck
from slth_opt.cli.arrays import write_npz
from slth_opt.cli.outputs import number, print_table
from slth_opt.cli.sources import Source
from slth_opt.cli.standing import Lines, Standing
from slth_opt.cli.words import JOINED
from slth_opt.errors import ClaimRejected
from slth_opt.grid import Grid

Shared = Shares | Curve | None

MOST_POINTS = 20
"""As many points of a curve are printed for people; JSON and the file have all."""


def facts_of(options: Namespace, answer: Shared, found: Profiles) -> dict[str, Any]:
    """Return what there is to say about the answer, as plain JSON values.

    Examples
    --------
    >>> from slth_opt.batch import profiles
    >>> from slth_opt.budgets import share_budget
    >>> rows = profiles([[3, -5, 8], [2, 2, 7]], [4, 9])
    >>> facts_of(Namespace(tolerance=None), share_budget(rows, 3), rows)["value_exact"]
    '1'
    """
    table = found.table
    if answer is None:
        grid = Grid(exponent=table.grid.exponent)
        least = found.error_units.min(axis=1)
        row = int(least.argmax())
        return {
            "infeasible": True,
            "weights": len(least),
            "candidates": table.num_candidates,
            "farthest_row": row,
            "farthest_error": float(grid.real(int(least[row]))),
            "farthest_error_exact": grid.exact_string(int(least[row])),
        }
    if isinstance(answer, Shares):
        return {"infeasible": False, **answer.summary(), **_standing(options, answer).facts()}
    units = [int(value) for value in answer.value_units]
    return {
        "infeasible": False,
        "weights": len(table.targets),
        "candidates": table.num_candidates,
        "norm": answer.norm,
        "curve": [
            {
                "edges": int(edges),
                "value": float(answer.grid.real(value)),
                "value_exact": answer.grid.exact_string(value),
            }
            for edges, value in zip(answer.edges, units, strict=True)
        ],
    }


def _standing(options: Namespace, shares: Shares) -> Standing:
    """Return value and bound of what was asked for: the joint error, or the edges kept."""
    if options.tolerance is not None:  # one edge less, and an error is larger: that is checked
        return Standing(value=shares.edges, lower_bound=shares.edges, grid=Grid())
    return Standing(value=shares.value, lower_bound=shares.lower_bound, grid=shares.grid)


def lines_of(options: Namespace, answer: Shared, facts: dict[str, Any]) -> Lines:
    """Return the same as labelled lines."""
    if answer is None:
        row, least = facts["farthest_row"], number(facts["farthest_error"])
        return [("proven", f"impossible: the nearest subset of row {row} is {least} away")]
    if isinstance(answer, Curve):
        return [("proven", f"{len(facts['curve'])} points, all, from the best of every size")]
    proof = "optimal, from the best of every size" if answer.is_optimal else "no"
    shown = ", ".join(f"{size}: {count}" for size, count in facts["sizes"].items())
    kept = f"{answer.edges} of {facts['weights'] * facts['candidates']}"
    by_edges = options.tolerance is not None
    lines = _standing(options, answer).lines("kept edges" if by_edges else JOINED[answer.norm])
    if not by_edges:
        lines.append(("kept edges", kept))
    if by_edges or answer.norm != "linf":
        lines.append(("largest error", number(facts["largest_error"])))
    if facts["rounded"] and not by_edges:
        low, high = number(facts["true_value_low"]), number(facts["true_value_high"])
        lines.append(("true value", f"between {low} and {high}, as the numbers were rounded"))
    return [*lines, ("weights by size", shown), ("proven", proof)]


def print_points(points: list[dict[str, Any]], label: str) -> None:
    """Print a curve, the points between left out where there are many.

    Examples
    --------
    >>> print_points([{"edges": 0, "value": 9.0}, {"edges": 2, "value": 0.5}], "largest error")
      edges  largest error
          0              9
          2            0.5
    """
    last, most = len(points) - 1, MOST_POINTS - 1
    places = {i * last // most for i in range(most + 1)} if last > most else range(last + 1)
    rows = [(str(points[i]["edges"]), number(points[i]["value"])) for i in sorted(places)]
    print_table(("edges", label), rows)


def write_shared(
    place: str,
    options: Namespace,
    source: Source,
    answer: Shared,
    facts: Mapping[str, Any],
) -> None:
    """Write the answer, every subset added up again from the file, or the curve."""
    assert answer is not None
    told = {name: facts[name] for name in ("value_exact", "lower_bound_exact", "optimal", "norm")
            if name in facts}  # fmt: skip
    provenance = {"source": dict(source.facts), "round": options.round, **told}
    if isinstance(answer, Curve):
        _write_curve(place, answer, {"question": facts["question"], **provenance})
        return
    table = replace(answer.profiles.table, fewest=0, most=answer.profiles.table.num_candidates)
    batch = Batch(masks=answer.masks(), error_units=answer.error_units, table=table)
    arrays = arrays_of(batch, provenance)
    arrays["provenance"] = _signed({"question": facts["question"], **provenance})
    write_npz(place, arrays, check=partial(recheck, answer=batch))


def _write_curve(place: str, curve: Curve, provenance: Mapping[str, Any]) -> None:
    """Write the points; values too large for an int64 are written as digits."""
    units = curve.value_units
    arrays = {
        "edges": curve.edges,
        "value_units": units.astype(str) if units.dtype == object else units,
        "values": curve.values,
        "exponent": curve.grid.exponent,
        "provenance": _signed(provenance),
    }

    def check(read: Mapping[str, Any]) -> int:
        if any((read[name] != arrays[name]).any() for name in ("edges", "value_units")):
            raise ClaimRejected("the curve was not written as it is")
        return len(read["edges"])

    write_npz(place, arrays, check=check)


def _signed(facts: Mapping[str, Any]) -> str:
    return json.dumps({"written_by": f"slth layer {__version__}", **facts}, indent=2)
