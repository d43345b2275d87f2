"""``slth compare``: constructions x (exact | heuristics) on the same random networks."""

from __future__ import annotations

import os
import shlex
import sys
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slth_opt.cli.command import DONE, Command
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.cli.size_options import add_size_rule, read_size_rule
from slth_opt.cli.targets import Images, Target, add_target, read_images, read_target
from slth_opt.comparing import EXACT, SLOW, ComparisonRow, compare
from slth_opt.constructions import CONSTRUCTIONS, construction_named
from slth_opt.errors import ProblemError
from slth_opt.heuristics import HEURISTICS, heuristic_named
from slth_opt.json_files import name_of
from slth_opt.layouts import Construction
from slth_opt.networks import Network
from slth_opt.size_rules import SizeRule
from slth_opt.sources import generator
from slth_opt.tickets import default_rule

NOTE = "Ctrl-C stops with the rows so far"
ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of whom, and who is left out, with the reason."""

    asked: tuple[tuple[str, tuple[str, ...]], ...]
    left_out: tuple[str, ...]

    @property
    def num_tickets(self) -> int:
        """How many tickets a seed takes."""
        return sum(len(methods) for _, methods in self.asked)


def _arguments(parser: ArgumentParser) -> None:
    add_target(parser)
    parser.add_argument(
        "--constructions",
        metavar="A,B",
        help=f"of {','.join(plan.name for plan in CONSTRUCTIONS)} (default: all that can)",
    )
    parser.add_argument(
        "--methods",
        metavar="A,B",
        help=f"of {','.join((EXACT, *(h.name for h in HEURISTICS)))}, or {ALL} (default: all but "
        f"{', '.join(SLOW)}, which is slow)",
    )
    parser.add_argument(
        "--n", type=int, default=20, metavar="N", help="candidates per weight (default: 20)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the first (default: 0)")
    parser.add_argument(
        "--seeds", type=int, default=1, metavar="COUNT", help="as many, one by one (default: 1)"
    )
    add_size_rule(parser)
    parser.add_argument("--out", metavar="DIR", help="write table, figures and a report there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    from slth_opt.cli.comparison import print_rows, write_comparison  # not for --help

    rule = read_size_rule(options)
    generator(options.seed)
    if options.seeds < 1:
        raise ProblemError(f"--seeds must be at least 1, got {options.seeds}")
    target = read_target(options.target)
    images = read_images(options, target)
    plan = plan_of(options, target.network, rule)
    if options.out is not None:
        Path(options.out).mkdir(parents=True, exist_ok=True)
        if not os.access(options.out, os.W_OK):
            raise ProblemError(f"{options.out}: cannot be written to")
    began = time.perf_counter()
    rows, is_whole = _rows(options, plan, target, rule, images)
    seconds = time.perf_counter() - began
    facts = _facts(options, plan, target, images, {"complete": is_whole, "seconds": seconds})
    written: list[str] = []
    if options.out is not None and rows:
        with waiting("drawing figures"):
            written = write_comparison(options.out, rows, facts, target.in_words(), command_line())
    if options.json:
        print_json({**facts, "rows": [row.summary() for row in rows], "written": written})
        return DONE
    print(f"tickets for {target.in_words()}; n = {options.n}")
    print_rows(rows)
    if not is_whole:
        print(f"interrupted: {len(rows)} of {facts['tickets']} tickets")
    for line in (*plan.left_out, *([f"accuracy: {images}"] if isinstance(images, str) else [])):
        print(f"left out: {line}")
    print(f"time: {facts['seconds']:.3g} s")
    if written:
        names = ", ".join(Path(place).name for place in written)
        print(f"written to {name_of(options.out)}: {names}")
    return DONE


def _facts(
    options: Namespace, plan: Plan, target: Target, images: Images | str, ran: dict[str, Any]
) -> dict[str, Any]:
    """Return what was asked, and how it went, as plain JSON values."""
    return {
        "target": target.facts(),
        "n": options.n,
        "seeds": [options.seed, options.seed + options.seeds - 1],
        "images": None if isinstance(images, str) else images.words,
        "tickets": plan.num_tickets * options.seeds,
        "left_out": list(plan.left_out),
        **ran,
    }


def plan_of(options: Namespace, target: Network, rule: SizeRule | None) -> Plan:
    """Return which methods each construction is asked with.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> asking = Namespace(constructions="burkholz", methods="exact,draws,greedy", n=8)
    >>> plan = plan_of(asking, dense_network([[[0.5]]]), None)
    >>> plan.asked
    (('burkholz', ('exact', 'greedy')),)
    >>> plan.left_out
    ("burkholz with draws: it does not know the size rule 'as few as an error of 0.01 allows'",)
    """
    plans = CONSTRUCTIONS
    if options.constructions is not None:
        plans = tuple(construction_named(name) for name in _listed(options.constructions))
    methods, left_out = _methods(options.methods)
    asked = []
    for plan in plans:
        refusal = plan.refuse(target)
        if refusal is not None:
            left_out.append(f"{plan.name}: {refusal}")
            continue
        own = default_rule(plan, options.n) if rule is None else rule
        refusals = {method: _refusal(plan, method, own) for method in methods}
        left_out += [f"{plan.name} with {m}: {why}" for m, why in refusals.items() if why]
        able = tuple(method for method, why in refusals.items() if not why)
        if able:
            asked.append((plan.name, able))
    if not asked:
        raise ProblemError(f"nothing is left to compare: {'; '.join(left_out)}")
    return Plan(asked=tuple(asked), left_out=tuple(left_out))


def _methods(wanted: str | None) -> tuple[list[str], list[str]]:
    """Return the methods that are asked, the exact one first, and a word on the others."""
    known = [EXACT, *(h.name for h in HEURISTICS)]
    if wanted is None:
        slow = [f"{name}: it is slow; --methods {ALL} asks it too" for name in SLOW]
        return [name for name in known if name not in SLOW], slow
    names = known if wanted == ALL else _listed(wanted)
    for name in names:
        if name != EXACT:
            heuristic_named(name)
    return sorted(names, key=lambda name: name != EXACT), []


def _listed(names: str) -> list[str]:
    """Return names separated by commas, each once."""
    return list(dict.fromkeys(name.strip() for name in names.split(",")))


def _refusal(plan: Construction, method: str, rule: SizeRule) -> str | None:
    """Say why a method cannot choose for a construction, or None."""
    if method == EXACT:
        return None
    if rule.rule not in heuristic_named(method).rules:
        return f"it does not know the size rule {rule.in_words()!r}"
    if plan.name == "pooled" and rule.rule == "exactly":
        return "it cannot share one size between pooled sides"
    return None


def _rows(
    options: Namespace, plan: Plan, target: Target, rule: SizeRule | None, images: Images | str
) -> tuple[list[ComparisonRow], bool]:
    """Return the rows, and whether there are all of them: Ctrl-C keeps those there are."""
    seeds = range(options.seed, options.seed + options.seeds)
    total = plan.num_tickets * len(seeds)
    data = None if isinstance(images, str) else (images.inputs, images.labels)
    rows: list[ComparisonRow] = []
    with waiting(f"comparing {total} tickets", note=NOTE) as tell:
        try:
            for name, methods in plan.asked:
                for row in compare(
                    target.network,
                    n=options.n,
                    seeds=seeds,
                    constructions=[name],
                    methods=methods,
                    rule=rule,
                    data=data,
                ):
                    rows.append(row)
                    tell(len(rows) / total)
        except KeyboardInterrupt:
            if not rows:
                raise
            return rows, False
    return rows, True


def command_line() -> str:
    """Return the command line that is running, as it can be typed again."""
    return shlex.join(["slth", *sys.argv[1:]])


COMMAND = Command(
    name="compare",
    summary="constructions and heuristics beside the optimum, on the same random networks",
    examples=(
        "slth compare digits --constructions pensia,pooled --methods exact,greedy",
        "slth compare digits --constructions otsuka --size 8 --seeds 2 --out out/compare",
    ),
    arguments=_arguments,
    run=_run,
)
