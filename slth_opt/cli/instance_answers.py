"""``slth instances solve``: a method's answers held against what is known."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slth_opt.backends import backend_named
from slth_opt.cli.command import CHECK_FAILED, DONE, INTERRUPTED, Command
from slth_opt.cli.inputs import add_effort, read_effort
from slth_opt.cli.instance_choice import add_filters, choose_entries
from slth_opt.cli.judging import Testimony, ask
from slth_opt.cli.outputs import print_json, print_table, waiting
from slth_opt.errors import BackendError
from slth_opt.instances import Entry
from slth_opt.instances.index import INFEASIBLE
from slth_opt.library import read_instance
from slth_opt.results import Effort, Stop
from slth_opt.solving import choose_backend


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A method's answer to one instance, and what it is worth.

    Parameters
    ----------
    entry
        What is known.
    backend
        Who was asked.
    verdict
        One word or two.
    refutes
        Whether both cannot be true: what is stored, and what an exact method or a selection says.
    testimony
        The answer.
    """

    entry: Entry
    backend: str
    verdict: str
    refutes: bool
    testimony: Testimony | None


def compare_with(entry: Entry, testimony: Testimony) -> Comparison:
    """Hold an answer against what is stored.

    Examples
    --------
    >>> from slth_opt.certifying import certify
    >>> from slth_opt.instances.index import entry_of
    >>> from slth_opt.library import Instance
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> entry = entry_of("mine/pool", Instance(problem=pool), certify(pool))
    >>> compare_with(entry, ask(backend_named("enumeration"), pool)).verdict
    'right'
    """
    verdict, refutes = _verdict(entry, testimony)
    return Comparison(
        entry=entry,
        backend=testimony.backend.name,
        verdict=verdict,
        refutes=refutes,
        testimony=testimony,
    )


def _verdict(entry: Entry, testimony: Testimony) -> tuple[str, bool]:
    """Return what an answer is worth, and whether it and what is stored exclude each other."""
    result, exact = testimony.result, testimony.backend.exact
    if testimony.refusal is not None:
        return "refused", False
    if result is None:
        return "wrong: impossible claim", exact
    value = None if testimony.is_silent else result.value
    if value is not None and (entry.optimum == INFEASIBLE or value < entry.lower_bound):
        return f"REFUTED: it found {value}", True
    if entry.best_known is not None and result.lower_bound > entry.best_known:
        return "wrong: its bound is above the stored selection", True
    if entry.optimum == INFEASIBLE:
        return _about_nothing(testimony)
    if testimony.denies and entry.best_known is not None:
        return "wrong: it says there is none", exact
    if entry.optimum is None:
        return _about_open(entry, value, result.is_optimal, result.lower_bound), False
    if value == entry.optimum:
        return ("right" if result.is_optimal else "right, unproven"), False
    if result.stop is Stop.FINISHED:
        return "wrong", exact
    return ("unfinished" if value is None else f"unfinished, {value}"), False


def _about_nothing(testimony: Testimony) -> tuple[str, bool]:
    """Judge an answer where no selection is legal."""
    if testimony.result is not None and testimony.result.infeasible:
        return "right", False
    return ("right, unproven" if testimony.denies else "unfinished"), False


def _about_open(entry: Entry, value: int | None, is_closed: bool, lower_bound: int) -> str:
    """Judge an answer where the optimum is not proven."""
    if entry.best_known is None or (value is not None and value < entry.best_known):
        return "nothing found" if value is None else f"open, improved to {value}"
    if is_closed:
        return "open, closed by this method"
    if lower_bound > entry.lower_bound:
        return f"open, bound raised to {lower_bound}"
    return "open, best known found" if value == entry.best_known else "open"


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="instances (default: all that the filters leave)"
    )
    add_filters(parser)
    add_effort(parser)


def _solve(options: Namespace) -> int:
    entries = choose_entries(options, options.names)
    effort = read_effort(options)
    if options.backend != "auto":
        backend_named(options.backend)
    comparisons: list[Comparison] = []
    was_interrupted = False
    note = "Ctrl-C stops with what is done"
    with waiting(f"solving {len(entries)} instances", note=note) as tell:
        for entry in entries:
            comparison = _compare(Path(options.folder), entry, options.backend, effort)
            said = comparison.testimony
            if said is not None and said.result and said.result.stop is Stop.INTERRUPTED:
                was_interrupted = True
                break
            comparisons.append(comparison)
            tell(len(comparisons) / len(entries))
    _print(comparisons, options)
    if any(comparison.refutes for comparison in comparisons):
        return CHECK_FAILED
    return INTERRUPTED if was_interrupted else DONE


def _compare(folder: Path, entry: Entry, name: str, effort: Effort) -> Comparison:
    """Ask one method about one instance."""
    problem = read_instance(folder / f"{entry.instance}.json", within=folder).problem
    try:
        backend = choose_backend(problem, effort) if name == "auto" else backend_named(name)
    except BackendError:
        return Comparison(
            entry=entry, backend="-", verdict="refused", refutes=False, testimony=None
        )
    return compare_with(entry, ask(backend, problem, effort))


def _print(comparisons: list[Comparison], options: Namespace) -> None:
    if options.json:
        print_json({"folder": options.folder, "answers": [_record(c) for c in comparisons]})
        return
    if comparisons:
        header = ("instance", "backend", "known", "found", "seconds", "verdict")
        print_table(header, [_row(comparison) for comparison in comparisons])
    counted = Counter(c.verdict.partition(":")[0].partition(",")[0] for c in comparisons)
    print(", ".join(f"{count} {word}" for word, count in counted.items()) or "no instance fits")


def _row(comparison: Comparison) -> tuple[str, ...]:
    entry, said = comparison.entry, comparison.testimony
    known = entry.optimum if entry.optimum is not None else entry.best_known
    found, seconds = "-", "-"
    if said is not None and said.result is not None:
        seconds = f"{said.result.seconds:.3f}"
        if said.result.infeasible:
            found = INFEASIBLE
        elif not said.is_silent:
            found = str(said.result.value)
    shown = "-" if known is None else str(known)
    return entry.stem, comparison.backend, shown, found, seconds, comparison.verdict


def _record(comparison: Comparison) -> dict[str, Any]:
    entry, said = comparison.entry, comparison.testimony
    result = None if said is None else said.result
    silent = said is None or said.is_silent or result is None
    return {
        "instance": entry.instance,
        "backend": comparison.backend,
        "verdict": comparison.verdict,
        "refutes": comparison.refutes,
        "status": entry.status,
        "optimum": entry.optimum,
        "best_known": entry.best_known,
        "value": None if silent or result is None else result.value,
        "lower_bound": None if result is None else result.lower_bound,
        "proven": result is not None and (result.is_optimal or result.infeasible),
        "seconds": None if result is None else result.seconds,
        "why_not": None if said is None else said.refusal or said.rejection,
    }


ACTIONS: tuple[Command, ...] = (
    Command(
        name="solve",
        summary="solve instances by one method and say whether it is right",
        examples=(
            "slth instances solve quantised-fixed-n14-k7-b3-s1",
            "slth instances solve --group small --backend cbc --seconds 10",
        ),
        arguments=_arguments,
        run=_solve,
    ),
)
