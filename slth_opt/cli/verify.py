"""``slth verify``: check a certificate without any solver, or build a ticket again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from slth_opt.array_files import READERS
from slth_opt.certificates import verify
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.cli.words import verified_in_words
from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import name_of
from slth_opt.library import certificate_path, read_certificate, read_instance

SAMPLE = 24
"""As many weights of a ticket are solved again, unless told otherwise."""


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "instance", metavar="INSTANCE.json", help="an instance file, or a ticket (.safetensors)"
    )
    parser.add_argument(
        "certificate",
        nargs="?",
        metavar="CERTIFICATE",
        help="its certificate (default: <stem>.certificate.json beside it); of a ticket its TARGET "
        "(default: the shipped one that it is for)",
    )
    parser.add_argument(
        "--sample",
        type=int,
        metavar="COUNT",
        help=f"of a ticket: solve COUNT weights again by another method (default: {SAMPLE})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    if Path(options.instance).suffix in READERS:
        return _verify_ticket(options)
    if options.sample is not None:
        raise ProblemError("--sample is for tickets: a certificate is checked in full")
    place = options.certificate or certificate_path(options.instance)
    problem = read_instance(options.instance).problem
    report = verify(problem, read_certificate(place))
    if options.json:
        print_json({"verified": True, **report.summary()})
    else:
        print(
            "\n".join(
                [f"{place}: true", *(f"  {line}" for line in verified_in_words(problem, report))]
            )
        )
    return DONE


def _verify_ticket(options: Namespace) -> int:
    """Draw a ticket's source again, add up every sum, and solve a sample by another method."""
    from slth_opt.cli.targets import read_target
    from slth_opt.tickets import read_ticket, verify_ticket

    if options.sample is not None and options.sample < 0:
        raise ProblemError(f"--sample must not be negative, got {options.sample}")
    target = read_target(options.certificate or _shipped_for(options.instance))
    with waiting("drawing the source again and adding up every sum"):
        ticket = read_ticket(options.instance, target.network)
    with waiting("solving a sample again"):
        report = verify_ticket(ticket, sample=SAMPLE if options.sample is None else options.sample)
    if options.json:
        made = {"construction": ticket.construction, "n": ticket.n, "seed": ticket.seed}
        print_json({"verified": True, "target": target.facts(), **made, **report.summary()})
        return DONE
    made_by = f"{ticket.construction}, n = {ticket.n}, seed {ticket.seed}, {ticket.rule.in_words()}"
    lines = [f"ticket: {made_by}, for {target.in_words()}", *report.lines()]
    print("\n".join([f"{name_of(options.instance)}: true", *(f"  {line}" for line in lines)]))
    return DONE


def _shipped_for(place: str) -> str:
    """Return the name of the shipped target that a ticket is for."""
    from slth_opt.networks import SHIPPED, shipped_target
    from slth_opt.tickets import read_ticket_facts

    wanted = read_ticket_facts(place)["target"]
    for name in SHIPPED:
        if shipped_target(name).digest == wanted:
            return name
    raise FileError(
        f"{name_of(place)}: the ticket is for the target {str(wanted)[:12]}..., which is not a "
        "shipped one: name its file as well"
    )


COMMAND = Command(
    name="verify",
    summary="re-check a certificate with plain integers, without any solver; or a ticket",
    examples=(
        "slth verify pool.json",
        "slth verify pool.json pool.certificate.json --json",
        "slth verify ticket.safetensors digits",
    ),
    arguments=_arguments,
    run=_run,
)
