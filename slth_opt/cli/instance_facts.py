"""``slth instances list`` and ``show``: what there is, and what is known about it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from slth_opt.certificates import Certificate
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.instance_choice import add_filters, choose_entries, find_entry
from slth_opt.cli.outputs import listed, number, print_json, print_lines, print_table
from slth_opt.cli.words import question_in_words
from slth_opt.instances import INSTANCE_FAMILIES, STATUSES, Entry, read_entries
from slth_opt.library import Instance, certificate_path, read_certificate, read_instance


def _list(options: Namespace) -> int:
    entries = choose_entries(options)
    if options.json:
        print_json({"folder": options.folder, "instances": [asdict(entry) for entry in entries]})
        return DONE
    if entries:
        header = ("instance", "group", "variables", "sums", "bits", "status", "best known")
        print_table(header, [_row(entry) for entry in entries])
    counted = Counter(entry.status for entry in entries)
    statuses = ", ".join(f"{counted[status]} {status}" for status in STATUSES)
    print(f"{len(entries)} instances: {statuses}")
    return DONE


def _row(entry: Entry) -> tuple[str, ...]:
    best = entry.optimum if entry.optimum is not None else entry.best_known
    sizes = (entry.candidates, entry.rows, entry.bits)
    shown = "-" if best is None else str(best)
    return (entry.stem, entry.group, *map(str, sizes), entry.status, shown)


def _add_name(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="an instance, as slth instances list shows it")


def _show(options: Namespace) -> int:
    entry = find_entry(read_entries(options.folder), options.name)
    path = Path(options.folder) / f"{entry.instance}.json"
    instance, beside = read_instance(path), certificate_path(path)
    certificate = read_certificate(beside) if beside.exists() else None
    commands = _commands(path, entry, certificate)
    if options.json:
        print_json(
            {
                **asdict(entry),
                "question": question_in_words(instance.problem),
                "indices": None if certificate is None else certificate.indices,
                "error": None if certificate is None else certificate.error,
                "remarks": () if certificate is None else certificate.remarks,
                "provenance": dict(instance.provenance),
                "commands": commands,
            }
        )
        return DONE
    print(entry.instance)
    print_lines([*_origin(entry, instance), *_truth(entry, instance, certificate)])
    print("to go on:")
    print("\n".join(f"  {command}" for command in commands))
    return DONE


def _origin(entry: Entry, instance: Instance) -> list[tuple[str, str]]:
    """Say what an instance asks, what it is good for, and where its numbers come from."""
    facts = dict(instance.provenance)
    family = next((f for f in INSTANCE_FAMILIES if f.name == entry.family), None)
    known = [] if family is None else [("family", family.summary), ("good for", family.why)]
    sums = "1 sum" if entry.rows == 1 else f"{entry.rows} sums"
    shown = ("distribution", "generator", "seed")
    return [
        ("question", question_in_words(instance.problem)),
        *known,
        *((name, str(facts[name])) for name in shown if name in facts),
        ("size", f"{entry.candidates} variables, {sums}, integers of {entry.bits} bits"),
        ("group", entry.group),
        ("digest", entry.digest),
    ]


def _truth(
    entry: Entry, instance: Instance, certificate: Certificate | None
) -> list[tuple[str, str]]:
    """Say what is known of the optimum, and on whose word."""
    grid = instance.problem.objective_grid
    lines = [("unit", f"a value of 1 is {entry.unit}"), ("status", entry.status)]
    if certificate is None:
        return [
            *lines,
            ("proof", f"there is no certificate; no value is below {entry.lower_bound}"),
        ]
    if certificate.infeasible:
        lines.append(("optimum", "none: no selection is legal"))
    elif certificate.value is not None:
        name = "best known" if entry.optimum is None else "optimum"
        lines.append((name, f"{certificate.value} units, {number(grid.real(certificate.value))}"))
    if not certificate.infeasible:
        lines.append(("at least", f"{certificate.lower_bound} units"))
    lines.append(("selection", listed(certificate.indices)))
    lines.append(("evidence", certificate.evidence.value))
    return [*lines, *(("remark", remark) for remark in certificate.remarks)]


def _commands(path: Path, entry: Entry, certificate: Certificate | None) -> list[str]:
    """Return command lines that go on from here."""
    closed = [] if certificate is None else [f"slth verify {path}"]
    return [
        f"slth solve {path}",
        *closed,
        f"slth audit {path} --seconds 10",
        f"slth export {path} --format mps --out {entry.stem}.mps",
    ]


ACTIONS: tuple[Command, ...] = (
    Command(
        name="list",
        summary="list the instances of a library, or those that filters leave",
        examples=(
            "slth instances list --group small --problem subset_sum",
            "slth instances list --max-candidates 20 --json",
        ),
        arguments=add_filters,
        run=_list,
    ),
    Command(
        name="show",
        summary="say what is known about one instance, and how it is known",
        examples=("slth instances show quantised-fixed-n14-k7-b3-s1",),
        arguments=_add_name,
        run=_show,
    ),
)
