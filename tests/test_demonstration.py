"""The parts of the demo on a tiny layer, each number against one found by trying everything."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest

from slth_opt.cli import demo_steps
from slth_opt.demonstration import (
    DRAWS,
    every_size,
    layer_under_budget,
    price_at,
    sides_of,
    ticket_of,
    typical_weight,
)
from slth_opt.networks import dense_network
from slth_opt.plots.budget import plot_budget
from slth_opt.plots.diamond import GONE, plot_diamond
from slth_opt.plots.every_size import plot_every_size
from tests.test_plots import boxes_of, drawn

WEIGHTS = [[0.5, -0.25, 0.375], [0.125, 0.75, -0.5]]


@pytest.fixture(scope="module")
def ticket():
    """Return a ticket for six weights, 4 of 16 hidden neurons each."""
    return ticket_of(dense_network([WEIGHTS]), n=8, seed=5)


@pytest.fixture(scope="module")
def layer(ticket):
    """Return the layer of the ticket under a budget."""
    return layer_under_budget(ticket)


def least_errors(pool, target):
    """Return the least error of every size, all subsets tried."""
    pool = [Fraction(float(p)) for p in pool]
    goal = Fraction(float(target))
    return [
        min(abs(sum(chosen) - goal) for chosen in combinations(pool, size))
        for size in range(len(pool) + 1)
    ]


def at_most(errors):
    """Return the least error with at most so many."""
    return [min(errors[: size + 1]) for size in range(len(errors))]


def curve_of(layer, rows=None):
    """Return the least sum of errors for every budget: all ways to share, row after row."""
    best = [Fraction(0)]
    for row in range(len(layer.targets)) if rows is None else rows:
        own = at_most(least_errors(layer.pools[row], layer.targets[row]))
        best = [
            min(best[k - s] + own[s] for s in range(len(own)) if 0 <= k - s < len(best))
            for k in range(len(best) + len(own) - 1)
        ]
    return best


def test_the_ticket_is_the_best_of_all_choices(ticket):
    """Of all ways to keep 4 of a weight's 16 neurons none has a smaller larger error."""
    plus, minus = sides_of(ticket)
    for row, weight in enumerate(plus.targets):
        on_plus = [p for p in plus.pools[row] if p]
        on_minus = [p for p in minus.pools[row] if p]
        up, down = least_errors(on_plus, weight), least_errors(on_minus, weight)
        splits = [s for s in range(5) if s < len(up) and 4 - s < len(down)]
        least = min(max(up[s], down[4 - s]) for s in splits)
        assert max(plus.choice.errors[row], minus.choice.errors[row]) == least


def test_the_typical_weight_is_in_the_middle(ticket):
    """As many weights of the layer are nearer as are farther, give or take one."""
    plus, minus = sides_of(ticket)
    errors = [max(a, b) for a, b in zip(plus.choice.errors, minus.choice.errors, strict=True)]
    own = max(typical_weight(ticket).errors)
    nearer, farther = sum(e < own for e in errors), sum(e > own for e in errors)
    assert abs(nearer - farther) <= 1


def test_a_diamond_adds_up(ticket):
    """The kept products of each side, added up exactly, are as far off as the diamond says."""
    diamond = typical_weight(ticket)
    assert diamond.weight == WEIGHTS[diamond.output][diamond.input]
    for sign, error in zip((1, -1), diamond.errors, strict=True):
        total = sum(
            Fraction(float(u)) * Fraction(float(v))
            for u, v, kept in zip(diamond.first, diamond.second, diamond.kept, strict=True)
            if kept and u * sign > 0
        )
        assert abs(total - Fraction(diamond.weight)) == Fraction(error)


def test_every_size_is_the_best(ticket):
    """The best error of every size is the one found by trying all subsets."""
    sizes = every_size(typical_weight(ticket), seed=1)
    unit = sizes.problem.grid.real(1)
    pool = [w * unit for w in sizes.problem.weights]
    assert [u * unit for u in sizes.best_units] == least_errors(pool, sizes.problem.target * unit)


def test_draws_are_subsets_of_their_size(ticket):
    """A drawn error of size 1 belongs to a candidate; of all sizes none is below the best."""
    sizes = every_size(typical_weight(ticket), seed=1)
    problem = sizes.problem
    ones = {abs(w - problem.target) for w in problem.weights}
    # With so many draws of one from at most sixteen, the nearest is among them.
    assert (DRAWS, sizes.drawn_units[1]) == (1000, min(ones))
    assert all(b <= d for b, d in zip(sizes.best_units, sizes.drawn_units, strict=True))


def test_a_budget_is_shared_out_best(layer):
    """No way to share the budget, all of them tried, has a smaller sum of errors."""
    budget = layer.shares.most
    assert budget == 2 * len(WEIGHTS) * len(WEIGHTS[0])
    assert layer.grid.real(layer.shares.value) == curve_of(layer)[budget]
    assert layer.shares.edges <= budget


def test_the_same_for_all_is_the_best_of_its_kind(layer):
    """With at most k for every weight, the sum of errors is that of the best choice of splits."""
    count = layer.weights
    pairs = [curve_of(layer, rows=(row, row + count)) for row in range(count)]
    for size, units in enumerate(layer.even_units):
        least = sum(min(pair[: size + 1]) for pair in pairs)
        assert layer.grid.real(units) == least


def test_fewer_edges_are_not_enough(layer):
    """The fewest edges reach the error of the same size for all; one less does not."""
    best, limit = curve_of(layer), layer.grid.real(layer.even_units[layer.size])
    fewest = layer.fewest.most
    assert best[fewest] <= limit < best[fewest - 1]


def test_the_price_is_a_multiplier(layer):
    """At the price every weight decides alone, and the bound of the Lagrangian is the relaxed one.

    The bound is the sum over all weights of the least of error plus price times size, less price
    times budget; no other price gives a larger one.
    """
    rows = [
        at_most(least_errors(pool, target))
        for pool, target in zip(layer.pools, layer.targets, strict=True)
    ]

    def bound(price):
        alone = sum(min(e + price * s for s, e in enumerate(row)) for row in rows)
        return alone - price * layer.shares.most

    price = Fraction(layer.price)
    relaxed = layer.shares.relaxed * layer.grid.real(1)
    assert float(bound(price)) == pytest.approx(float(relaxed), rel=1e-12)
    assert bound(price) >= max(bound(price * Fraction(part, 8)) for part in range(17)) - 1e-12


def test_beyond_the_last_edge_there_is_no_price(layer):
    """Where every weight has its best subset already, one more edge is worth nothing."""
    assert price_at(layer.curve, int(layer.curve.edges[-1])) == 0


def test_the_figure_of_a_diamond_shows_what_is_kept(ticket):
    """Every kept neuron has two coloured edges, every other one two grey ones."""
    diamond = typical_weight(ticket)
    colours = [line.get_color() for line in drawn(plot_diamond, [diamond]).lines]
    assert (colours.count(GONE), len(colours)) == (2 * 12, 2 * 16)


def test_no_text_of_a_figure_covers_another(ticket, layer):
    """No two texts of the demo's figures overlap, and none leaves its figure."""
    diamond = typical_weight(ticket)
    figures = (
        (plot_diamond, diamond),
        (plot_every_size, every_size(diamond, 1)),
        (plot_budget, layer),
    )
    for plot, found in figures:
        ax = drawn(plot, [found])
        texts, frame = boxes_of(ax), ax.get_figure().bbox.padded(0.5)
        pairs = [(a, b) for (a, one), (b, other) in combinations(texts, 2) if one.overlaps(other)]
        outside = [
            t for t, box in texts if not (frame.contains(*box.p0) and frame.contains(*box.p1))
        ]
        assert (pairs, outside) == ([], [])


def test_ctrl_c_says_what_was_going_on(slth, monkeypatch):
    """After Ctrl-C one line says what was interrupted, with the exit code of an interruption."""

    def interrupted(folder, seed, doing):
        doing("looking for the best ticket")
        raise KeyboardInterrupt

    monkeypatch.setattr(demo_steps, "cut_ticket", interrupted)
    run = slth("demo", "--out", "here")
    said = "slth demo: interrupted while looking for the best ticket; what was written to here is"
    assert (run.code, run.err) == (130, f"{said} whole\n")


def test_a_file_is_no_folder(slth, tmp_path):
    """Where the folder should be and a file is, one line says so and nothing is computed."""
    (tmp_path / "taken").write_text("")
    run = slth("demo", "--out", "taken")
    assert (run.code, run.err) == (2, "slth demo: taken: is a file, not a folder to write to\n")
