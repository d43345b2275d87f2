"""``slth solve``: the best subset of one pool, proven when the method can prove it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from slth_opt.cli.command import DONE, INTERRUPTED, Command
from slth_opt.cli.inputs import add_effort, add_pool, add_size, read_effort, read_problem
from slth_opt.cli.outputs import listed, number, print_json, print_lines, watching
from slth_opt.cli.words import evidence_of, proof_in_words, question_in_words
from slth_opt.library import Instance, write_instance
from slth_opt.problems import Problem
from slth_opt.results import Result, Stop
from slth_opt.solving import solve


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("instance", nargs="?", metavar="INSTANCE.json", help="an instance file")
    add_pool(parser)
    add_size(parser)
    parser.add_argument("--smallest", action="store_true", help="choose as few as possible")
    parser.add_argument("--tolerance", metavar="E", help="how far off --smallest may be")
    add_effort(parser)
    parser.add_argument("--save", metavar="FILE.json", help="also write the instance to a file")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    problem, effort = read_problem(options), read_effort(options)
    with watching(f"solving with {options.backend}", problem.objective_grid) as watch:
        result = solve(problem, options.backend, effort, watch=watch)
    if options.save is not None:
        facts = (("written_by", "slth solve --save"),)
        write_instance(options.save, Instance(problem=problem, provenance=facts))
    if options.json:
        print_json({**result.summary(), "evidence": evidence_of(result).value})
    else:
        print(question_in_words(problem))
        print_lines(_answer(result))
    nothing_found = result.indices is None and not result.infeasible
    return INTERRUPTED if nothing_found and result.stop is Stop.INTERRUPTED else DONE


def _answer(result: Result) -> list[tuple[str, str]]:
    """Return the answer as labelled lines."""
    summary = result.summary()
    lines = []
    if result.indices is not None:
        sums = summary["sum"] if isinstance(summary["sum"], list) else [summary["sum"]]
        targets = [float(result.problem.grid.real(t)) for t in _goals(result.problem)]
        lines = [
            (
                "indices",
                f"{listed(result.indices)}   ({result.size} of "
                f"{result.problem.num_candidates}, counted from 0)",
            ),
            ("sum", " ".join(map(number, sums))),
            ("target", " ".join(map(number, targets))),
            ("error", f"{number(summary['error'])}   (exactly {summary['error_exact']})"),
        ]
        if result.problem.unit not in ("error", "items"):
            lines.append((result.problem.unit, f"{number(summary['value'])}   (what is minimised)"))
        if result.problem.rounded:
            low, high = summary["true_error_low"], summary["true_error_high"]
            lines.append(
                (
                    "true error",
                    f"between {number(low)} and {number(high)}, as the numbers were rounded",
                )
            )
    lines += proof_in_words(result)
    lines.append(("time", f"{result.seconds:.3g} s, {result.nodes} nodes"))
    return lines


def _goals(problem: Problem) -> Iterator[int]:
    """Yield the targets one by one, also where they are a matrix."""
    for target in problem.targets:
        yield from (target,) if isinstance(target, int) else target


COMMAND = Command(
    name="solve",
    summary="find the best subset of a pool and say what is proven about it",
    examples=(
        "slth solve --weights 0.31,-0.72,0.5,0.94,-0.13 --target 0.4 --size 2 --save pool.json",
        "slth solve pool.json --json",
        "slth solve --weights 0.31,-0.72,0.5,0.94,-0.13 --target 0.4 --smallest --tolerance 0.05",
        "slth solve --weights 0.1,0.2,0.3 --target -0.3 --any-size --round 30",
    ),
    arguments=_arguments,
    run=_run,
)
