"""The files of the library: drawn, certified, and left alone where they are whole already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slth_opt.certificates import Certificate, Evidence, sealed, verify
from slth_opt.certifying import certify
from slth_opt.errors import CertificateRejected, FileError
from slth_opt.instances.records import (
    GROUPS,
    Family,
    Member,
    draw_member,
    draw_problem,
    members_from,
    stem_of,
)
from slth_opt.json_files import name_of
from slth_opt.library import (
    Instance,
    certificate_path,
    read_certificate,
    read_instance,
    write_certificate,
    write_instance,
)
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Stop
from slth_opt.worker_processes import share_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One instance to be written.

    Parameters
    ----------
    family, member
        What to draw.
    path
        Its file.
    certified
        Whether a certificate belongs beside it.
    """

    family: Family
    member: Member
    path: Path
    certified: bool


def plan_jobs(
    families: Sequence[Family],
    folder: str | Path,
    *,
    seed: int = 1,
    groups: Sequence[str] = (),
    certified: bool = False,
) -> tuple[Job, ...]:
    """Return what is to be written for some families, the least work first.

    Parameters
    ----------
    families
        Whose members.
    folder
        The library's folder; each family has one of its own in it.
    seed
        Where the seeds of the members start; the library's own start at 1.
    groups
        Only members of these groups, if any are named.
    certified
        Whether to solve and certify them as well.

    Examples
    --------
    >>> from slth_opt.instances import family_named
    >>> jobs = plan_jobs([family_named("uniform-fixed")], "instances", groups=["small"])
    >>> jobs[0].path.as_posix()
    'instances/uniform-fixed/uniform-fixed-n12-k6-b16-s1.json'
    """
    jobs = [
        Job(
            family=family,
            member=member,
            path=Path(folder) / family.name / f"{stem_of(family, member)}.json",
            certified=certified,
        )
        for family in families
        for member in members_from(family, seed)
        if not groups or member.group in groups
    ]
    return tuple(sorted(jobs, key=lambda job: GROUPS.index(job.member.group)))


def is_whole(job: Job) -> bool:
    """Tell whether a job's files are there and are what they should be.

    Raises
    ------
    FileError
        If another instance stands in its place.

    Examples
    --------
    >>> from slth_opt.instances import family_named
    >>> is_whole(plan_jobs([family_named("near-tie")], "no such folder")[0])
    False
    """
    if not job.path.exists():
        return False
    instance = draw_member(job.family, job.member)
    _check_same(job.path, instance)
    if not job.certified:
        return True
    beside = certificate_path(job.path)
    if not beside.exists():
        return False
    try:
        verify(instance.problem, read_certificate(beside), reprove=False)
    except CertificateRejected as rejected:
        raise FileError(
            f"{name_of(beside)}: is not true: {rejected}; remove it to have it made again"
        ) from None
    return True


def write_job(job: Job) -> Job:
    """Draw an instance, write it, and certify it if that is asked.

    Examples
    --------
    >>> import tempfile
    >>> from slth_opt.instances import family_named
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     job = write_job(plan_jobs([family_named("uniform-any")], folder)[0])
    ...     is_whole(job)
    True
    """
    instance = draw_member(job.family, job.member)
    job.path.parent.mkdir(parents=True, exist_ok=True)
    if job.path.exists():
        _check_same(job.path, instance)
    else:
        write_instance(job.path, instance)
    if job.certified:
        write_certificate(certificate_path(job.path), certify_member(job.family, job.member))
    return job


def certify_member(family: Family, member: Member) -> Certificate:
    """Certify a member; a planted selection nobody found in time stands for itself.

    Examples
    --------
    >>> from slth_opt.instances import family_named
    >>> family = family_named("planted-fixed")
    >>> certify_member(family, family.members[0]).value
    0
    """
    drawn = draw_problem(family, member)
    problem = drawn.problem
    certificate = certify(problem, Effort(seconds=member.seconds))
    if any(witness.stop is Stop.INTERRUPTED for witness in certificate.witnesses):
        raise KeyboardInterrupt  # half of an answer is not what was asked for
    if drawn.planted is None or certificate.evidence is Evidence.SELF_EVIDENT:
        return certificate
    mask = mask_of(drawn.planted, problem.num_candidates)
    if problem.value(mask) != problem.free_bound():
        return certificate
    asked = ", ".join(f"'{witness.backend}'" for witness in certificate.witnesses)
    planted = replace(
        certificate,
        indices=drawn.planted,
        value=problem.value(mask),
        error=problem.grid.exact_string(problem.error(mask)),
        lower_bound=problem.free_bound(),
        evidence=Evidence.SELF_EVIDENT,
        witnesses=(),
        remarks=(
            "the selection was planted when the instance was drawn; a bound anyone can compute "
            "settles it",
            f"asked for {member.seconds} seconds each, {asked} did not find one as good",
        ),
    )
    verify(problem, sealed(planted))
    return sealed(planted)


def write_jobs(jobs: Sequence[Job], workers: int = 1) -> Iterator[Job]:
    """Write several, in this process or in as many others as there are workers.

    Examples
    --------
    >>> list(write_jobs([]))
    []
    """
    yield from (job for _, job in share_out(write_job, [(job,) for job in jobs], workers))


def _check_same(path: Path, instance: Instance) -> None:
    if read_instance(path) != instance:
        raise FileError(
            f"{name_of(path)}: holds another instance than its name says; move it away, or name "
            "another folder"
        )
