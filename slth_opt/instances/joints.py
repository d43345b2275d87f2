"""Whole layers with both masks free."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from slth_opt.grid import Grid
from slth_opt.instances.draws import Draws
from slth_opt.instances.laws import draw_uniform, draw_within_reach
from slth_opt.instances.records import Drawn, Family, Parameters, copies, make_family
from slth_opt.problems import JointLayer


def draw_joint(draws: Draws, parameters: Parameters, *, norm: str) -> Drawn:
    """Draw both matrices and a target matrix; with e, at most so many edges are kept.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> problem = draw_joint(
    ...     draws_of("joint"), {"o": 2, "h": 4, "i": 3, "b": 8}, norm="linf"
    ... ).problem
    >>> problem.shape, problem.most == problem.num_candidates
    ((2, 4, 3), True)
    """
    o, i, b = (parameters[letter] for letter in "oib")
    half = 1 << (b - 1)
    blank = _blank(draws, parameters, norm)
    goals = [
        draw_within_reach(lambda: draws.integer(-half, half) << b, pool)
        for _, pool, _ in blank.entries()
    ]
    targets = tuple(tuple(goals[row * i : (row + 1) * i]) for row in range(o))
    return Drawn(problem=replace(blank, targets=targets))


def draw_planted_joint(draws: Draws, parameters: Parameters) -> Drawn:
    """Draw both matrices; the targets are what is left of them under two drawn masks.

    Examples
    --------
    >>> from slth_opt.instances.draws import draws_of
    >>> drawn = draw_planted_joint(draws_of("joint"), {"o": 2, "h": 4, "i": 3, "b": 8})
    >>> drawn.problem.most, len(drawn.planted)
    (10, 10)
    """
    o, h, i = (parameters[letter] for letter in "ohi")
    edges = h * (i + o)
    blank = _blank(draws, parameters, "linf")
    kept = draws.subset(edges, edges // 2)
    sums = blank.sums(tuple(int(edge in set(kept)) for edge in range(edges)))
    targets = tuple(sums[row * i : (row + 1) * i] for row in range(o))
    problem = replace(blank, targets=targets, most=len(kept))
    return Drawn(problem=problem, planted=kept)


def _blank(draws: Draws, parameters: Parameters, norm: str) -> JointLayer:
    """Draw both matrices, with targets of zero."""
    o, h, i, b = (parameters[letter] for letter in "ohib")
    return JointLayer(
        first=tuple(draw_uniform(draws, i, b) for _ in range(h)),
        second=tuple(draw_uniform(draws, h, b) for _ in range(o)),
        targets=((0,) * i,) * o,
        norm=norm,
        most=parameters.get("e", h * (i + o)),
        grid=Grid(exponent=2 * b),
    )


_JOINT = (
    "entries of both matrices uniform on the multiples of 2^-b in [-1, 1]; targets uniform on the "
    "multiples of 2^-b in [-1/2, 1/2], within reach"
)


JOINTS: tuple[Family, ...] = (
    make_family(
        "joint-linf", JointLayer.kind, partial(draw_joint, norm="linf"),
        "both masks of an o x h x i layer, smallest largest error", _JOINT,
        "Nothing fixed in advance: every entry is a subset sum, all of the same two masks.",
        copies("small", 2, o=2, h=4, i=2, b=12),
        copies("medium", 2, o=3, h=8, i=3, b=23),
        copies("hard", 1, seconds=90, o=3, h=12, i=3, b=23),
        copies("hard", 1, seconds=90, o=4, h=12, i=4, b=23),
        copies("hard", 1, o=5, h=16, i=5, b=23),
    ),
    make_family(
        "joint-l1", JointLayer.kind, partial(draw_joint, norm="l1"),
        "both masks of an o x h x i layer, smallest sum of errors", _JOINT,
        "As before in the other norm, where bounds are weaker still.",
        copies("small", 2, o=2, h=4, i=2, b=12),
        copies("medium", 2, o=3, h=8, i=3, b=23),
        copies("hard", 1, seconds=90, o=3, h=12, i=3, b=23),
        copies("hard", 1, seconds=90, o=4, h=8, i=4, b=23),
        copies("hard", 1, o=5, h=16, i=5, b=23),
    ),
    make_family(
        "joint-quantised", JointLayer.kind, partial(draw_joint, norm="l1"),
        "both masks of an o x h x i layer of numbers of few bits", _JOINT,
        "Coarse numbers: bilinear and combinatorial, but small integers throughout.",
        copies("small", 2, o=2, h=5, i=2, b=3),
        copies("medium", 2, o=3, h=8, i=3, b=4),
        copies("hard", 1, seconds=90, o=4, h=10, i=4, b=4),
    ),
    make_family(
        "joint-budget", JointLayer.kind, partial(draw_joint, norm="linf"),
        "both masks of an o x h x i layer, at most e edges kept", _JOINT,
        "Whole-layer sparse approximation: a budget of edges over both matrices.",
        copies("small", 2, o=2, h=4, i=2, b=12, e=8),
        copies("medium", 2, o=3, h=8, i=3, b=23, e=24),
        copies("hard", 1, seconds=90, o=4, h=12, i=4, b=23, e=48),
    ),
    make_family(
        "joint-planted", JointLayer.kind, draw_planted_joint,
        "both masks of an o x h x i layer of which half of the edges make the target",
        "entries of both matrices uniform on the multiples of 2^-b in [-1, 1]; the target is "
        "what two masks that keep half of all edges leave",
        "The optimum is 0: two masks recovered from the product they leave.",
        copies("small", 2, o=2, h=4, i=2, b=12),
        copies("medium", 2, o=3, h=6, i=3, b=23),
        copies("hard", 1, seconds=90, o=4, h=8, i=4, b=23),
    ),
)  # fmt: skip
