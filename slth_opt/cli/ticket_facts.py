"""What there is to say about a ticket: errors, the worst weights by name, edges as papers count."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from slth_opt.cli.outputs import number
from slth_opt.cli.standing import Lines
from slth_opt.constructions import construction_named
from slth_opt.grid import Grid
from slth_opt.layouts import layers_of
from slth_opt.tickets import BIAS, Part, Ticket, count_edges
from slth_opt.tolerances import layer_rule

if TYPE_CHECKING:
    import numpy as np

WORST = 5
"""As many weights are named, the worst first."""

Facts = dict[str, Any]


def ticket_summary(ticket: Ticket) -> Facts:
    """Return how a ticket was made, its errors and its edges, as plain JSON values.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "natale", n=4, seed=1)
    >>> facts = ticket_summary(ticket)
    >>> facts["weights"], facts["proven"], facts["edges"]["chosen"]
    (4, True, 8)
    """
    return {
        "construction": ticket.construction,
        "paper": construction_named(ticket.construction).paper,
        "n": ticket.n,
        "seed": ticket.seed,
        "rule": ticket.rule.canonical(),
        "rule_in_words": ticket.rule.in_words(),
        "method": ticket.method,
        "weights": sum(len(part.targets) for part in ticket.parts),
        "proven": ticket.proven,
        "rounded": any(part.choice.rounded for part in ticket.parts),
        "failures": None if ticket.rule.tolerance is None else ticket.num_failures,
        **error_facts(ticket),
        "worst": [weight_facts(ticket, part, row) for part, row in worst_weights(ticket)],
        "edges": count_edges(ticket).summary(),
    }


def error_facts(ticket: Ticket) -> Facts:
    """Return median, mean and largest error of all subset sums, the largest exactly too.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5]]]), "otsuka", n=2, seed=1)
    >>> error_facts(ticket)["largest_error"] == ticket.largest_error
    True
    """
    import numpy as np

    errors = ticket.errors
    largest = max(_real(part, int(part.choice.error_units.max())) for part in ticket.parts)
    return {
        "median_error": float(np.median(errors)),
        "mean_error": float(errors.mean()),
        "largest_error": float(largest),
        "largest_error_exact": _exact(largest),
    }


def worst_weights(ticket: Ticket, most: int = WORST) -> list[tuple[Part, int]]:
    """Return the subset sums with the largest errors; failures only, if there are any.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5, 9.0]]]), "otsuka", n=4, seed=1)
    >>> [(part.branch, row) for part, row in worst_weights(ticket, 1)]
    [('whole', 1)]
    """
    import numpy as np

    failing = [(part, rows) for part, rows in ticket.failures() if len(rows)]
    among = failing or [(part, np.arange(len(part.targets))) for part in ticket.parts]
    found = [named for part, rows in among for named in _largest(part, rows, most)]
    found.sort(key=lambda named: -_real(named[0], int(named[0].choice.error_units[named[1]])))
    return found[:most]


def _largest(part: Part, rows: np.ndarray, most: int) -> Iterator[tuple[Part, int]]:
    """Yield the rows of one part with the largest errors."""
    import numpy as np

    order = np.argsort(-part.choice.error_units[rows], kind="stable")
    for row in rows[order[:most]].tolist():
        yield part, row


def weight_facts(ticket: Ticket, part: Part, row: int) -> Facts:
    """Name one subset sum: its place in the target, what it should be and what it is.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "otsuka", n=4, seed=1)
    >>> facts = weight_facts(ticket, ticket.parts[0], 1)
    >>> facts["layer"], facts["output"], facts["input"], facts["weight"]
    (0, 0, 1, -0.25)
    """
    source = ticket.sources[part.layer]
    _, inputs, maps = layers_of(ticket.target)[part.layer].coefficients.shape
    over = 1 if part.branch == BIAS else inputs * maps
    built, left = divmod(row, over)
    output, copy = divmod(built, source.copies)
    pool, mask = part.pools[row], part.choice.masks[row]
    reached = sum((Fraction(float(product)) for product in pool[mask]), Fraction(0))
    error = _real(part, int(part.choice.error_units[row]))
    allowed = layer_rule(ticket.rule, ticket.target, part.layer).tolerance
    return {
        "layer": part.layer,
        "branch": part.branch,
        "output": output,
        "copy": copy if source.copies > 1 else None,
        "input": None if part.branch == BIAS else left // maps,
        "map": left % maps if maps > 1 and part.branch != BIAS else None,
        "weight": float(part.targets[row]),
        "sum": float(reached),
        "size": int(mask.sum()),
        "error": float(error),
        "error_exact": _exact(error),
        "tolerance": None if allowed is None else float(allowed),
    }


def place_in_words(weight: Facts) -> str:
    """Say where a weight is.

    Examples
    --------
    >>> nowhere = {"copy": None, "map": None}
    >>> place_in_words({"layer": 0, "branch": "plus", "output": 3, "input": 7, **nowhere})
    'layer 0, output 3, input 7, plus'
    """
    named = [f"layer {weight['layer']}"]
    named += [
        f"{what} {weight[what]}"
        for what in ("output", "copy", "input", "map")
        if weight[what] is not None
    ]
    return ", ".join([*named, weight["branch"]])


def _real(part: Part, units: int) -> Fraction:
    return Fraction(Grid(exponent=part.choice.exponent).real(units))


def _exact(value: Fraction) -> str:
    power = value.denominator.bit_length() - 1
    return f"{value.numerator}/2^{power}" if power else str(value.numerator)


def lines_of_ticket(facts: Facts, optimum: Facts | None) -> Lines:
    """Return what was found as labelled lines; beside a heuristic's errors those of the optimum.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> ticket = build_ticket(dense_network([[[0.5, -0.25]]]), "natale", n=4, seed=1)
    >>> dict(lines_of_ticket(ticket_summary(ticket), None))["proven"]
    'optimal, each of 4 subset sums under its rule'
    """
    of = f"of {facts['weights']} subset sums"
    proven = f"optimal, each {of} under its rule"
    if not facts["proven"]:
        proven = f"no: {facts['method']} is a heuristic; the optimum is shown beside it"
    lines = [("proven", proven), ("failures", _failures(facts, of))]
    for what in ("median", "mean", "largest"):
        shown = number(facts[f"{what}_error"])
        if optimum is not None:
            shown += f"   (optimum {number(optimum[f'{what}_error'])})"
        lines.append((f"{what} error", shown))
    if facts["rounded"]:
        lines.append(("rounded", "targets, to the finest grid that holds the pools"))
    return [*lines, *_edge_lines(facts["edges"])]


def _failures(facts: Facts, of: str) -> str:
    """Say how many subset sums miss the tolerance, if there is one."""
    if facts["failures"] is None:
        return "none defined: the rule has no tolerance (--tolerance E counts them)"
    level = facts["rule"]["level"]
    allowed = number(float(Fraction(facts["rule"]["tolerance"])))
    promised = "" if level == "weight" else f", promised for the {level}"
    return f"{facts['failures']} {of} miss the tolerance {allowed}{promised}"


def _edge_lines(edges: Facts) -> Lines:
    """Return every way to count under its name."""
    inside = f"{edges['first_layer']} into hidden neurons, {edges['second_layer']} behind them"
    return [
        ("edges kept", f"{edges['edges']} for {edges['target']} coefficients: {inside}"),
        ("  inside blocks", _share(edges["edges"], edges["block_source"], edges["density"])),
        (
            "  Natale 2024",
            _share(edges["natale_kept"], edges["natale_source"], edges["natale_density"])
            + ", two for each candidate chosen, of both full matrices",
        ),
        (
            "  Pensia's code",
            _share(edges["chosen"], edges["pensia_source"], edges["pensia_density"])
            + ", candidates chosen, of n per coefficient",
        ),
    ]


def _share(kept: int, whole: int, density: float) -> str:
    return f"{kept} of {whole}, density {density:.4g}"
