"""How a question about a layer stands: value, bound and gap, for people and as JSON."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slth_opt import __version__
from slth_opt.cli.arrays import write_npz
from slth_opt.cli.outputs import number
from slth_opt.cli.sources import Source
from slth_opt.cli.words import evidence_of, proof_in_words
from slth_opt.errors import ClaimRejected
from slth_opt.grid import Grid
from slth_opt.results import Result

Lines = list[tuple[str, str]]
"""Labelled lines, as `print_lines` takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The best value found and the best bound proven, in units of the objective.

    Examples
    --------
    >>> standing = Standing(value=5, lower_bound=3, grid=Grid(exponent=2))
    >>> standing.lines("largest error")[0]
    ('largest error', '1.25   (exactly 5/2^2)')
    >>> standing.facts()["gap_exact"], standing.facts()["optimal"]
    ('1/2^1', False)
    """

    value: int | None
    lower_bound: int
    grid: Grid

    @property
    def gap(self) -> int | None:
        """How far the value may be above the optimum."""
        return None if self.value is None else self.value - self.lower_bound

    def facts(self) -> dict[str, Any]:
        """Return the three, as floats and exactly, and whether they meet."""
        facts: dict[str, Any] = {}
        named = {"value": self.value, "lower_bound": self.lower_bound, "gap": self.gap}
        for name, units in named.items():
            facts[name] = None if units is None else float(self.grid.real(units))
            facts[f"{name}_exact"] = None if units is None else self.grid.exact_string(units)
        return {**facts, "optimal": self.gap == 0}

    def lines(self, label: str) -> Lines:
        """Return the three as labelled lines."""
        return [
            (label, self._in_full(self.value)),
            ("best possible", f"at least {self._in_full(self.lower_bound)}"),
            ("gap", self._in_full(self.gap)),
        ]

    def _in_full(self, units: int | None) -> str:
        if units is None:
            return number(None)
        shown, full = number(self.grid.real(units)), self.grid.exact_string(units)
        return shown if shown == full else f"{shown}   (exactly {full})"


def standing_of(result: Result) -> Standing:
    """Return how a result stands.

    Examples
    --------
    >>> from slth_opt import SubsetSum, solve
    >>> standing_of(solve(SubsetSum(weights=(2, 4), target=5, fewest=1, most=1))).value
    1
    """
    return Standing(
        value=result.value, lower_bound=result.lower_bound, grid=result.problem.objective_grid
    )


def result_lines(result: Result, label: str, proof: str | None = None) -> Lines:
    """Return value, bound, gap and what is proven, as labelled lines; `proof` says it otherwise.

    Examples
    --------
    >>> from slth_opt import SubsetSum, solve
    >>> pool = SubsetSum(weights=(2, 4), target=5, fewest=1, most=1)
    >>> [text for _, text in result_lines(solve(pool, backend="enumeration"), "error")][:3]
    ['1', 'at least 1', '0']
    """
    said = ("best possible", "gap")
    lines = [] if result.infeasible else standing_of(result).lines(label)
    bracket = result.bracket
    if result.problem.rounded and bracket is not None:
        low, high = map(number, bracket)
        lines.append(("true error", f"between {low} and {high}, as the numbers were rounded"))
    if proof is not None:
        return [*lines, ("proven", proof)]
    return [*lines, *((what, text) for what, text in proof_in_words(result) if what not in said)]


def result_facts(result: Result) -> dict[str, Any]:
    """Return everything about a result as plain JSON values.

    Examples
    --------
    >>> from slth_opt import SubsetSum, solve
    >>> pool = SubsetSum(weights=(2, 4), target=5, fewest=1, most=1)
    >>> result_facts(solve(pool, backend="enumeration"))["value_exact"]
    '1'
    """
    return {
        **result.summary(),
        **standing_of(result).facts(),
        "evidence": evidence_of(result).value,
    }


def write_answer(
    options: Namespace,
    source: Source,
    facts: Mapping[str, Any],
    arrays: Mapping[str, Any],
    *,
    errors_of: Callable[[Mapping[str, Any]], list[int]],
) -> None:
    """Write the arrays of an answer, and refuse them if what was written has other errors.

    Parameters
    ----------
    options, source
        Where to, and where the numbers came from.
    facts
        What is known about the answer, for its provenance.
    arrays
        What is written; ``error_units`` among them.
    errors_of
        Computes the errors once more, in integers, from the masks that were read back.
    """

    def check(read: Mapping[str, Any]) -> int:
        errors = errors_of(read)
        if errors != read["error_units"].reshape(-1).tolist():
            raise ClaimRejected("the masks as written do not have the errors as written")
        return len(errors)

    kept = ("question", "backend", "norm", "minimise", "value_exact", "lower_bound_exact", "gap")
    provenance = {
        "written_by": f"slth {options.command.name} {__version__}",
        "source": dict(source.facts),
        "round": options.round,
        **{name: facts[name] for name in (*kept, "optimal") if name in facts},
    }
    text = json.dumps(provenance, indent=2)
    write_npz(options.out, {**arrays, "provenance": text}, check=check)
