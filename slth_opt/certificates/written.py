"""The written form of a certificate: plain JSON values, a fixed order, and a seal over them.

Reading checks the form of every field and nothing else; whether it is true is asked elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from slth_opt import fields
from slth_opt.certificates.records import Certificate, Evidence, Witness
from slth_opt.errors import FileError
from slth_opt.problems import PROBLEMS
from slth_opt.results import Reported, Stop

SCHEMA = "slth-certificate/1"
"""The version of the written form."""

_FIELDS = (
    "schema", "kind", "problem", "indices", "value", "error", "lower_bound", "infeasible",
    "evidence", "witnesses", "remarks", "package", "seal",
)  # fmt: skip
_WITNESS_FIELDS = (
    "backend", "family", "exact", "version", "value", "lower_bound", "infeasible", "stop",
    "reported",
)  # fmt: skip


def certificate_to_dict(certificate: Certificate) -> dict[str, Any]:
    """Return a certificate as plain JSON values, in the order they are written.

    Examples
    --------
    >>> bare = Certificate(kind="subset_sum", problem="0" * 64, indices=(0, 3), value=2,
    ...     error="1/2^3", lower_bound=0, infeasible=False, evidence=Evidence.REPORTED,
    ...     witnesses=(), package="0.1.0")
    >>> certificate_to_dict(bare)["indices"]
    [0, 3]
    """
    c = certificate
    return {
        "schema": SCHEMA,
        "kind": c.kind,
        "problem": c.problem,
        "indices": None if c.indices is None else list(c.indices),
        "value": c.value,
        "error": c.error,
        "lower_bound": c.lower_bound,
        "infeasible": c.infeasible,
        "evidence": c.evidence.value,
        "witnesses": [_witness_to_dict(witness) for witness in c.witnesses],
        "remarks": list(c.remarks),
        "package": c.package,
        "seal": c.seal,
    }


def certificate_from_dict(data: Any) -> Certificate:
    """Read a certificate from plain JSON values; its form is checked, not its truth.

    Raises
    ------
    FileError
        If a field is missing, unknown, or of a type it cannot have.

    Examples
    --------
    >>> certificate_from_dict({"schema": "slth/9"})
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: the schema must be one of slth-certificate/1; got 'slth/9'
    """
    if isinstance(data, dict) and "schema" in data:
        fields.one_of(data["schema"], (SCHEMA,), what="the schema")
    data = fields.record(data, _FIELDS, what="the certificate")
    indices, value, error = data["indices"], data["value"], data["error"]
    kinds = [problem.kind for problem in PROBLEMS]
    strengths = [evidence.value for evidence in Evidence]
    witnesses = fields.listing(data["witnesses"], what="witnesses")
    remarks = fields.listing(data["remarks"], what="remarks")
    return Certificate(
        kind=fields.one_of(data["kind"], kinds, what="kind"),
        problem=_digest(data["problem"], what="problem"),
        indices=None if indices is None else fields.integers(indices, what="indices"),
        value=None if value is None else fields.integer(value, what="value"),
        error=None if error is None else fields.text(error, what="error"),
        lower_bound=fields.integer(data["lower_bound"], what="lower_bound"),
        infeasible=fields.boolean(data["infeasible"], what="infeasible"),
        evidence=Evidence(fields.one_of(data["evidence"], strengths, what="evidence")),
        witnesses=tuple(
            _witness_from_dict(witness, what=f"witnesses[{i}]")
            for i, witness in enumerate(witnesses)
        ),
        remarks=tuple(
            fields.text(remark, what=f"remarks[{i}]") for i, remark in enumerate(remarks)
        ),
        package=fields.text(data["package"], what="package"),
        seal=_digest(data["seal"], what="seal"),
    )


def sealed(certificate: Certificate) -> Certificate:
    """Return the certificate with the seal that belongs to its content.

    Examples
    --------
    >>> bare = Certificate(kind="subset_sum", problem="0" * 64, indices=None, value=None,
    ...     error=None, lower_bound=0, infeasible=False, evidence=Evidence.REPORTED,
    ...     witnesses=(), package="0.1.0")
    >>> sealed(bare).seal == seal_of(bare)
    True
    """
    return replace(certificate, seal=seal_of(certificate))


def seal_of(certificate: Certificate) -> str:
    """Return the sha256 of the content of a certificate, its seal left out.

    Examples
    --------
    >>> bare = Certificate(kind="subset_sum", problem="0" * 64, indices=None, value=None,
    ...     error=None, lower_bound=0, infeasible=False, evidence=Evidence.REPORTED,
    ...     witnesses=(), package="0.1.0")
    >>> len(seal_of(bare))
    64
    """
    content = certificate_to_dict(certificate)
    del content["seal"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _witness_to_dict(witness: Witness) -> dict[str, Any]:
    w, said = witness, witness.reported
    return {
        "backend": w.backend,
        "family": w.family,
        "exact": w.exact,
        "version": w.version,
        "value": w.value,
        "lower_bound": w.lower_bound,
        "infeasible": w.infeasible,
        "stop": w.stop.value,
        "reported": None
        if said is None
        else {
            "status": said.status,
            # As text, since NaN and infinity are no JSON numbers.
            "objective": None if said.objective is None else repr(float(said.objective)),
            "bound": None if said.bound is None else repr(float(said.bound)),
        },
    }


def _witness_from_dict(data: Any, *, what: str) -> Witness:
    data = fields.record(data, _WITNESS_FIELDS, what=what)
    stops = [stop.value for stop in Stop]
    value = data["value"]
    return Witness(
        backend=fields.text(data["backend"], what=f"{what}.backend"),
        family=fields.text(data["family"], what=f"{what}.family"),
        exact=fields.boolean(data["exact"], what=f"{what}.exact"),
        version=fields.text(data["version"], what=f"{what}.version"),
        value=None if value is None else fields.integer(value, what=f"{what}.value"),
        lower_bound=fields.integer(data["lower_bound"], what=f"{what}.lower_bound"),
        infeasible=fields.boolean(data["infeasible"], what=f"{what}.infeasible"),
        stop=Stop(fields.one_of(data["stop"], stops, what=f"{what}.stop")),
        reported=_reported(data["reported"], what=f"{what}.reported"),
    )


def _reported(data: Any, *, what: str) -> Reported | None:
    if data is None:
        return None
    data = fields.record(data, ("status", "objective", "bound"), what=what)
    return Reported(
        status=fields.text(data["status"], what=f"{what}.status"),
        objective=_float(data["objective"], what=f"{what}.objective"),
        bound=_float(data["bound"], what=f"{what}.bound"),
    )


def _float(value: Any, *, what: str) -> float | None:
    if value is None:
        return None
    written = fields.text(value, what=what)
    try:
        number = float(written)
    except ValueError:
        number = None
    if number is None or repr(number) != written:
        raise FileError(f"{what} must be a float as Python writes it, got {fields.shown(value)}")
    return number


def _digest(value: Any, *, what: str) -> str:
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise FileError(f"{what} must be 64 hexadecimal digits, got {fields.shown(value)}")
    return value
