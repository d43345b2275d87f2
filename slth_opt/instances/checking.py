"""Is all true that a folder of instances says? Each file, each certificate, each line of the index.

Certificates are checked by the standard library alone. Whoever wants more has everything that
is called proven solved once more, by a method of each family that bore witness to it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from slth_opt.backends import BACKENDS
from slth_opt.certificates import Certificate, verify
from slth_opt.errors import CertificateRejected, ClaimRejected, SlthError
from slth_opt.instances.index import Entry, instance_paths, proven_optimum, read_entry
from slth_opt.instances.pages import pages_of
from slth_opt.json_files import name_of
from slth_opt.library import certificate_path, read_certificate, read_instance
from slth_opt.problems import Problem
from slth_opt.results import Effort, Stop
from slth_opt.solving import solve, why_not


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of checking one file.

    Parameters
    ----------
    name
        The instance, as the index calls it, or a page of the library.
    trouble
        What is wrong, one line each; nothing if all is true.
    reproven
        Whether the bound was proven once more in plain Python.
    solved_by
        The methods that found the stored optimum once more, with a proof.
    undecided
        The methods that were asked and did not finish.
    """

    name: str
    trouble: tuple[str, ...] = ()
    reproven: bool = False
    solved_by: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def check_folder(
    folder: str | Path, *, again: bool = False, seconds: float = 60.0
) -> Iterator[Checked]:
    """Check the instances of a folder one by one, then its pages.

    Parameters
    ----------
    folder
        The library.
    again
        Whether to solve everything proven once more as well.
    seconds
        How long each method may take over one instance then.

    Raises
    ------
    FileError
        If there is no such folder, or no instance in it.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.instances import family_named
    >>> from slth_opt.instances.writing import plan_jobs, write_job
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     job = plan_jobs([family_named("planted-any")], folder, certified=True)[0]
    ...     place = write_job(job).path
    ...     [(found.name, found.trouble) for found in check_folder(folder)][0]
    ('planted-any/planted-any-n16-k8-b30-s1', ())
    """
    entries: list[Entry] = []
    for path in instance_paths(folder):
        name = path.relative_to(folder).as_posix().removesuffix(".json")
        try:
            checked = _check_instance(Path(folder), path, name, again=again, seconds=seconds)
        except SlthError as refused:
            checked = Checked(name=name, trouble=(str(refused),))
        yield checked
        with suppress(SlthError):  # what is not true was named above, and is in no index
            entries.append(read_entry(folder, path))
    yield from _orphans(Path(folder))
    yield from _check_pages(Path(folder), entries)


def check_answers(
    problem: Problem, certificate: Certificate, seconds: float
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Solve a problem again by its witnesses; return who refutes, who agrees, who did not finish.

    Examples
    --------
    >>> from slth_opt.certifying import certify
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
    >>> check_answers(pool, certify(pool), 60.0)
    ((), ('meeting', 'branching'), ())
    """
    trouble: list[str] = []
    agreeing: list[str] = []
    undecided: list[str] = []
    for name in _again(problem, certificate, seconds):
        effort = Effort(seconds=seconds)
        try:
            result = solve(problem, name, effort, start=None)
        except ClaimRejected as rejected:
            trouble.append(f"'{name}' makes an impossible claim: {rejected}")
            continue
        if result.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        refuted = _refutes(result.value, result.lower_bound, result.infeasible, certificate)
        if refuted is not None:
            trouble.append(f"'{name}' {refuted}")
        elif result.is_optimal or result.infeasible:
            agreeing.append(name)
        else:
            undecided.append(name)
    return tuple(trouble), tuple(agreeing), tuple(undecided)


def _again(problem: Problem, certificate: Certificate, seconds: float) -> list[str]:
    """Return the methods to ask: the witnesses that closed it, or the first able one."""
    effort = Effort(seconds=seconds)
    able = [b for b in BACKENDS if b.exact and why_not(b, problem, effort) is None]
    closed = {w.family for w in certificate.witnesses if w.exact and w.is_closed}
    chosen: dict[str, str] = {}
    for backend in able:
        if not closed or backend.family in closed:
            chosen.setdefault(backend.family, backend.name)
    names = list(chosen.values())
    return names if closed else names[:1]


def _refutes(
    value: int | None, lower_bound: int, infeasible: bool, certificate: Certificate
) -> str | None:
    """Say what an answer and a certificate cannot both be right about, or None."""
    if certificate.infeasible:
        return None if value is None else f"found a selection, of value {value}; none is said to be"
    best = certificate.value
    if infeasible:
        return f"says that no selection is legal; the certificate has one of value {best}"
    if value is not None and value < certificate.lower_bound:
        return f"found {value}, below the stored bound {certificate.lower_bound}"
    if best is not None and lower_bound > best:
        return f"says that nothing is below {lower_bound}; the certificate has {best}"
    return None


def _check_instance(folder: Path, path: Path, name: str, *, again: bool, seconds: float) -> Checked:
    instance = read_instance(path, within=folder)
    trouble = list(_misplaced(name, dict(instance.provenance)))
    beside = certificate_path(path)
    if not beside.exists():
        return Checked(name=name, trouble=tuple(trouble))
    certificate = read_certificate(beside, within=folder)
    try:
        report = verify(instance.problem, certificate)
    except CertificateRejected as rejected:
        return Checked(name=name, trouble=(*trouble, f"its certificate is not true: {rejected}"))
    solved_by: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    if again and proven_optimum(certificate) is not None:
        refuted, solved_by, undecided = check_answers(instance.problem, certificate, seconds)
        trouble += refuted
    return Checked(
        name=name,
        trouble=tuple(trouble),
        reproven=bool(report.reproven),
        solved_by=solved_by,
        undecided=undecided,
    )


def _misplaced(name: str, facts: dict[str, str | int]) -> Iterator[str]:
    """Say where the place of a file is not what it says of itself."""
    folder, _, stem = name.partition("/")
    if facts.get("family") != folder:
        yield f"it lies in '{folder}' and says that it is of the family {facts.get('family')!r}"
    if not stem.endswith(f"-s{facts.get('seed')}"):
        yield f"it says that its seed is {facts.get('seed')!r}, its name does not"


def _orphans(folder: Path) -> Iterator[Checked]:
    """Name the certificates whose instance is not there: nobody can say what they certify."""
    for beside in sorted(folder.glob("*/*.certificate.json")):
        name = beside.relative_to(folder).as_posix().removesuffix(".certificate.json")
        if not (folder / f"{name}.json").exists():
            trouble = f"there is a certificate without its instance; remove {name_of(beside)}"
            yield Checked(name=name, trouble=(trouble,))


def _check_pages(folder: Path, entries: Sequence[Entry]) -> Iterator[Checked]:
    """Hold the index and the other pages against the files."""
    for name, due in pages_of(folder, entries).items():
        place = folder / name
        if not place.exists():
            yield Checked(name=name, trouble=(f"is missing; {_WRITE}",))
            continue
        try:
            found = place.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            found = ""
        except OSError as failed:  # no right to read it, or a folder of that name
            yield Checked(name=name, trouble=(f"cannot be read: {failed.strerror}",))
            continue
        if found == due:
            yield Checked(name=name)
        elif name == "index.csv":
            yield Checked(name=name, trouble=tuple(_differing_rows(found, due)))
        else:
            yield Checked(name=name, trouble=(f"is not what the files say; {_WRITE}",))


def _differing_rows(found: str, due: str) -> Iterator[str]:
    """Say which lines of the index are not what the files say."""
    try:
        said, true = (
            {row.get("instance"): row for row in csv.DictReader(io.StringIO(text))}
            for text in (found, due)
        )
    except csv.Error as unread:  # a cell without end, as a lost quotation mark makes
        yield f"is no table: {unread}; {_WRITE}"
        return
    for name in said.keys() - true.keys():
        yield f"names {name!r}, of which there are no true files"
    for name, row in true.items():
        old = said.get(name)
        if old is None:
            yield f"lacks {name}; {_WRITE}"
            continue
        for column, value in row.items():
            if old.get(column) != value:
                yield f"{name}: {column} is {old.get(column)!r}, its files say {value!r}"
    same = all(row.items() <= said.get(name, {}).items() for name, row in true.items())
    if same and said.keys() == true.keys():
        yield f"holds the right lines in another form; {_WRITE}"


_WRITE = "slth instances table writes it"
