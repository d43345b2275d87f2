"""Tickets: built, cut, counted and verified; a ticket that claims too much is found out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from slth_opt.choosing import recomputed
from slth_opt.constructions import CONSTRUCTIONS, construction_named
from slth_opt.errors import CertificateRejected, ProblemError
from slth_opt.heuristics import HEURISTICS
from slth_opt.networks import accuracy, dense_network, read_digits, run_exactly, shipped_target
from slth_opt.size_rules import SizeRule
from slth_opt.sources import LayerSource
from slth_opt.tickets import (
    BIAS,
    Ticket,
    build_ticket,
    count_edges,
    default_rule,
    questions,
    ticket_network,
    verify_ticket,
)
from slth_opt.tickets.cutting import as_exact_floats

NAMES = [construction.name for construction in CONSTRUCTIONS]
RULES = {
    "exactly": SizeRule(rule="exactly", size=3),
    "any": SizeRule(rule="any"),
    "smallest": SizeRule(rule="smallest", tolerance=Fraction(1, 20)),
    "budget": SizeRule(rule="budget", most=15),
    "budget l1": SizeRule(rule="budget", most=15, norm="l1"),
    "budget squares": SizeRule(rule="budget", most=15, norm="squares"),
}


def target():
    """Return a target 3-2-2 of sixty-fourths."""
    rng = np.random.default_rng(1)
    return dense_network([rng.integers(-32, 33, shape) / 64 for shape in ((2, 3), (2, 2))])


def built(name, rule, **facts):
    n = 6 if name == "pooled" else 9  # pooled sides have twice as many
    own = RULES[rule]
    if own.most is not None and name == "burkholz":
        own = replace(own, most=15 * n)  # every neuron is built n times
    return build_ticket(target(), name, n=n, seed=1, rule=own, method="exact", **facts)


def with_masks(ticket, k, masks):
    """Return a ticket whose part k has other masks, its errors recomputed, all claims kept."""
    parts = list(ticket.parts)
    choice = recomputed(parts[k].pools, parts[k].targets, masks, proven=ticket.proven)
    parts[k] = replace(parts[k], choice=choice)
    return replace(ticket, parts=tuple(parts))


# Built.


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NAMES)
def test_every_rule_is_kept(name, rule):
    """Masks have the sizes the rule says, and no zeros but to fill up a fixed size."""
    ticket = built(name, rule)
    for part in ticket.parts:
        sizes, source = part.choice.masks.sum(axis=1), ticket.sources[part.layer]
        if rule != "exactly":
            assert not part.choice.masks[part.pools == 0].any()
        elif not source.pooled:
            assert (sizes == 3).all()
        else:
            other = next(p for p in ticket.parts if p.layer == part.layer and p is not part)
            assert (sizes + other.choice.masks.sum(axis=1) == 3).all()
    if rule.startswith("budget"):
        assert sum(int(part.choice.masks.sum()) for part in ticket.parts) <= ticket.rule.most
    assert ticket.proven


@pytest.mark.parametrize("name", NAMES)
def test_default_rules_are_the_papers(name):
    """One each for Malach, half for Natale, within 1/100 for Burkholz, any size for the others."""
    due = {
        "malach": SizeRule(rule="exactly", size=1),
        "natale": SizeRule(rule="exactly", size=4),
        "burkholz": SizeRule(rule="smallest", tolerance=Fraction(1, 100)),
    }
    assert default_rule(construction_named(name), 8) == due.get(name, SizeRule(rule="any"))


def test_half_of_one_candidate_is_one():
    """With a single candidate for each side, an empty subset is no ticket."""
    assert default_rule(construction_named("natale"), 1).size == 1


def test_failures_are_the_sums_beyond_the_tolerance():
    """Reported with their weights, nothing drawn again: exactly those with a larger error."""
    rule = SizeRule(rule="smallest", tolerance=Fraction(1, 64))
    ticket = build_ticket(target(), "pensia", n=6, seed=1, rule=rule)
    errors = [
        Fraction(int(e), 2**p.choice.exponent) for p in ticket.parts for e in p.choice.error_units
    ]
    missed = [
        Fraction(int(part.choice.error_units[row]), 2**part.choice.exponent)
        for part, rows in ticket.failures()
        for row in rows
    ]
    assert missed == [e for e in errors if e > Fraction(1, 64)]
    assert 0 < ticket.num_failures == len(missed) < len(errors)


def test_progress_counts_all_subset_sums():
    """Sums done over all parts only grow, and end at all of them."""
    told = []
    ticket = build_ticket(
        target(), "pensia", n=6, seed=1, progress=lambda *counts: told.append(counts)
    )
    total = sum(len(part.targets) for part in ticket.parts)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (total, total)


@pytest.mark.parametrize("method", [h.name for h in HEURISTICS if "any" in h.rules])
def test_heuristics_prove_nothing(method):
    """A ticket by a heuristic claims no proof, and its sums are no better than the optimum."""
    by_hand = build_ticket(target(), "pensia", n=9, seed=1, rule=RULES["any"], method=method)
    best = built("pensia", "any")
    assert not by_hand.proven
    for one, other in zip(by_hand.parts, best.parts, strict=True):
        assert (one.choice.errors >= other.choice.errors).all()


def test_a_heuristic_cannot_share_a_size():
    """Pooled sides share a fixed size, which only profiles can split."""
    with pytest.raises(ProblemError, match="'greedy' cannot share one size between pooled sides"):
        build_ticket(target(), "pooled", n=6, seed=1, rule=RULES["exactly"], method="greedy")


def test_sums_that_no_float_holds_are_refused():
    """A bias must come out as a float, exactly."""
    with pytest.raises(ProblemError, match="needs more than the 53 bits of a float"):
        as_exact_floats([1 + Fraction(1, 2**60)])


# The shipped target.

LOST = {"pooled": 0, "otsuka": 0, "parallel": 0, "malach": 0.12}
"""At most this share of the images; 0 where every candidate may serve, whatever its sign."""


@pytest.mark.parametrize("name", [name for name in NAMES if name != "orseau"])
def test_tickets_of_digits_are_as_good_as_the_target(name):
    """With n = 20 every weight is proven, and as many images are right as by the target.

    Where half of the candidates are zeros, some inputs have so few left that their weights find
    no subset: up to 2 images in 100 are lost, and 12 with a single candidate for each weight.
    """
    network, (inputs, labels) = shipped_target("digits"), read_digits()
    ticket = build_ticket(network, name, n=20, seed=0)
    due, got = accuracy(network, inputs, labels), accuracy(ticket_network(ticket), inputs, labels)
    assert ticket.proven
    assert due - LOST.get(name, 0.02) <= got <= due


def test_targets_like_the_published_one_keep_as_many_edges():
    """Small weights, and two extremes to draw between: per weight 9.84 of 21, or 0.54 within 1/100.

    So it was for the published weights; the number of sets, 70 and not 510, makes it vary more.
    """
    rng = np.random.default_rng(4)
    first, last = rng.normal(0, 0.0168, (60, 100)), rng.normal(0, 0.08, (10, 60))
    first[0, 0], last[0, 0] = -0.46423, 0.54070
    network = dense_network([first, last])
    any_size = build_ticket(network, "parallel", n=21, seed=0)
    within = SizeRule(rule="smallest", tolerance=Fraction(1, 100))
    smallest = build_ticket(network, "parallel", n=21, seed=0, rule=within)
    per_weight = [count_edges(t).chosen / network.num_coefficients for t in (any_size, smallest)]
    assert abs(per_weight[0] - 9.84) < 0.4
    assert 0.3 < per_weight[1] < 1.0
    assert smallest.num_failures == 0


# Edges, counted by hand. Kept: every candidate that may be; each number is 1/2 or -1/2.


def halves(*signs):
    return np.array(signs, np.float32) / 2


def counted(network, name, sources):
    """Return the counts of a ticket that keeps all there is, but no zeros of pooled sides."""
    parts = []
    for part in questions(network, sources):
        pooled = sources[part.layer].pooled
        masks = part.pools != 0 if pooled else np.ones(part.pools.shape, bool)
        choice = recomputed(part.pools, part.targets, masks, proven=False)
        parts.append(replace(part, choice=choice))
    ticket = Ticket(
        target=network, construction=name, n=2, seed=0, rule=SizeRule(rule="any"), method="exact",
        sources=tuple(sources), parts=tuple(parts),
    )  # fmt: skip
    counts = count_edges(ticket)
    assert counts.edges == counts.first_layer + counts.second_layer
    return [
        counts.target, counts.first_layer, counts.second_layer, counts.chosen, counts.natale_kept,
        counts.natale_source, counts.block_source, counts.pensia_source,
    ]  # fmt: skip


SQUARE = dense_network([[[0.5, 0.25], [-0.5, 0.125]]])


def of_square(name, *rows):
    """Return the source of a 2 x 2 layer with n = 2: first weights by hand, second ones 1/2."""
    from slth_opt.sources import generator

    (source,) = construction_named(name).lay_out(SQUARE, 2, generator(0))
    return [replace(source, first=halves(*rows), second=np.full_like(source.second, 0.5))]


@pytest.mark.parametrize("name", ["natale", "pensia", "malach", "orseau", "ferbach"])
def test_counts_of_split_diamonds(name):
    """Input 0 has one candidate of the right sign on each side, input 1 has both.

    Each of two outputs: (1 + 2) on both sides, 12 in all, from 2 + 4 neurons; chosen 2 x 2 x 4.
    Source: 8 + 16 entries in the blocks; in full 8 x 2 and 2 x 8.
    """
    sources = of_square(name, (1, -1, -1, 1), (1, 1, -1, -1))
    assert counted(SQUARE, name, sources) == [4, 6, 12, 16, 32, 32, 24, 8]


def test_counts_of_pooled_diamonds():
    """All four channels of an input serve a side: 4 x 4 edges from all 8 neurons."""
    sources = of_square("pooled", (1, -1, -1, 1), (1, 1, -1, -1))
    assert counted(SQUARE, "pooled", sources) == [4, 8, 16, 16, 32, 32, 24, 8]


def test_counts_of_one_side():
    """Channel 1 of input 0 is silent: (1 + 2) edges for each output, from 3 of 4 neurons."""
    sources = of_square("nonnegative", (1, -1), (1, 1))
    assert counted(SQUARE, "nonnegative", sources) == [4, 3, 6, 8, 16, 16, 12, 8]


def test_counts_without_relu():
    """No sign is wrong: 4 x 2 edges from 4 neurons."""
    sources = of_square("otsuka", (1, -1), (1, 1))
    assert counted(SQUARE, "otsuka", sources) == [4, 4, 8, 8, 16, 16, 12, 8]


def test_counts_of_parallel_weights():
    """No first layer was drawn: only the 4 x 2 parallel weights count, in the source as well."""
    sources = of_square("parallel", (1, 1), (1, 1))
    assert counted(SQUARE, "parallel", sources) == [4, 0, 8, 8, 16, 8, 8, 8]


def test_counts_of_copies():
    """A target 1-1-1: two copies of the hidden neuron, then one matrix without hidden neurons.

    Each copy has one candidate of the right sign on each side: 4 edges from 2 neurons, 8 chosen;
    the output has 2 more. Source: 4 + 8 entries, then 2.
    """
    from slth_opt.sources import generator

    network = dense_network([[[0.5]], [[0.25]]])
    first, last = construction_named("burkholz").lay_out(network, 2, generator(0))
    sources = [
        replace(first, first=halves((1, -1, -1, 1)), second=np.full_like(first.second, 0.5)),
        replace(last, second=np.full_like(last.second, 0.5)),
    ]
    assert counted(network, "burkholz", sources) == [2, 2, 6, 10, 20, 14, 14, 4]


def test_counts_of_biases():
    """A bias takes candidates from constant neurons of its own: one of two here is alive.

    Weight: 1 edge on each side of 2 chosen, 2 neurons. Bias: 1 edge of 2 chosen, 1 neuron.
    """
    from slth_opt.sources import generator

    network = dense_network([[[0.5]]], [[0.25]])
    (source,) = construction_named("pensia").lay_out(network, 2, generator(0))
    by_hand = replace(
        source,
        first=halves((1, -1, -1, 1)),
        second=np.full_like(source.second, 0.5),
        first_constant=halves(1, -1),
        second_constant=halves((1, 1)),
    )
    assert counted(network, "pensia", [by_hand]) == [2, 3, 3, 6, 12, 12, 12, 4]


def test_counts_of_a_convolution_are_of_coefficients():
    """A kernel of two places sliding over many has two weights, however often they are used."""
    from slth_opt.networks import Layer, Network, shifts_1d

    network = Network(layers=(Layer(coefficients=np.ones((1, 1, 2)), basis=shifts_1d(9, 2)),))
    counts = count_edges(build_ticket(network, "otsuka", n=4, seed=1, rule=RULES["any"]))
    assert (counts.target, counts.block_source, counts.pensia_source) == (2, 4 + 8, 8)


def test_sources_of_the_published_target():
    """For 784-500-10 and n = 21: 52,989,552 entries in full, and 8,337,000 as published."""
    shapes = [(500, 784), (10, 500)]
    plan = construction_named("natale")
    branches = plan.lay_out(SQUARE, 21, np.random.default_rng(0))[0].branches
    sources = tuple(
        LayerSource(  # of the right shapes, and no numbers
            first=np.broadcast_to(np.float32(0), (inputs, 42)),
            second=np.broadcast_to(np.float32(0), (outputs, inputs, 1, 42)),
            branches=branches,
        )
        for outputs, inputs in shapes
    )
    ticket = Ticket(
        target=dense_network([np.zeros(shape) for shape in shapes]), construction="natale", n=21,
        seed=0, rule=RULES["any"], method="exact", sources=sources, parts=(),
    )  # fmt: skip
    counts = count_edges(ticket)
    by_formula = sum(2 * d1 * d1 * 21 + 2 * d1 * d2 * 21 for d2, d1 in shapes)
    assert counts.natale_source == by_formula == 52_989_552
    assert counts.pensia_source == 8_337_000
    assert counts.target == 397_000


# Verified.


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NAMES)
def test_honest_tickets_are_verified(name, rule):
    """Solved again in full by a method of another kind, every ticket is what it says."""
    ticket = built(name, rule)
    report = verify_ticket(ticket, sample=10**6)
    total = sum(len(part.targets) for part in ticket.parts)
    assert (report.weights, report.sampled) == (total, total)


@pytest.mark.parametrize("method", ["greedy", "draws"])
def test_a_heuristic_ticket_has_nothing_to_solve_again(method):
    """Where no proof is claimed, only sums and sizes are checked."""
    ticket = build_ticket(target(), "pensia", n=6, seed=1, rule=RULES["any"], method=method)
    report = verify_ticket(ticket)
    assert report.sampled == 0
    assert "the ticket claims none" in report.lines()[1]


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", NAMES)
def test_one_worse_subset_is_found_out(name, rule):
    """With one subset changed for the worst of its size, a proven ticket is rejected."""
    ticket = built(name, rule)
    found = 0
    for k, part in enumerate(ticket.parts):
        for row in range(len(part.targets)):
            masks = worst_of_size(part, row, more=rule == "smallest")
            forged = with_masks(ticket, k, masks)
            if (masks == part.choice.masks).all():
                continue  # all there is was kept already
            if rule != "smallest" and harm(forged) == harm(ticket):
                continue  # as good as before for what the rule minimises
            found += 1
            with pytest.raises(CertificateRejected):
                verify_ticket(forged, sample=10**6)
    assert found > 0


def worst_of_size(part, row, *, more):
    """Return masks whose row holds the worst subset as large as before, or one larger."""
    own = np.flatnonzero(part.pools[row])
    size = int(part.edges[row].sum()) + more
    goal = part.targets[row]
    subsets = combinations(own, min(size, len(own)))
    worst = max(subsets, key=lambda s: abs(part.pools[row, list(s)].sum() - goal))
    masks = part.choice.masks.copy()
    masks[row, own] = False
    masks[row, list(worst)] = True
    return masks


def harm(ticket):
    """Return all that the rule of a ticket minimises: of every weight, or of all together."""
    if ticket.rule.rule == "budget":
        squares = [e * e for e in reals(ticket)]
        return {"linf": max(squares), "l1": sum(reals(ticket)), "squares": sum(squares)}[
            ticket.rule.norm
        ]
    if ticket.rule.rule == "exactly" and ticket.sources[0].pooled:
        return [
            largest(ticket, part.layer, row)
            for part in ticket.parts
            for row in range(len(part.targets))
        ]
    return reals(ticket)


def reals(ticket):
    return [
        Fraction(int(e), 2**part.choice.exponent)
        for part in ticket.parts
        for e in part.choice.error_units
    ]


def largest(ticket, layer, row):
    """Return the larger error of the two sides of a weight."""
    return max(float(p.choice.errors[row]) for p in ticket.parts if p.layer == layer)


@pytest.mark.parametrize("name", ["natale", "pooled", "otsuka"])
def test_another_size_is_found_out(name):
    """A subset best for its size, which is not the size of the rule, is rejected."""
    ticket = built(name, "exactly")
    forged = replace(ticket, rule=SizeRule(rule="exactly", size=4))
    with pytest.raises(CertificateRejected, match="are kept, the size rule says exactly 4 each"):
        verify_ticket(forged, sample=0)


def test_an_uneven_split_is_found_out():
    """Each side of a pooled weight best for its size, but another split is better: rejected."""
    ticket = built("pooled", "exactly")
    plus, minus = ticket.parts[:2]
    for row in range(len(plus.targets)):
        for first in range(4):
            one = best_of_size(plus, row, first, minus)
            other = best_of_size(minus, row, 3 - first, plus)
            if one is None or other is None:
                continue
            forged = with_masks(with_masks(ticket, 0, one), 1, other)
            if largest(forged, 0, row) > largest(ticket, 0, row):
                with pytest.raises(CertificateRejected, match=f"both sides, weight {row}"):
                    verify_ticket(forged, sample=10**6)
                return
    raise AssertionError("no uneven split to try")


def best_of_size(part, row, size, other):
    """Return masks whose row holds the best subset of a size of this side's own channels."""
    own = [c for c in range(part.pools.shape[1]) if other.pools[row, c] == 0]
    if size > len(own):
        return None
    goal = part.targets[row]
    best = min(combinations(own, size), key=lambda s: abs(part.pools[row, list(s)].sum() - goal))
    masks = part.choice.masks.copy()
    masks[row] = False
    masks[row, list(best)] = True
    return masks


@pytest.mark.parametrize("rule", ["any", "smallest", "budget"])
def test_a_zero_kept_for_nothing_is_found_out(rule):
    """Only a fixed size may be filled up with candidates of the wrong sign."""
    ticket = built("pensia", rule)
    masks = ticket.parts[0].choice.masks | (ticket.parts[0].pools == 0)
    with pytest.raises(CertificateRejected, match="a zero is kept"):
        verify_ticket(with_masks(ticket, 0, masks), sample=0)


def test_a_budget_overdrawn_is_found_out():
    """More edges than the budget are rejected, also where no proof is claimed."""
    ticket = built("pensia", "any")
    parts = tuple(replace(p, choice=replace(p.choice, proven=False)) for p in ticket.parts)
    forged = replace(ticket, rule=SizeRule(rule="budget", most=4), parts=parts)
    with pytest.raises(CertificateRejected, match="are kept, the size rule: at most 4 in all"):
        verify_ticket(forged)


@pytest.mark.parametrize("norm", ["linf", "l1", "squares"])
def test_a_budget_badly_shared_is_found_out(norm):
    """A ticket best for a smaller budget is not best for a larger one, whatever the sample."""
    less = SizeRule(rule="budget", most=2, norm=norm)
    ticket = build_ticket(target(), "otsuka", n=6, seed=1, rule=less)
    forged = replace(ticket, rule=replace(less, most=12))
    with pytest.raises(CertificateRejected, match=f"{norm} error is .* is possible"):
        verify_ticket(forged, sample=0)


def test_a_missed_tolerance_is_found_out():
    """A weight said to fail, while some subset is within the tolerance, is rejected."""
    ticket = built("otsuka", "smallest")
    masks = np.zeros_like(ticket.parts[0].choice.masks)
    with pytest.raises(CertificateRejected, match="a subset within the tolerance was missed"):
        verify_ticket(with_masks(ticket, 0, masks), sample=10**6)


def test_rounded_targets_are_verified_on_their_grid():
    """Double-precision weights lie on no grid that fits; their tickets verify all the same."""
    rng = np.random.default_rng(3)
    network = dense_network([rng.normal(size=(2, 3)) * 1e-3, rng.normal(size=(2, 2))])
    for name in ("pensia", "pooled"):
        for rule in RULES.values():
            ticket = build_ticket(network, name, n=6, seed=1, rule=rule)
            assert any(part.choice.rounded for part in ticket.parts)
            assert verify_ticket(ticket, sample=10**6).sampled == 20


def test_a_sample_is_drawn_by_its_seed():
    """As many weights as asked are solved again; all where there are fewer."""
    ticket = built("pensia", "any")
    assert [verify_ticket(ticket, sample=s, seed=5).sampled for s in (0, 3, 99)] == [0, 3, 20]


def test_the_bias_is_a_part_of_its_own():
    """A biased layer has one subset sum more for each output, run as the bias of the ticket."""
    network = dense_network([[[0.5, 0.25]]], [[0.125]])
    ticket = build_ticket(network, "pensia", n=8, seed=1)
    assert [part.branch for part in ticket.parts] == ["plus", "minus", BIAS]
    assert run_exactly(ticket_network(ticket), [0, 0]) == ticket.parts[2].sums()
