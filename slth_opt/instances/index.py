"""What a folder of instances holds, read from its files: one entry each, as CSV and as .solu."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from slth_opt.certificates import Certificate, Evidence, verify
from slth_opt.errors import CertificateRejected, FileError
from slth_opt.instances.records import GROUPS
from slth_opt.json_files import name_of
from slth_opt.library import Instance, certificate_path, read_certificate, read_instance
from slth_opt.problems import JointLayer, LayerBudget, Problem, SharedBlock

STATUSES = ("easy", "hard", "open")
"""Proven, in groups small and medium; proven, in group hard; not proven by two kinds of methods."""

PROVING = (Evidence.SELF_EVIDENT, Evidence.AGREED)
"""The evidence that makes an optimum *proven* here; the word of one method does not."""

INFEASIBLE = "infeasible"


_COUNTS = ("exponent", "fewest", "most", "most_edges", "most_neurons")
"""Fields of a problem that count something, and are no numbers of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the index; the fields are its columns.

    Parameters
    ----------
    instance
        Family and stem: the path of the file without ``.json``.
    family, problem, group, seed
        The family, the kind of problem, the group, and the seed.
    candidates, rows, bits
        0/1 variables, sums, and bits of the largest integer.
    status
        One of `STATUSES`.
    optimum
        Proven: an integer, or ``"infeasible"``; None if open.
    best_known, lower_bound
        The value of the best selection known, and what no selection can be below.
    unit
        What a value of 1 means.
    evidence, witnesses
        What the bound rests on, and the methods that were asked.
    digest
        The sha256 of the problem.
    """

    instance: str
    family: str
    problem: str
    group: str
    candidates: int
    rows: int
    bits: int
    seed: int | None
    status: str
    optimum: int | str | None
    best_known: int | None
    lower_bound: int
    unit: str
    evidence: str
    witnesses: str
    digest: str

    @property
    def stem(self) -> str:
        """The name of the file without folder and ending."""
        return self.instance.rpartition("/")[2]


COLUMNS = tuple(field.name for field in fields(Entry))
"""The columns of index.csv, in order."""


def instance_paths(folder: str | Path) -> tuple[Path, ...]:
    """Return the instance files of a folder, family by family, the smaller sizes first.

    Raises
    ------
    FileError
        If there is no such folder, or no instance in it.

    Examples
    --------
    >>> instance_paths("no such folder")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: no such folder: there is no such folder; name one that holds \
instances with --folder DIR, or make one: slth instances generate uniform-fixed
    """
    place = Path(folder)
    make = "make one: slth instances generate uniform-fixed"
    if not place.is_dir():
        raise FileError(
            f"{name_of(place)}: there is no such folder; name one that holds instances with "
            f"--folder DIR, or {make}"
        )
    found = [p for p in place.glob("*/*.json") if not p.name.endswith(".certificate.json")]
    if not found:
        raise FileError(f"{name_of(place)}: holds no instance; name another folder, or {make}")
    return tuple(sorted(found, key=lambda path: _natural(path.relative_to(place).as_posix())))


def read_entry(folder: str | Path, path: Path) -> Entry:
    """Return the entry of an instance file, with what its certificate says.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.instances import family_named
    >>> from slth_opt.instances.writing import plan_jobs, write_job
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     job = plan_jobs([family_named("planted-any")], folder, certified=True)[0]
    ...     entry = read_entry(folder, write_job(job).path)
    >>> entry.instance, entry.status, entry.optimum
    ('planted-any/planted-any-n16-k8-b30-s1', 'easy', 0)
    """
    instance = read_instance(path, within=folder)
    beside = certificate_path(path)
    certificate = read_certificate(beside, within=folder) if beside.exists() else None
    name = path.relative_to(folder).as_posix().removesuffix(".json")
    try:
        return entry_of(name, instance, certificate)
    except CertificateRejected as rejected:
        raise CertificateRejected(
            f"{name_of(beside)}: is not true: {rejected}; slth instances check names all such"
        ) from None


def read_entries(folder: str | Path) -> tuple[Entry, ...]:
    """Return the entries of all instances of a folder, in order.

    Examples
    --------
    >>> read_entries("no such folder")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: no such folder: there is no such folder; name one that holds \
instances with --folder DIR, or make one: slth instances generate uniform-fixed
    """
    return tuple(read_entry(folder, path) for path in instance_paths(folder))


def entry_of(name: str, instance: Instance, certificate: Certificate | None) -> Entry:
    """Return what the index says of an instance: what a certificate says that was checked here.

    Raises
    ------
    CertificateRejected
        If the certificate is not true.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> pool = Instance(problem=SubsetSum(weights=(3, 9), target=5, fewest=1, most=1))
    >>> entry_of("mine/pool", pool, None).status
    'open'
    """
    problem, facts = instance.problem, dict(instance.provenance)
    if certificate is not None:
        verify(problem, certificate, reprove=False)
    group, seed = facts.get("group"), facts.get("seed")
    group = group if group in GROUPS else "hard"
    optimum = None if certificate is None else proven_optimum(certificate)
    return Entry(
        instance=name,
        family=name.partition("/")[0],
        problem=problem.kind,
        group=str(group),
        candidates=problem.num_candidates,
        rows=_count_sums(problem),
        bits=max(abs(number).bit_length() for number in _numbers(problem.canonical())),
        seed=seed if isinstance(seed, int) else None,
        status="open" if optimum is None else "hard" if group == "hard" else "easy",
        optimum=optimum,
        best_known=None if certificate is None else certificate.value,
        lower_bound=problem.free_bound() if certificate is None else certificate.lower_bound,
        unit=_unit(problem),
        evidence="" if certificate is None else certificate.evidence.value,
        witnesses=" ".join(w.backend for w in certificate.witnesses) if certificate else "",
        digest=problem.digest,
    )


def proven_optimum(certificate: Certificate) -> int | str | None:
    """Return the optimum, or that there is no selection, if that may be called proven.

    Examples
    --------
    >>> from slth_opt.certifying import certify
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> proven_optimum(certify(pool)), proven_optimum(certify(pool, backends=["meeting"]))
    (1, None)
    """
    if certificate.evidence not in PROVING:
        return None
    if certificate.infeasible:
        return INFEASIBLE
    return certificate.value if certificate.is_optimal else None


def as_csv(entries: Sequence[Entry]) -> str:
    """Write entries as CSV, empty cells where nothing is known.

    Examples
    --------
    >>> as_csv([]).startswith("instance,family,problem,group,candidates")
    True
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(["" if v is None else v for v in asdict(entry).values()] for entry in entries)
    return text.getvalue()


def as_solu(entries: Sequence[Entry]) -> str:
    r"""Write what is known of the optima, as solver test sets do: =opt=, =best=, =inf=, =unkn=.

    Examples
    --------
    >>> from slth_opt.certifying import certify
    >>> from slth_opt.problems import SubsetSum
    >>> pool = Instance(problem=SubsetSum(weights=(3, 9), target=5, fewest=1, most=1))
    >>> as_solu([entry_of("mine/pool", pool, certify(pool.problem))])
    '=opt= pool 2\n'
    """
    return "".join(f"{_solu_line(entry)}\n" for entry in entries)


def _solu_line(entry: Entry) -> str:
    if entry.optimum == INFEASIBLE:
        return f"=inf= {entry.stem}"
    if entry.optimum is not None:
        return f"=opt= {entry.stem} {entry.optimum}"
    if entry.best_known is not None:
        return f"=best= {entry.stem} {entry.best_known}"
    return f"=unkn= {entry.stem}"


def _count_sums(problem: Problem) -> int:
    """Count the sums that are held against a target."""
    if isinstance(problem, JointLayer):
        outputs, _, inputs = problem.shape
        return outputs * inputs
    if isinstance(problem, SharedBlock):
        return len(problem.products)
    return len(problem.pools) if isinstance(problem, LayerBudget) else len(problem.rows)


def _unit(problem: Problem) -> str:
    if problem.objective_grid.exponent:
        return problem.objective_grid.exact_string(1)
    counted = {"items": "1 number", "edges": "1 edge", "neurons": "1 neuron"}
    return counted.get(problem.unit, "1")


def _numbers(value: Any) -> Iterator[int]:
    """Yield every integer of a canonical form that is a weight, a target or a tolerance."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name not in _COUNTS:
                yield from _numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


def _natural(text: str) -> list[tuple[int, str]]:
    """Order names so that n8 comes before n12."""
    parts = re.findall(r"(\d+)|(\D+)", text)
    return [(int(digits or -1), letters) for digits, letters in parts]
