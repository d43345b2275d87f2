"""Ticket files: masks and where everything else comes from, so that it can be built again.

The source is not in the file. It is drawn again from the seed, must have the digest it had, and
every sum is added up again and must have the error it had: then the ticket is the one written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slth_opt import fields
from slth_opt.array_files import read_arrays, write_arrays
from slth_opt.choosing import recomputed
from slth_opt.constructions import CONSTRUCTIONS, construction_named
from slth_opt.errors import FileError, ProblemError
from slth_opt.heuristics import HEURISTICS
from slth_opt.json_files import name_of, parse_json
from slth_opt.networks import Network
from slth_opt.size_rules import RULES, SizeRule
from slth_opt.sources import FINENESS, generator
from slth_opt.tickets.building import questions
from slth_opt.tickets.counting import count_edges
from slth_opt.tickets.records import Part, Ticket

if TYPE_CHECKING:
    import numpy as np

SCHEMA = "slth-ticket/1"

GENERATOR = f"PCG64, multiples of 2^-{FINENESS}"
"""What sources are drawn by. Another generator would draw another source."""

_TEXT = "slth-ticket"
_FACTS = (
    "schema", "construction", "n", "seed", "generator", "rule", "method", "proven", "target",
    "sources", "parts", "counts", "package", "seal",
)  # fmt: skip
_PART = ("layer", "branch", "weights", "width", "exponent", "largest", "total", "edges", "chosen")


def write_ticket(path: str | Path, ticket: Ticket) -> None:
    """Write a ticket to a ``.safetensors`` or ``.npz`` file, whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> target = dense_network([[[0.5, -0.25]]])
    >>> ticket = build_ticket(target, "pensia", n=32, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_ticket(f"{folder}/ticket.safetensors", ticket)
    ...     read_ticket(f"{folder}/ticket.safetensors", target).seed
    1
    """
    import numpy as np

    arrays = {
        f"{part.layer}.{part.branch}": np.packbits(part.choice.masks, axis=1)
        for part in ticket.parts
    }
    facts = ticket_facts(ticket)
    facts["seal"] = _seal(facts, arrays)
    write_arrays(path, arrays, {_TEXT: json.dumps(facts, sort_keys=True)})


def read_ticket(path: str | Path, target: Network) -> Ticket:
    """Build a ticket again from its file and its target, and check that it is the one written.

    Raises
    ------
    FileError
        If the file is damaged, or the ticket does not come out as it went in, with the reason.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> read_ticket("none.safetensors", dense_network([[[1.0]]]))
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: none.safetensors: cannot be read: No such file or directory
    """
    found = read_arrays(path)
    try:
        facts = _read_facts(found.texts, found.arrays)
        return _rebuilt(facts, found.arrays, target)
    except (FileError, ProblemError) as refused:
        raise FileError(f"{name_of(path)}: {refused}") from None


def read_ticket_facts(path: str | Path) -> dict[str, Any]:
    """Return what a ticket file says about itself, its seal checked and nothing else.

    Examples
    --------
    >>> read_ticket_facts("none.safetensors")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: none.safetensors: cannot be read: No such file or directory
    """
    found = read_arrays(path)
    try:
        return _read_facts(found.texts, found.arrays)
    except FileError as refused:
        raise FileError(f"{name_of(path)}: {refused}") from None


def ticket_facts(ticket: Ticket) -> dict[str, Any]:
    """Return everything a ticket file says in words, as plain JSON values, without a seal.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> facts = ticket_facts(build_ticket(dense_network([[[0.5]]]), "pensia", n=12, seed=1))
    >>> facts["construction"], facts["n"], facts["proven"]
    ('pensia', 12, True)
    """
    return {
        "schema": SCHEMA,
        "construction": ticket.construction,
        "n": ticket.n,
        "seed": ticket.seed,
        "generator": GENERATOR,
        "rule": ticket.rule.canonical(),
        "method": ticket.method,
        "proven": ticket.proven,
        "target": ticket.target.digest,
        "sources": [source.digest for source in ticket.sources],
        "parts": [_part_facts(part) for part in ticket.parts],
        "counts": {
            name: count
            for name, count in count_edges(ticket).summary().items()
            if isinstance(count, int)  # files hold integers; densities are quotients of these
        },
        "package": _package(),
    }


def _package() -> str:
    try:
        return version("slth-opt")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "unknown"


def _part_facts(part: Part) -> dict[str, Any]:
    units = part.choice.error_units
    return {
        "layer": part.layer,
        "branch": part.branch,
        "weights": int(part.pools.shape[0]),
        "width": int(part.pools.shape[1]),
        "exponent": part.choice.exponent,
        "largest": int(units.max()),
        # As text: the sum of many errors need not fit into 64 bits.
        "total": str(sum(units.tolist())),
        "edges": int(part.edges.sum()),
        "chosen": int(part.choice.masks.sum()),
    }


def _seal(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """Return the sha256 of the facts, without their seal, and of the masks."""
    content = {name: fact for name, fact in facts.items() if name != "seal"}
    text = hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii"))
    for name in sorted(arrays):
        text.update(f"{name} {arrays[name].shape}".encode())
        text.update(arrays[name].tobytes())
    return text.hexdigest()


def _read_facts(texts: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    if _TEXT not in texts:
        raise FileError("is not a ticket file")
    facts = parse_json(texts[_TEXT])
    if isinstance(facts, dict) and "schema" in facts:
        fields.one_of(facts["schema"], (SCHEMA,), what="the schema")
    facts = fields.record(facts, _FACTS, what="the ticket")
    if facts["seal"] != _seal(facts, arrays):
        raise FileError("its seal does not match: the ticket was damaged or changed")
    return facts


def _rebuilt(facts: dict[str, Any], arrays: Mapping[str, np.ndarray], target: Network) -> Ticket:
    known = [construction.name for construction in CONSTRUCTIONS]
    name = fields.one_of(facts["construction"], known, what="the construction")
    if facts["target"] != target.digest:
        raise FileError(
            f"the ticket is for the target {str(facts['target'])[:12]}..., this one is "
            f"{target.digest[:12]}..."
        )
    if facts["generator"] != GENERATOR:
        raise FileError(
            f"its source was drawn by {fields.shown(facts['generator'])}, here is only {GENERATOR}"
        )
    n = _candidates(facts["n"], arrays)
    seed = fields.integer(facts["seed"], what="the seed")
    plan = construction_named(name)
    refusal = plan.refuse(target)
    if refusal is not None:
        raise FileError(f"construction {name!r} cannot build this target: {refusal}")
    sources = plan.lay_out(target, n, generator(seed))
    if facts["sources"] != [source.digest for source in sources]:
        raise FileError("the seed draws another source than the ticket was cut from")
    methods = ("exact", *(heuristic.name for heuristic in HEURISTICS))
    method = fields.one_of(facts["method"], methods, what="the method")
    proven = fields.boolean(facts["proven"], what="proven")
    if proven is not (method == "exact"):
        raise FileError(f"it says proven {fields.shown(proven)}, its method is {method!r}")
    parts = tuple(_refilled(part, arrays, proven) for part in questions(target, sources))
    ticket = Ticket(
        target=target,
        construction=name,
        n=n,
        seed=seed,
        rule=_rule(facts["rule"]),
        method=method,
        sources=sources,
        parts=parts,
    )
    _check_facts(ticket, facts, arrays)
    return ticket


def _candidates(said: Any, arrays: Mapping[str, np.ndarray]) -> int:
    """Return n; refuse one that the masks have no room for, before a source is drawn for it."""
    n = fields.integer(said, what="n")
    room = max((8 * masks.shape[-1] for masks in arrays.values() if masks.ndim), default=0)
    if not 1 <= n <= room:
        raise FileError(f"n is {fields.shown(n)}, the masks have room for 1 to {room}")
    return n


def _refilled(part: Part, arrays: Mapping[str, np.ndarray], proven: bool) -> Part:
    """Return a part with the masks of the file and the errors they have."""
    import numpy as np

    name = f"{part.layer}.{part.branch}"
    if name not in arrays:
        raise FileError(f"the array '{name}' is missing")
    packed, (weights, width) = arrays[name], part.pools.shape
    shape = (weights, (width + 7) // 8)
    if packed.dtype != np.uint8 or packed.shape != shape:
        raise FileError(
            f"the array '{name}' must be uint8 of the shape {shape}, got {packed.dtype} of "
            f"{packed.shape}"
        )
    bits = np.unpackbits(packed, axis=1).astype(bool)
    if bits[:, width:].any():
        raise FileError(f"the array '{name}' chooses candidates that are not there")
    masks = bits[:, :width]
    return replace(part, choice=recomputed(part.pools, part.targets, masks, proven=proven))


def _check_facts(ticket: Ticket, facts: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Hold everything the file says against what was recomputed."""
    extra = set(arrays) - {f"{part.layer}.{part.branch}" for part in ticket.parts}
    if extra:
        raise FileError(f"has an unknown array {fields.shown(min(extra))}")
    due = ticket_facts(ticket)
    parts = fields.listing(facts["parts"], what="parts")
    for said, true in zip(parts, due["parts"], strict=False):
        said = fields.record(said, _PART, what="a part")
        for name, fact in true.items():
            if said[name] != fact:
                raise FileError(
                    f"layer {true['layer']}, branch {true['branch']}: it says {name} "
                    f"{fields.shown(said[name])}, recomputed it is {fact}"
                )
    for name in ("parts", "counts", "rule"):
        if facts[name] != due[name]:
            raise FileError(f"its {name} are not what they are when recomputed")


def _rule(data: Any) -> SizeRule:
    names = ("rule", "size", "tolerance", "most", "norm", "level", "split")
    data = fields.record(data, names, what="the size rule")
    tolerance = data["tolerance"]
    try:
        allowed = None if tolerance is None else Fraction(fields.text(tolerance, what="tolerance"))
    except (ValueError, ZeroDivisionError):
        raise FileError(f"the tolerance is no fraction: {fields.shown(tolerance)}") from None
    return SizeRule(
        rule=fields.one_of(data["rule"], RULES, what="the size rule"),
        size=None if data["size"] is None else fields.integer(data["size"], what="size"),
        tolerance=allowed,
        most=None if data["most"] is None else fields.integer(data["most"], what="most"),
        norm=fields.text(data["norm"], what="norm"),
        level=fields.text(data["level"], what="level"),
        split=fields.text(data["split"], what="split"),
    )
