"""``slth ticket``: draw a random network, and cut a target out of it, every weight proven best."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from slth_opt.cli.command import DONE, Command
from slth_opt.cli.measures import NOTE, add_measures, check_box, lines_of_measures, measure
from slth_opt.cli.outputs import print_json, print_lines, print_table, waiting
from slth_opt.cli.size_options import add_size_rule, read_size_rule
from slth_opt.cli.targets import Target, add_target, read_images, read_target
from slth_opt.cli.ticket_facts import (
    Facts,
    error_facts,
    lines_of_ticket,
    place_in_words,
    ticket_summary,
)
from slth_opt.cli.ticket_files import check_array_place, save_cut, save_ticket
from slth_opt.comparing import EXACT
from slth_opt.constructions import CONSTRUCTIONS, construction_named
from slth_opt.errors import FileError
from slth_opt.heuristics import HEURISTICS, heuristic_named
from slth_opt.json_files import name_of
from slth_opt.size_rules import SizeRule
from slth_opt.sources import generator
from slth_opt.tickets import Ticket, build_ticket


def _arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument(
        "--construction",
        metavar="NAME",
        default=CONSTRUCTIONS[0].name,
        help=f"{', '.join(plan.name for plan in CONSTRUCTIONS)} (default: {CONSTRUCTIONS[0].name})",
    )
    parser.add_argument(
        "--n", type=int, default=20, metavar="N", help="candidates per weight (default: 20)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="draws the random network (default: 0)"
    )
    add_size_rule(parser)
    parser.add_argument(
        "--heuristic",
        metavar="NAME",
        help=f"choose without a proof: {', '.join(h.name for h in HEURISTICS)}; or {EXACT}, the "
        "default except for orseau",
    )
    parser.add_argument("--out", metavar="T.safetensors", help="where the ticket goes")
    parser.add_argument(
        "--network", metavar="NET.safetensors", help="also write the masked network, ready to run"
    )
    add_measures(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    rule = read_size_rule(options)
    _check(options)
    target = read_target(options.target)
    images = read_images(options, target)
    began = time.perf_counter()
    ticket = _build(options, target, rule, options.heuristic)
    seconds = {"choosing": time.perf_counter() - began}
    optimum = None
    if ticket.method != EXACT:
        optimum = error_facts(_build(options, target, rule, EXACT))
        seconds["optimum"] = time.perf_counter() - began - seconds["choosing"]
    facts = {
        **ticket_summary(ticket),
        "optimum": optimum,
        **measure(options, ticket, target, images),
    }
    written = _write(options, ticket, target)
    seconds["all"] = time.perf_counter() - began
    if options.json:
        print_json({"target": target.facts(), **facts, "seconds": seconds, "written": written})
        return DONE
    plan = construction_named(ticket.construction)
    print(f"ticket for {target.in_words()}")
    lines = [
        ("construction", f"{plan.name}: {plan.summary} ({plan.paper})"),
        ("source", f"n = {ticket.n}, seed {ticket.seed}, drawn once"),
        ("rule", f"{ticket.rule.in_words()}, chosen by {_method_in_words(ticket.method)}"),
        *lines_of_ticket(facts, optimum),
        *lines_of_measures(facts),
        ("time", f"{seconds['choosing']:.3g} s to choose, {seconds['all']:.3g} s in all"),
    ]
    if written:
        lines.append(("written", f"{' and '.join(written)}, read back and found the same"))
    print_lines(lines)
    print("worst failures" if facts["failures"] else "worst weights")
    header = ("where", "weight", "sum", "error", "kept")
    print_table(header, [_row(weight) for weight in facts["worst"]])
    return DONE


def _check(options: Namespace) -> None:
    """Refuse names nobody knows and places nobody can write to, before any work."""
    construction_named(options.construction)
    if options.heuristic not in (None, EXACT):
        heuristic_named(options.heuristic)
    generator(options.seed)
    check_box(options)
    sources = [options.target] if Path(options.target).exists() else []
    places = [place for place in (options.out, options.network) if place is not None]
    for place in places:
        check_array_place(place, *sources)
    if len(places) == 2 and places[0] == places[1]:
        raise FileError(f"{name_of(places[0])}: --out and --network cannot be the same file")


def _build(options: Namespace, target: Target, rule: SizeRule | None, method: str | None) -> Ticket:
    with waiting(f"choosing, {_method_in_words(method)}", note=NOTE) as tell:
        return build_ticket(
            target.network,
            options.construction,
            n=options.n,
            seed=options.seed,
            rule=rule,
            method=method,
            progress=lambda done, rows: tell(done / rows),
        )


def _method_in_words(method: str | None) -> str:
    return "the exact method" if method in (None, EXACT) else f"the heuristic {method}"


def _write(options: Namespace, ticket: Ticket, target: Target) -> list[str]:
    """Write what was asked for, each file read back and compared before it takes its place."""
    written = []
    if options.out is not None:
        with waiting("reading the ticket back", note=NOTE):
            save_ticket(options.out, ticket, target.network)
        written.append(name_of(options.out))
    if options.network is not None:
        with waiting("writing the network", note=NOTE):
            save_cut(options.network, ticket)
        written.append(name_of(options.network))
    return written


def _row(weight: Facts) -> tuple[str, ...]:
    shown = (f"{weight[name]:.6g}" for name in ("weight", "sum", "error"))
    return place_in_words(weight), *shown, str(weight["size"])


COMMAND = Command(
    name="ticket",
    summary="cut a target network out of a random one, every weight proven best",
    examples=(
        "slth ticket digits",
        "slth ticket digits --construction pooled --n 20 --seed 1 --out ticket.safetensors",
        "slth ticket digits --construction pensia --tolerance 0.01 --heuristic greedy --json",
    ),
    arguments=_arguments,
    run=_run,
)
