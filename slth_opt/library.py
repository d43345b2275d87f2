"""Instances and their certificates as files: ``<stem>.json`` and ``<stem>.certificate.json``.

A file holds integers and the exponent of their grid, never decimal numbers, and says where
the numbers came from. Whatever is wrong with one becomes a single line that names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from slth_opt import fields
from slth_opt.certificates import Certificate, certificate_from_dict, certificate_to_dict
from slth_opt.errors import FileError, ProblemError
from slth_opt.grid import Grid
from slth_opt.json_files import MOST_DIGITS, name_of, read_json, write_json
from slth_opt.problems import (
    JointLayer,
    LayerBudget,
    Problem,
    SharedBlock,
    SmallestSubset,
    SubsetSum,
    VectorSum,
    joint_layer,
    layer_budget,
    shared_block,
    vector_sum,
)

SCHEMA = "slth-instance/1"
"""The version of the written form."""

Facts = tuple[tuple[str, str | int], ...]
"""Pairs of a name and a string or an integer."""

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A problem, and where it came from.

    Parameters
    ----------
    problem
        The problem.
    provenance
        What is worth knowing about its origin: generator, seed, distribution, note.

    Examples
    --------
    >>> problem = SubsetSum(weights=(3, 5), target=4, fewest=1, most=1)
    >>> dict(Instance(problem=problem, provenance=(("seed", 7),)).provenance)
    {'seed': 7}
    """

    problem: Problem
    provenance: Facts = ()


def read_instance(path: str | Path, *, within: str | Path | None = None) -> Instance:
    """Read a problem from a file.

    Parameters
    ----------
    path
        The file.
    within
        A folder the file must really lie in, after all symbolic links are followed.

    Raises
    ------
    FileError
        If the file cannot be read or is not an instance, in one line that names it.
    ProblemError
        If its numbers make no problem.

    Examples
    --------
    >>> read_instance("pool.json")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: pool.json: cannot be read: No such file or directory
    """
    return _read(path, within, instance_from_dict)


def write_instance(path: str | Path, instance: Instance) -> None:
    """Write a problem to a file, whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> problem = SubsetSum(weights=(3, 5), target=4, fewest=1, most=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_instance(f"{folder}/pool.json", Instance(problem=problem))
    ...     read_instance(f"{folder}/pool.json").problem == problem
    True
    """
    _write(path, instance_to_dict(instance), instance_from_dict)


def read_certificate(path: str | Path, *, within: str | Path | None = None) -> Certificate:
    """Read a certificate from a file; `verify` tells whether it is true.

    Raises
    ------
    FileError
        If the file cannot be read or is not a certificate, in one line that names it.

    Examples
    --------
    >>> read_certificate("pool.certificate.json")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: pool.certificate.json: cannot be read: No such file or directory
    """
    return _read(path, within, certificate_from_dict)


def write_certificate(path: str | Path, certificate: Certificate) -> None:
    """Write a certificate to a file, whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.certificates import Evidence, sealed
    >>> bare = Certificate(kind="subset_sum", problem="0" * 64, indices=None, value=None,
    ...     error=None, lower_bound=0, infeasible=False, evidence=Evidence.REPORTED,
    ...     witnesses=(), package="0.1.0")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_certificate(f"{folder}/pool.certificate.json", sealed(bare))
    ...     read_certificate(f"{folder}/pool.certificate.json") == sealed(bare)
    True
    """
    _write(path, certificate_to_dict(certificate), certificate_from_dict)


def certificate_path(path: str | Path) -> Path:
    """Return where the certificate of an instance file belongs.

    Examples
    --------
    >>> certificate_path("pools/a.json").as_posix()
    'pools/a.certificate.json'
    """
    place = Path(path)
    return place.with_name(f"{place.name.removesuffix('.json')}.certificate.json")


def instance_to_dict(instance: Instance) -> dict[str, Any]:
    """Return an instance as plain JSON values, in the order they are written.

    Examples
    --------
    >>> problem = SubsetSum(weights=(3, 5), target=4, fewest=1, most=1)
    >>> list(instance_to_dict(Instance(problem=problem)))
    ['schema', 'problem', 'provenance']
    """
    return {
        "schema": SCHEMA,
        "problem": instance.problem.canonical(),
        "provenance": dict(instance.provenance),
    }


def instance_from_dict(data: Any) -> Instance:
    """Read an instance from plain JSON values.

    Examples
    --------
    >>> instance_from_dict({"schema": "slth-instance/1", "provenance": {}})
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: the instance lacks the field 'problem'
    """
    if isinstance(data, dict) and "schema" in data:
        fields.one_of(data["schema"], (SCHEMA,), what="the schema")
    data = fields.record(data, ("schema", "problem", "provenance"), what="the instance")
    facts = data["provenance"]
    if not isinstance(facts, dict):
        raise FileError(f"provenance must be an object, got {fields.shown(facts)}")
    return Instance(
        problem=problem_from_dict(data["problem"]),
        provenance=tuple(_fact(name, fact) for name, fact in facts.items()),
    )


def problem_from_dict(data: Any) -> Problem:
    """Read a problem from its canonical form.

    Examples
    --------
    >>> problem = SubsetSum(weights=(3, 5), target=4, fewest=1, most=1)
    >>> problem_from_dict(problem.canonical()) == problem
    True
    """
    kinds = {problem.kind: problem for problem in _FORMS}
    if isinstance(data, dict) and "kind" in data:
        fields.one_of(data["kind"], kinds, what="the kind of problem")
    else:
        fields.record(data, ("kind",), what="the problem")
    form = _FORMS[kinds[data["kind"]]]
    data = fields.record(data, ("kind", "exponent", "rounded", *form), what="the problem")
    return kinds[data["kind"]](
        **{name: read(data[name], what=name) for name, read in form.items()},
        grid=Grid(exponent=fields.integer(data["exponent"], what="exponent")),
        rounded=fields.boolean(data["rounded"], what="rounded"),
    )


def _rows(value: Any, *, what: str) -> tuple[tuple[int, ...], ...]:
    rows = fields.listing(value, what=what)
    return tuple(fields.integers(row, what=f"{what}[{r}]") for r, row in enumerate(rows))


def _one_of(possible: tuple[str, ...]) -> Callable[..., str]:
    return partial(fields.one_of, possible=possible)


def _optional(read: Callable[..., Any]) -> Callable[..., Any]:
    def read_or_none(value: Any, *, what: str) -> Any:
        return None if value is None else read(value, what=what)

    return read_or_none


_SIZES: dict[str, Callable[..., Any]] = {"fewest": fields.integer, "most": fields.integer}
_POOL: dict[str, Callable[..., Any]] = {"weights": fields.integers, "target": fields.integer}
_FORMS: dict[type[Problem], dict[str, Callable[..., Any]]] = {
    SubsetSum: {**_POOL, **_SIZES},
    SmallestSubset: {**_POOL, "tolerance": fields.integer},
    VectorSum: {
        "rows": _rows,
        "targets": fields.integers,
        "norm": _one_of(vector_sum.NORMS),
        **_SIZES,
    },
    LayerBudget: {
        "pools": _rows,
        "targets": fields.integers,
        "norm": _one_of(layer_budget.NORMS),
        "most": fields.integer,
    },
    SharedBlock: {
        "products": _rows,
        "targets": fields.integers,
        "minimise": _one_of(shared_block.MINIMISE),
        "tolerances": _optional(fields.integers),
        "most_edges": _optional(fields.integer),
        "most_neurons": _optional(fields.integer),
    },
    JointLayer: {
        "first": _rows,
        "second": _rows,
        "targets": _rows,
        "norm": _one_of(joint_layer.NORMS),
        "most": fields.integer,
    },
}
"""How each field of a canonical form is read; the grid and the rounding are the same for all."""


def _fact(name: str, fact: Any) -> tuple[str, str | int]:
    name = fields.text(name, what="a name in provenance")
    what = f"provenance {fields.shown(name)}"
    if isinstance(fact, str):
        return name, fields.text(fact, what=what)
    if isinstance(fact, bool) or not isinstance(fact, int):
        raise FileError(f"{what} must be a string or an integer, got {fields.shown(fact)}")
    if abs(fact) >= 10**MOST_DIGITS:
        raise FileError(f"{what} has more than {MOST_DIGITS} digits; give it as a string")
    return name, fact


def _read(path: str | Path, within: str | Path | None, parse: Callable[[Any], Read]) -> Read:
    data = read_json(path, within=within)
    try:
        return parse(data)
    except ProblemError as refused:
        raise ProblemError(f"{name_of(path)}: {refused}") from None
    except FileError as refused:
        raise FileError(f"{name_of(path)}: {refused}") from None


def _write(path: str | Path, data: dict[str, Any], parse: Callable[[Any], object]) -> None:
    """Write what would be read back, and nothing else."""
    try:
        parse(data)
    except FileError as refused:
        raise FileError(f"{name_of(path)}: cannot be written: {refused}") from None
    write_json(path, data)
