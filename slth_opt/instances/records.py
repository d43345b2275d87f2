"""What a family of instances is, and the files its members are written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from slth_opt.errors import ProblemError
from slth_opt.instances.draws import GENERATOR, Draws, draws_of
from slth_opt.library import Facts, Instance
from slth_opt.problems import Problem
from slth_opt.problems.legality import mask_of

GROUPS = ("small", "medium", "hard")
"""Any exact method in well under a second; seconds for a general solver; more than that."""

LETTERS = {
    "n": "numbers in a pool, or columns",
    "k": "numbers to choose",
    "m": "most numbers to choose",
    "b": "bits after the binary point",
    "d": "rows, or samples",
    "t": "tolerance 2^-t",
    "p": "pools",
    "o": "outputs",
    "h": "hidden neurons",
    "i": "inputs",
    "e": "most edges to keep",
}
"""What the parameters in the name of a file count."""

Parameters = Mapping[str, int]
"""A number for each of some letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A problem as it was drawn.

    Parameters
    ----------
    problem
        The problem.
    planted
        A selection around which it was made, in increasing order; None if there is none.
    """

    problem: Problem
    planted: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One instance of a family, before it is drawn.

    Parameters
    ----------
    parameters
        Pairs of a letter of `LETTERS` and its number.
    seed
        Draws others of the same parameters.
    group
        How much work it is, one of `GROUPS`.
    seconds
        How long each method may take over its certificate.
    """

    parameters: tuple[tuple[str, int], ...]
    seed: int
    group: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Instances of one kind and one distribution.

    Parameters
    ----------
    name
        What users call it: the name of its folder.
    kind
        The kind of its problems.
    summary
        One line for people.
    law
        Where the numbers come from, in words.
    why
        What it is good for.
    members
        Its instances in the library.
    draw
        Makes a problem of parameters.
    """

    name: str
    kind: str
    summary: str
    law: str
    why: str
    members: tuple[Member, ...]
    draw: Callable[[Draws, Parameters], Drawn]


def make_family(
    name: str,
    kind: str,
    draw: Callable[[Draws, Parameters], Drawn],
    summary: str,
    law: str,
    why: str,
    *members: Sequence[Member],
) -> Family:
    """Return a family whose members come in several parts, as `copies` makes them.

    Examples
    --------
    >>> def draw(draws, parameters):
    ...     return Drawn(problem=None)
    >>> parts = copies("small", 2, n=8), copies("hard", 1, n=60)
    >>> len(make_family("mine", "subset_sum", draw, "a pool", "as typed", "tests", *parts).members)
    3
    """
    return Family(
        name=name,
        kind=kind,
        summary=summary,
        law=law,
        why=why,
        members=tuple(member for part in members for member in part),
        draw=draw,
    )


SECONDS = {"small": 20, "medium": 60, "hard": 30}
"""How long a method may take; a hard one that needs longer says so, others are left open."""


def copies(
    group: str, count: int, *, seconds: int | None = None, **parameters: int
) -> tuple[Member, ...]:
    """Return members that differ in their seeds only: 1, 2, ...

    Examples
    --------
    >>> [member.seed for member in copies("small", 2, n=12, k=6, b=16)]
    [1, 2]
    """
    return tuple(
        Member(
            parameters=tuple(parameters.items()),
            seed=seed,
            group=group,
            seconds=SECONDS[group] if seconds is None else seconds,
        )
        for seed in range(1, count + 1)
    )


def members_from(family: Family, seed: int) -> tuple[Member, ...]:
    """Return the members with their seeds counted from another number than 1.

    Examples
    --------
    >>> from slth_opt.instances import family_named
    >>> members_from(family_named("uniform-fixed"), 1000)[0].seed
    1000
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ProblemError(f"a seed is an integer >= 0, got {seed!r}")
    return tuple(replace(member, seed=member.seed - 1 + seed) for member in family.members)


def stem_of(family: Family, member: Member) -> str:
    """Return the name of a member's file, without its folder and ending.

    Examples
    --------
    >>> from slth_opt.instances import family_named
    >>> family = family_named("uniform-fixed")
    >>> stem_of(family, family.members[0])
    'uniform-fixed-n12-k6-b16-s1'
    """
    sizes = "".join(f"-{letter}{number}" for letter, number in member.parameters)
    return f"{family.name}{sizes}-s{member.seed}"


def draw_problem(family: Family, member: Member) -> Drawn:
    """Draw the problem of a member, from the numbers that belong to its name.

    Examples
    --------
    >>> from slth_opt.instances import family_named
    >>> family = family_named("planted-fixed")
    >>> len(draw_problem(family, family.members[0]).planted)
    8
    """
    return family.draw(draws_of(stem_of(family, member)), dict(member.parameters))


def draw_member(family: Family, member: Member) -> Instance:
    """Draw a member, with its provenance.

    Examples
    --------
    >>> from slth_opt.instances import family_named
    >>> family = family_named("uniform-fixed")
    >>> instance = draw_member(family, family.members[0])
    >>> instance.problem.num_candidates, dict(instance.provenance)["seed"]
    (12, 1)
    """
    drawn = draw_problem(family, member)
    planted: Facts = ()
    if drawn.planted is not None:
        mask = mask_of(drawn.planted, drawn.problem.num_candidates)
        planted = (("planted_value", drawn.problem.value(mask)),)
    return Instance(
        problem=drawn.problem,
        provenance=(
            ("family", family.name),
            ("group", member.group),
            *member.parameters,
            ("seed", member.seed),
            ("distribution", family.law),
            ("generator", GENERATOR),
            *planted,
        ),
    )
