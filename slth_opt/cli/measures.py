"""A ticket as a network: right answers, the worst case over a box of inputs, paths in its graph."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from slth_opt.cli.outputs import number, waiting
from slth_opt.cli.standing import Lines
from slth_opt.cli.targets import Images, Target, count_right
from slth_opt.cli.ticket_facts import Facts
from slth_opt.errors import ProblemError
from slth_opt.tickets import Ticket, graph_facts, ticket_network

NOTE = "Ctrl-C stops, and writes nothing"
BOX = (-1.0, 1.0)
"""Where the inputs of a worst case lie, unless told otherwise."""


def add_measures(parser: ArgumentParser) -> None:
    """Add the options that ask for more than errors and edges."""
    parser.add_argument(
        "--worst-case", action="store_true", help="the largest errors over a box of inputs"
    )
    parser.add_argument(
        "--box", nargs=2, type=float, metavar=("LOW", "HIGH"), help="of each input (default: -1 1)"
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="search S seconds for a worst case that is exact"
    )
    parser.add_argument(
        "--graph", action="store_true", help="paths, dead ends and connected outputs"
    )


def check_box(options: Namespace) -> None:
    """Refuse a box without a worst case, or without an inside.

    Examples
    --------
    >>> check_box(Namespace(box=[0.0, 1.0], worst_case=True, seconds=None))
    >>> check_box(Namespace(box=[2.0, 1.0], worst_case=True, seconds=None))
    Traceback (most recent call last):
    ...
    slth_opt.errors.ProblemError: --box needs two finite numbers, the lower first: 2.0 1.0
    """
    for name in ("box", "seconds"):
        if getattr(options, name) is not None and not options.worst_case:
            raise ProblemError(f"--{name} is for --worst-case: give that too")
    if options.seconds is not None and not 0 <= options.seconds < float("inf"):
        raise ProblemError(f"--seconds must be a finite number >= 0, got {options.seconds}")
    if options.box is None:
        return
    low, high = options.box
    if not float("-inf") < low <= high < float("inf"):
        raise ProblemError(f"--box needs two finite numbers, the lower first: {low} {high}")


def measure(options: Namespace, ticket: Ticket, target: Target, images: Images | str) -> Facts:
    """Return accuracy, and the worst case and the graph where they were asked for."""
    return {
        "accuracy": _accuracy(ticket, target, images),
        "worst_case": _worst_case(options, ticket) if options.worst_case else None,
        "graph": graph_facts(ticket_network(ticket)) if options.graph else None,
    }


def _accuracy(ticket: Ticket, target: Target, images: Images | str) -> Facts:
    """Return how many images ticket and target get right, or why that is not known."""
    if isinstance(images, str):
        return {"images": 0, "unknown": images}
    with waiting("measuring accuracy", note=NOTE):
        right = [count_right(net, images) for net in (ticket_network(ticket), target.network)]
    count = len(images.labels)
    return {
        "images": count,
        "of": images.words,
        "right": right[0],
        "target_right": right[1],
        "share": right[0] / count,
        "target_share": right[1] / count,
    }


def _worst_case(options: Namespace, ticket: Ticket) -> Facts:
    """Return the exact worst case of each layer and the bracket of the whole."""
    from slth_opt.worst_case import worst_layer_error, worst_network_error  # not for --help

    low, high = options.box or BOX
    box: Facts = {"low": low, "high": high}
    try:
        with waiting("looking for the worst inputs", note=NOTE):
            layers = [
                float(worst_layer_error(ticket, k, low=low, high=high).largest)
                for k in range(len(ticket.sources))
            ]
            how = "propagation" if options.seconds is None else "program"
            whole = worst_network_error(
                ticket, low=low, high=high, method=how, seconds=options.seconds
            )
    except ProblemError as refused:  # copies of neurons have no single error
        return {**box, "unknown": str(refused)}
    return {**box, "layers": layers, "lower": float(whole.lower), "upper": float(whole.upper)}


def lines_of_measures(facts: Facts) -> Lines:
    """Return what was measured as labelled lines.

    Examples
    --------
    >>> facts = {"accuracy": {"unknown": "no images"}, "worst_case": None, "graph": None}
    >>> lines_of_measures(facts)
    [('accuracy', 'not measured: no images')]
    """
    lines = []
    seen = facts["accuracy"]
    if "unknown" in seen:
        lines.append(("accuracy", f"not measured: {seen['unknown']}"))
    else:
        both = f"{seen['right']} right ({100 * seen['share']:.4g} %)"
        both += f", the target {seen['target_right']} ({100 * seen['target_share']:.4g} %)"
        lines.append(("accuracy", f"{both}, of {seen['images']} {seen['of']}"))
    worst = facts["worst_case"]
    if worst is not None:
        inputs = f"inputs in [{number(worst['low'])}, {number(worst['high'])}]"
        if "unknown" in worst:
            lines.append(("worst case", f"not known: {worst['unknown']}"))
        else:
            low, high = number(worst["lower"]), number(worst["upper"])
            lines.append(("worst case", f"between {low} and {high} for the network, {inputs}"))
            layers = ", ".join(number(error) for error in worst["layers"])
            lines.append(("  layer by layer", f"{layers}, each on its own, {inputs}"))
    graph = facts["graph"]
    if graph is not None:
        dead = f"{graph['dead_ends']} of {graph['edges']} edges lead nowhere"
        paths = f"{graph['paths']} paths to {graph['connected_outputs']} of {graph['outputs']}"
        lines.append(("graph", f"{dead}; {paths} outputs"))
    return lines
