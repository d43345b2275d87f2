"""What ``slth demo`` says on the terminal and in JSON, and the command lines that say it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slth_opt.cli.comparison import times_in_words
from slth_opt.cli.demo_steps import CONSTRUCTIONS, METHODS, TARGET, Cut, Weighed
from slth_opt.cli.outputs import print_lines, print_table
from slth_opt.cli.ticket_facts import ticket_summary
from slth_opt.cli.words import verified_in_words
from slth_opt.comparing import ComparisonRow
from slth_opt.demonstration import CONSTRUCTION, DRAWS, OneLayer, sides_of
from slth_opt.tickets import Ticket, count_edges

Lines = list[tuple[str, str]]


def commands_for(folder: Path, ticket: Ticket, layer: OneLayer) -> dict[str, tuple[str, ...]]:
    """Return the command lines that make the numbers of each part of the page again.

    Examples
    --------
    >>> from slth_opt.demonstration import layer_under_budget, ticket_of
    >>> from slth_opt.networks import dense_network
    >>> ticket = ticket_of(dense_network([[[0.5, -0.25]]]), n=6, seed=1)
    >>> commands_for(Path("my files"), ticket, layer_under_budget(ticket))["layer"][2]
    "slth layer 'my files/layer.npz' --norm l1 --curve"
    """
    weight, pools, seed = folder / "weight.json", folder / "layer.npz", str(ticket.seed)
    demo = ("demo", "--seed", seed, "--out", str(folder))
    rule = ("--construction", CONSTRUCTION, "--n", str(ticket.n), "--size", str(ticket.rule.size))
    ways = ("--constructions", ",".join(CONSTRUCTIONS), "--methods", ",".join(METHODS))
    shared = ("layer", str(pools), "--norm", layer.curve.norm)
    lines: dict[str, list[tuple[str, ...]]] = {
        "all": [demo],
        "ticket": [
            ("ticket", TARGET, *rule, "--seed", seed),
            ("verify", str(folder / "ticket.safetensors"), TARGET),
        ],
        "sizes": [("profile", str(weight)), (*demo, "--json")],
        "proof": [("certify", str(weight)), ("verify", str(weight)), ("audit", str(weight))],
        "ways": [("compare", TARGET, *ways, "--n", str(ticket.n), "--seed", seed)],
        "layer": [
            (*shared, "--budget", str(layer.shares.most)),
            (*shared, "--budget", str(layer.fewest.most)),
            (*shared, "--curve"),
        ],
    }
    return {part: tuple(shlex.join(("slth", *words)) for words in of) for part, of in lines.items()}


def next_steps(folder: Path) -> tuple[str, ...]:
    """Return a few command lines to go on with.

    Examples
    --------
    >>> next_steps(Path("out"))[0]
    'slth audit out/weight.json'
    """
    weight, ticket = shlex.quote(str(folder / "weight.json")), folder / "ticket.safetensors"
    return (
        f"slth audit {weight}",
        f"slth verify {shlex.quote(str(ticket))} {TARGET} --sample 200",
        f"slth ticket {TARGET} --construction {CONSTRUCTION} --tolerance 0.001",
        "slth solve --help",
    )


def proven_weights(ticket: Ticket) -> int:
    """Count the weights of a ticket whose subsets on both sides are proven best together.

    Examples
    --------
    >>> from slth_opt.demonstration import ticket_of
    >>> from slth_opt.networks import dense_network
    >>> proven_weights(ticket_of(dense_network([[[0.5, -0.25]]]), n=6, seed=1))
    2
    """
    layers = [sides_of(ticket, k) for k in range(len(ticket.sources))]
    return sum(
        len(sides[0].targets) for sides in layers if all(side.choice.proven for side in sides)
    )


def lines_of_cut(cut: Cut) -> Lines:
    """Return what there is to say about the ticket."""
    ticket, counts = cut.ticket, count_edges(cut.ticket)
    facts = ticket_summary(ticket)
    again = f"{cut.report.sampled} sums solved again by another method: the same"
    lines = [
        ("trained network", cut.target.in_words()),
        ("random network", f"{counts.block_source:,} numbers, drawn once from seed {ticket.seed}"),
        (
            "the ticket keeps",
            f"{ticket.rule.size} of {2 * ticket.n} hidden neurons for each weight",
        ),
        ("edges kept", f"{counts.edges:,}, {100 * counts.density:.1f} % of the random numbers"),
        ("proven best", f"{proven_weights(ticket):,} of {counts.target:,} weights; {again}"),
        ("median error", f"{facts['median_error']:.3g}   (largest {facts['largest_error']:.3g})"),
    ]
    if cut.right is None:
        return [*lines, ("right answers", f"not counted: {cut.images}")]
    assert not isinstance(cut.images, str)
    of = f"of {len(cut.images.labels)} {cut.images.words}"
    said = f"{cut.right[0]} {of}; the trained network {cut.right[1]}"
    return [*lines, ("right answers", said)]


def print_weight(one: Weighed) -> None:
    """Print every size of one weight beside random draws, and the verified certificate."""
    sizes, diamond = one.sizes, one.diamond
    n, size = sizes.problem.num_candidates, sizes.problem.most
    print(
        f"\n2. One weight of it: {diamond.weight:.6f} (layer {diamond.layer}, output "
        f"{diamond.output}, input {diamond.input})\n   {n} candidates on one side: the best subset "
        f"of every size, and the best of {DRAWS:,} draws\n"
    )
    rows = [
        (
            f"{k}{' *' if k == size else ''}",
            f"{best:.3g}",
            f"{drawn:.3g}",
            times_in_words(drawn / best) if best else "-",
        )
        for k, (best, drawn) in enumerate(zip(sizes.best, sizes.drawn, strict=True))
    ]
    half = (len(rows) + 1) // 2
    pairs = [[*left, "", *right] for left, right in _side_by_side(rows, half)]
    header = ("size", "best", "drawn", "times")
    print_table((*header, "", *header), pairs)
    print("   * what the ticket keeps. Solved by two methods, written down, read back, checked:\n")
    print("\n".join(f"  {line}" for line in verified_in_words(sizes.problem, one.proof)))


def _side_by_side(
    rows: Sequence[tuple[str, ...]], half: int
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return the first half of some rows beside the second, which may be shorter."""
    nothing = ("",) * len(rows[0])
    second = [*rows[half:], nothing][:half]
    return list(zip(rows[:half], second, strict=True))


def rows_of_ways(rows: Sequence[ComparisonRow]) -> list[tuple[str, ...]]:
    """Return the cells of the comparison: `WAYS_HEADER` names them.

    Examples
    --------
    >>> from slth_opt.comparing import compare
    >>> from slth_opt.networks import dense_network
    >>> found = compare(dense_network([[[0.5]]]), n=4, constructions=["pensia"], methods=["exact"])
    >>> rows_of_ways(list(found))[0][:4]
    ('pensia', 'any size', 'exact', 'yes')
    """
    return [
        (
            row.construction,
            row.rule,
            row.method,
            "yes" if row.proven else "no",
            f"{row.mean_error:.3g}",
            times_in_words(row.error_ratio),
            f"{row.edges:,}",
            "-" if row.accuracy is None else f"{100 * row.accuracy:.2f}",
        )
        for row in rows
    ]


WAYS_HEADER = (
    "construction", "size rule", "chosen by", "proven", "mean error", "vs best", "edges", "right %",
)  # fmt: skip


def lines_of_layer(layer: OneLayer) -> Lines:
    """Return what there is to say about the budget.

    Examples
    --------
    >>> from slth_opt.demonstration import layer_under_budget, ticket_of
    >>> from slth_opt.networks import dense_network
    >>> ticket = ticket_of(dense_network([[[0.5, -0.25]]]), n=8, seed=1)
    >>> lines_of_layer(layer_under_budget(ticket))[1]
    ('the budget', '4 edges, 2 for each weight on average')
    """
    even, shared = layer.even_errors[layer.size], float(layer.grid.real(layer.shares.value))
    saved = layer.shares.most - layer.fewest.edges
    return [
        ("the layer", f"{layer.weights} weights, two sides each, pools of {layer.pools.shape[1]}"),
        ("the budget", f"{layer.shares.most:,} edges, {layer.size} for each weight on average"),
        ("the same for all", f"sum of errors {even:.6g}"),
        ("shared freely", f"sum of errors {shared:.6g}, proven least"),
        ("for the same error", f"{layer.fewest.edges:,} edges are enough: {saved:,} fewer"),
        (
            "price of an edge",
            f"{layer.price:.3g}: the multiplier at which every weight decides alone",
        ),
    ]


def facts_of_demo(
    cut: Cut, one: Weighed, rows: Sequence[ComparisonRow], layer: OneLayer
) -> dict[str, Any]:
    """Return everything as plain JSON values."""
    ticket, diamond, sizes = cut.ticket, one.diamond, one.sizes
    right: dict[str, Any] = {"unknown": cut.images}
    if cut.right is not None and not isinstance(cut.images, str):
        right = {"images": len(cut.images.labels), "of": cut.images.words}
        right |= {"ticket": cut.right[0], "target": cut.right[1]}
    return {
        "seed": ticket.seed,
        "target": cut.target.facts(),
        "ticket": {**ticket_summary(ticket), "verified": cut.report.summary()},
        "right": right,
        "weight": {
            "layer": diamond.layer,
            "output": diamond.output,
            "input": diamond.input,
            "value": diamond.weight,
            "kept": diamond.kept.nonzero()[0].tolist(),
            "errors": list(diamond.errors),
            "size": sizes.problem.most,
            "best": sizes.best,
            "drawn": sizes.drawn,
            "verified": one.proof.summary(),
        },
        "comparison": [row.summary() for row in rows],
        "layer": {
            **layer.shares.summary(),
            "even": layer.even_errors,
            "fewest_edges": layer.fewest.edges,
            "price": layer.price,
        },
    }


def print_cut(cut: Cut) -> None:
    """Print the ticket."""
    print("1. A winning ticket: every weight of a trained network, found in a random one\n")
    print_lines(lines_of_cut(cut))


def print_ways(rows: Sequence[ComparisonRow]) -> None:
    """Print the comparison."""
    print("\n3. The same random numbers, used and chosen from in other ways\n")
    print_table(WAYS_HEADER, rows_of_ways(rows))


def print_layer(layer: OneLayer) -> None:
    """Print the budget."""
    print("\n4. One budget of edges for the whole last layer\n")
    print_lines(lines_of_layer(layer))
