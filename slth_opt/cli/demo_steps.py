"""The steps of ``slth demo``: each computes, writes what it found, and checks what it wrote."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from slth_opt.certificates import VerifyReport, verify
from slth_opt.certifying import certify
from slth_opt.cli.arrays import write_npz
from slth_opt.cli.outputs import waiting
from slth_opt.cli.targets import Images, Target, count_right, read_images, read_target
from slth_opt.cli.ticket_files import save_ticket
from slth_opt.comparing import ComparisonRow, compare
from slth_opt.demonstration import (
    Diamond,
    EverySize,
    OneLayer,
    every_size,
    layer_under_budget,
    ticket_of,
    typical_weight,
)
from slth_opt.library import (
    Instance,
    certificate_path,
    read_certificate,
    read_instance,
    write_certificate,
    write_instance,
)
from slth_opt.tickets import Ticket, TicketReport, read_ticket, ticket_network, verify_ticket

TARGET = "digits"
N = 20
"""Half the hidden neurons of a diamond."""

CONSTRUCTIONS = ("pensia", "natale", "pooled")
"""Constructions that draw the same random numbers and differ in how they use them."""

METHODS = ("exact", "swaps", "greedy", "golden", "rounding", "draws")
NOTE = "Ctrl-C stops"

FILES = (
    "report.html", "ticket.safetensors", "weight.json", "weight.certificate.json", "layer.npz",
    *(f"{name}.{kind}" for name in ("diamond", "sizes", "ways", "budget")
      for kind in ("svg", "png")),
)  # fmt: skip
"""All files that are written, the page first."""

Doing = Callable[[str], None]
"""Told what is being done."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """A ticket as read back from its file, what its check said, and the images it gets right."""

    target: Target
    ticket: Ticket
    report: TicketReport
    images: Images | str
    right: tuple[int, int] | None
    """Of the ticket and of the target."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """One weight of the ticket, every size of one side of it, and a verified certificate."""

    diamond: Diamond
    sizes: EverySize
    proof: VerifyReport


def cut_ticket(folder: Path, seed: int, doing: Doing) -> Cut:
    """Find the best ticket, write it, read it back, solve a sample again, count right answers."""
    target = read_target(TARGET)
    images = read_images(Namespace(mnist=None, digits=False), target)
    place = str(folder / "ticket.safetensors")
    doing("looking for the best ticket (the first run compiles)")
    with waiting("looking for the best ticket (the first run compiles)", note=NOTE):
        save_ticket(place, ticket_of(target.network, n=N, seed=seed), target.network)
    doing("checking the ticket")
    with waiting("checking the ticket", note=NOTE):
        ticket = read_ticket(place, target.network)
        report = verify_ticket(ticket)
        right = None
        if not isinstance(images, str):
            cut = ticket_network(ticket)
            right = count_right(cut, images), count_right(target.network, images)
    return Cut(target=target, ticket=ticket, report=report, images=images, right=right)


def weigh_one(folder: Path, ticket: Ticket, doing: Doing) -> Weighed:
    """Solve every size of one weight, certify the ticket's size, and verify what was written."""
    doing("solving one weight in every size")
    place = folder / "weight.json"
    with waiting("solving one weight in every size", note=NOTE):
        diamond = typical_weight(ticket)
        sizes = every_size(diamond, ticket.seed)
    facts: tuple[tuple[str, str | int], ...] = (
        ("written_by", "slth demo"),
        ("ticket", f"{ticket.construction}, n = {ticket.n}, seed {ticket.seed}, of {TARGET}"),
        ("weight", f"layer {diamond.layer}, output {diamond.output}, input {diamond.input}"),
    )
    write_instance(place, Instance(problem=sizes.problem, provenance=facts))
    doing("certifying one weight")
    with waiting("certifying one weight by two methods", note=NOTE):
        write_certificate(certificate_path(place), certify(sizes.problem))
        proof = verify(read_instance(place).problem, read_certificate(certificate_path(place)))
    return Weighed(diamond=diamond, sizes=sizes, proof=proof)


def compare_ways(cut: Cut, doing: Doing) -> list[ComparisonRow]:
    """Cut tickets of other constructions, and by heuristics, from the same random numbers."""
    doing("comparing with heuristics")
    data = None if isinstance(cut.images, str) else (cut.images.inputs, cut.images.labels)
    rows: list[ComparisonRow] = []
    with waiting("comparing with heuristics", note=NOTE):
        for name in CONSTRUCTIONS:
            # The golden ratio is for subsets of any size.
            able = [m for m in METHODS if name != "natale" or m != "golden"]
            rows += compare(
                cut.target.network,
                n=N,
                seeds=(cut.ticket.seed,),
                constructions=(name,),
                methods=able,
                data=data,
            )
    return rows


def share_layer(folder: Path, ticket: Ticket, doing: Doing) -> OneLayer:
    """Share out the edges of the last layer under one budget; write its pools."""
    doing("sharing a budget")
    with waiting("sharing a budget", note=NOTE):
        layer = layer_under_budget(ticket)
        arrays = {"pools": layer.pools, "targets": layer.targets}
        write_npz(str(folder / "layer.npz"), arrays, check=len)
    return layer
