"""``slth audit``: ask every backend on its own, and say who is right, wrong or silent."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from slth_opt.backends import BACKENDS
from slth_opt.cli.command import CHECK_FAILED, DONE, Command
from slth_opt.cli.judging import Verdict, ask, in_reals, judge
from slth_opt.cli.outputs import number, print_json, print_table, waiting
from slth_opt.cli.words import question_in_words
from slth_opt.library import read_instance
from slth_opt.results import Effort, Stop


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("instance", metavar="INSTANCE.json", help="an instance file")
    parser.add_argument("--seconds", type=float, metavar="S", help="stop each after S seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    problem = read_instance(options.instance).problem
    effort = Effort(seconds=options.seconds)
    testimonies = []
    for backend in BACKENDS:
        with waiting(f"asking {backend.name}"):
            testimonies.append(ask(backend, problem, effort))
        result = testimonies[-1].result
        if result is not None and result.stop is Stop.INTERRUPTED:
            break
    verdicts = judge(testimonies)
    if options.json:
        print_json({"problem": problem.kind, "backends": [_record(v) for v in verdicts]})
    else:
        print(question_in_words(problem))
        header = ("backend", problem.unit, "at least", "it reports", "seconds", "verdict")
        print_table(header, [_row(v) for v in verdicts])
    failed = any(v.wrong and v.testimony.backend.exact for v in verdicts)
    return CHECK_FAILED if failed else DONE


def _row(verdict: Verdict) -> tuple[str, ...]:
    testimony = verdict.testimony
    name, result = testimony.backend.name, testimony.result
    if result is None:
        return name, "-", "-", "-", "-", verdict.words
    grid = result.problem.objective_grid
    shown = None if testimony.is_silent or result.value is None else grid.real(result.value)
    bound = number(grid.real(result.lower_bound)) if testimony.backend.exact else "-"
    reported = "-"
    if result.reported is not None:
        status = result.reported.status.rpartition(": ")[2].strip(" .)")
        reported = f"{status} {in_reals(result.reported.objective, result)}"
    return name, number(shown), bound, reported, f"{result.seconds:.3f}", verdict.words


def _record(verdict: Verdict) -> dict[str, Any]:
    testimony = verdict.testimony
    return {
        "backend": testimony.backend.name,
        "exact": testimony.backend.exact,
        "verdict": verdict.words,
        "wrong": verdict.wrong,
        "result": None if testimony.result is None else testimony.result.summary(),
    }


COMMAND = Command(
    name="audit",
    summary="ask every backend and show who is wrong",
    examples=("slth audit pool.json", "slth audit pool.json --seconds 10 --json"),
    arguments=_arguments,
    run=_run,
)
