"""Constructions side by side: the same sources, the optimum beside every heuristic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from slth_opt.comparing import compare
from slth_opt.constructions import CONSTRUCTIONS
from slth_opt.errors import ProblemError
from slth_opt.heuristics import HEURISTICS
from slth_opt.networks import Fan, Network, accuracy, dense_network, run
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import build_ticket, count_edges, ticket_network

NAMES = [construction.name for construction in CONSTRUCTIONS]
METHODS = ["exact", "greedy"]
ANY = SizeRule(rule="any")


def target(biased=False):
    rng = np.random.default_rng(1)
    matrices = [rng.integers(-32, 33, shape) / 64 for shape in ((3, 4), (2, 3))]
    return dense_network(matrices, [np.array([0.25, 0, 0]), np.zeros(2)] if biased else None)


def rows(**facts):
    return list(compare(target(), **{"n": 6} | facts))


def test_by_default_all_that_can_be_asked():
    """Every construction by the rule of its paper, and every quick heuristic that knows it."""
    rules = {c.name: c.default_rule for c in CONSTRUCTIONS}
    due = [
        (name, method)
        for name in NAMES
        for method in ["exact", *(h.name for h in HEURISTICS if rules[name] in h.rules)]
        if method != "relaxed"
    ]
    assert [(row.construction, row.method) for row in rows()] == due


def test_only_what_can_build_the_target():
    """With biases the published code cannot; asked by name, it is refused."""
    found = list(compare(target(biased=True), n=4, methods=["exact"]))
    assert [row.construction for row in found] == [name for name in NAMES if name != "parallel"]
    with pytest.raises(ProblemError, match="'parallel' cannot build this target"):
        list(compare(target(biased=True), n=4, constructions=["parallel"]))


def test_nothing_can_build_a_fan():
    """If no construction is able, the reason names the layer."""
    fan = Network(layers=(Fan(weights=np.ones((2, 2)), features=1),))
    with pytest.raises(ProblemError, match="no construction can build it: layer 0 is a fan"):
        list(compare(fan, n=4))


def test_a_row_is_its_ticket():
    """Every number of a row is that of the ticket with the same seed, rule and method."""
    rule = SizeRule(rule="smallest", tolerance=Fraction(1, 40))
    inputs = np.random.default_rng(2).uniform(-1, 1, (50, 4))
    labels = run(target(), inputs).argmax(axis=1)
    found = rows(
        constructions=["pensia"], methods=METHODS, seeds=[5], rule=rule,
        data=(inputs, labels),
    )  # fmt: skip
    for row in found:
        ticket = build_ticket(target(), "pensia", n=6, seed=5, rule=rule, method=row.method)
        counts = count_edges(ticket)
        errors = ticket.errors
        assert (row.n, row.seed, row.weights) == (6, 5, 2 * 18)
        assert (row.proven, row.failures) == (ticket.proven, ticket.num_failures)
        assert (row.mean_error, row.median_error, row.largest_error) == (
            errors.mean(), np.median(errors), errors.max(),
        )  # fmt: skip
        for name in ("edges", "first_layer", "second_layer", "chosen", "natale_kept", "density"):
            assert getattr(row, name) == getattr(counts, name)
        assert (row.natale_density, row.pensia_density) == (
            counts.natale_density, counts.pensia_density,
        )  # fmt: skip
        assert row.accuracy == accuracy(ticket_network(ticket), inputs, labels)
        assert row.target_accuracy == 1.0
        assert row.seconds > 0
        assert row.rule == rule.in_words()


@pytest.mark.parametrize("methods", [["greedy", "draws"], ["draws", "exact", "greedy"]])
def test_the_optimum_is_the_measure(methods):
    """Errors are divided by the optimal ticket's of the same seed, asked for or not."""
    found = rows(constructions=["otsuka"], methods=methods, seeds=[1, 2], rule=ANY)
    assert {row.method for row in found} == set(methods)
    for row in found:
        best = build_ticket(target(), "otsuka", n=6, seed=row.seed, rule=ANY)
        mean = best.errors.mean()
        assert row.error_ratio == pytest.approx(row.mean_error / mean, rel=1e-12)
        assert row.error_ratio == 1.0 if row.method == "exact" else row.error_ratio >= 1


def test_no_error_cannot_be_divided_by():
    """Where the optimum has no error, a method that has some has no ratio."""
    pool = build_ticket(dense_network([[[0.5]]]), "otsuka", n=12, seed=1).parts[0].pools[0]
    planted = dense_network([[[pool[[0, 3, 5, 6, 10]].sum()]]])
    found = list(compare(planted, n=12, seeds=[1], constructions=["otsuka"], methods=METHODS))
    assert [row.mean_error == 0 for row in found] == [True, False]
    assert [row.error_ratio for row in found] == [1.0, None]


def test_one_rule_for_all():
    """A rule that is given replaces the papers'; heuristics that do not know it are left out."""
    found = rows(rule=SizeRule(rule="budget", most=20), constructions=["pensia", "otsuka"])
    assert [(row.construction, row.method) for row in found] == [
        ("pensia", "exact"),
        ("otsuka", "exact"),
    ]
    assert all(row.chosen <= 20 for row in found)


def test_a_fixed_size_of_pooled_sides_is_exact_only():
    """No heuristic splits a size between sides: none is tried, and one by name is refused."""
    size = SizeRule(rule="exactly", size=2)
    found = rows(rule=size, constructions=["pooled"])
    assert [row.method for row in found] == ["exact"]
    with pytest.raises(ProblemError, match="'greedy' cannot share one size"):
        next(compare(target(), n=6, rule=size, constructions=["pooled"], methods=["greedy"]))


def test_methods_that_cannot_are_refused_before_any_work():
    """An unknown method, or one that does not know the rule, is an error at the first row."""
    with pytest.raises(ProblemError, match="there is no heuristic 'oracle'"):
        next(compare(target(), n=6, methods=["exact", "oracle"], rule=ANY))
    with pytest.raises(ProblemError, match="'golden' does not know the size rule 'exactly'"):
        next(compare(target(), n=6, constructions=["natale"], methods=["exact", "golden"]))
    with pytest.raises(ProblemError, match="there is no construction 'nosuch'"):
        next(compare(target(), n=6, constructions=["nosuch"]))


def test_progress_is_told_before_each_ticket():
    """What is built, how many are done, and how many there will be."""
    told = []
    found = rows(
        constructions=["pensia"], methods=METHODS, seeds=[1, 2],
        told=lambda *facts: told.append(facts),
    )  # fmt: skip
    assert told == [
        ("pensia, exact", 0, 4),
        ("pensia, greedy", 1, 4),
        ("pensia, exact", 2, 4),
        ("pensia, greedy", 3, 4),
    ]
    assert len(found) == 4


def test_a_row_is_plain_values():
    """A summary holds every field, as JSON has them."""
    (row,) = rows(constructions=["pensia"], methods=["exact"])
    summary = row.summary()
    assert summary["construction"] == "pensia"
    assert {type(value) for value in summary.values()} <= {str, int, float, bool, type(None)}
    assert summary["accuracy"] is None
