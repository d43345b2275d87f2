"""Nine hundred random layers, one truth: exact backends find it, no other contradicts it.

A backend is covered from the moment it is in the table. Our own see every layer; solvers see
every 15th in the fast tests and all of them in the slow ones.
"""

from __future__ import annotations

import random
from functools import cache

import naive
import pytest
from test_agreement import EXACT, REPORTED, SCALES, goal, placed, pool, real

from slth_opt import Effort, solve, verify
from slth_opt.certifying import certify
from slth_opt.errors import BackendError
from slth_opt.families import FAMILIES
from slth_opt.guessing import first_guess
from slth_opt.problems import JointLayer, LayerBudget, SharedBlock
from slth_opt.solving import choose_backend, why_not

HOW_MANY = 300
"""Layers of each kind."""

KINDS = (LayerBudget.kind, SharedBlock.kind, JointLayer.kind)


JOINT_SHAPES = (
    *((1, 1, 1), (1, 3, 2), (2, 1, 1), (2, 1, 3), (2, 3, 1), (3, 1, 1), (4, 1, 1)),
    *((2, 2, 2), (2, 2, 2), (3, 1, 2), (3, 2, 1), (5, 1, 1), (2, 2, 3)),
)
"""Hidden neurons, inputs and outputs of the joint layers."""


def budget(rng, most):
    """Draw a budget: nothing, tight, loose, or more than there is."""
    return rng.choice([0, rng.randint(0, most), rng.randint(0, most), most // 2, most, most + 3])


def budgets(rng, scale):
    """Draw pools and targets under a budget."""
    n, count = rng.choice([(1, 4), (2, 3), (2, 4), (3, 2), (3, 3), (4, 2), (4, 2), (5, 2), (5, 2)])
    pools = [pool(rng, n, scale) for _ in range(count)]
    if rng.random() < 0.2:  # the same weight twice
        pools[-1] = pools[0]
    targets = [goal(rng, weights, scale) for weights in pools]
    rules = {"norm": rng.choice(["linf", "l1", "squares"]), "most": budget(rng, n * count)}
    return placed(rng, LayerBudget.from_reals, pools, targets, **rules)


def block(rng, scale):
    """Draw a block whose first weights may vanish, and whose tolerances may be out of reach."""
    h, outputs = rng.choice(
        [(1, 3), (2, 4), (3, 2), (3, 3), (4, 2), (4, 2), (5, 2), (5, 2), (9, 1)]
    )
    first = [rng.choice([real(rng, 1.0, True), 1.0, 0.5, 0.0]) for _ in range(h)]
    second = [pool(rng, h, scale) for _ in range(outputs)]
    if rng.random() < 0.3:  # two neurons of one kind
        first[-1] = first[0]
        second = [[*row[:-1], row[0]] for row in second]
    targets = [goal(rng, [u * v for u, v in zip(first, row, strict=True)], scale) for row in second]
    what = rng.choice(["edges", "neurons", "error"])
    rules = {"minimise": what}
    if what == "error":
        rules["most_edges"] = rng.choice([None, budget(rng, h * (outputs + 1))])
        rules["most_neurons"] = rng.choice([None, budget(rng, h)])
    elif rng.random() < 0.5:
        rules["tolerance"] = rng.choice([0.0, 0.05, 0.1, 0.3, 0.6]) * scale
    else:
        rules["tolerance"] = [rng.choice([0.0, 0.1, 0.2, 0.4, 99.0]) * scale for _ in targets]
    return placed(rng, SharedBlock.from_reals, first, second, targets, **rules)


def joint(rng, scale):
    """Draw two matrices and a product that some masks, or none, come near."""
    hidden, inputs, outputs = rng.choice(JOINT_SHAPES)
    fine = 2**-10 if scale == 1.0 else 2**-14

    def matrix(rows, columns):
        weights = [round(rng.uniform(-scale, scale) / fine) * fine for _ in range(rows * columns)]
        if rng.random() < 0.4:
            weights = [rng.choice([w, w, 0.0, weights[0], -w]) for w in weights]
        return [weights[r * columns : (r + 1) * columns] for r in range(rows)]

    first, second = matrix(hidden, inputs), matrix(outputs, hidden)
    if rng.random() < 0.3 and hidden > 1:  # two neurons of one kind
        first[-1], second = first[0], [[*row[:-1], row[0]] for row in second]
    kept = [[rng.random() < 0.6 for _ in row] for row in (*first, *second)]
    targets = [
        [
            sum(
                second[i][k] * first[k][j]
                for k in range(hidden)
                if kept[k][j] and kept[hidden + i][k]
            )
            for j in range(inputs)
        ]
        for i in range(outputs)
    ]
    if rng.random() < 0.75:  # beside what was planted, or anywhere
        targets = [
            [t + rng.choice([0.0, fine, scale / 4, -scale / 3]) for t in row] for row in targets
        ]
    edges = hidden * (inputs + outputs)
    rules = {"norm": rng.choice(["linf", "l1"]), "most": budget(rng, edges)}
    if rng.random() < 0.15:
        rules |= {"rounding": "nearest", "bits": rng.randrange(6, 20)}
    return JointLayer.from_reals(first, second, targets, **rules)


DRAW = {LayerBudget.kind: budgets, SharedBlock.kind: block, JointLayer.kind: joint}


@cache
def cases(kind):
    """Return the layers of a kind with their optima: the same ones in every run."""
    rng = random.Random(f"{kind} 4")
    drawn = [DRAW[kind](rng, SCALES[i % 3]) for i in range(HOW_MANY)]
    return [(problem, naive.optimum(problem)) for problem in drawn]


def every(backend):
    """Say how many layers a backend may leave out in the fast tests."""
    return 1 if FAMILIES[backend.name].software == "slth-opt" else 15


def taken(backend, kind, step):
    """Return every 1st, 2nd, ... case of a kind that a backend takes; some it must take."""
    found = [(p, best) for p, best in cases(kind) if why_not(backend, p) is None][::step]
    assert len(found) >= 5
    return found


def pairs(backends):
    """List each backend with each kind of layer it takes."""
    return [
        pytest.param(backend, kind, id=f"{backend.name}-{kind}")
        for backend in backends
        for kind in backend.takes
        if kind in KINDS
    ]


def check_exact(backend, kind, step):
    """Hold an exact backend to the truth."""
    for problem, best in taken(backend, kind, step):
        result = solve(problem, backend)
        assert result.value == best, problem
        assert result.is_optimal is (best is not None), problem
        assert result.infeasible is (best is None), problem


def check_reported(backend, kind, step):
    """Hold a float backend to what it may say: audited values, and bounds that hold."""
    for problem, best in taken(backend, kind, step):
        result = solve(problem, backend)
        if best is None:
            assert result.value is None, problem
            assert result.lower_bound <= problem.impossible, problem
        else:
            assert result.lower_bound <= best, problem
            assert result.value is None or result.value >= best, problem
            assert not result.is_optimal or result.value == best, problem
            assert not result.infeasible, problem


@pytest.mark.parametrize(("backend", "kind"), pairs(EXACT))
def test_every_exact_backend_finds_the_optimum(backend, kind):
    """Ours on all layers, solvers on a share of them."""
    check_exact(backend, kind, every(backend))


@pytest.mark.parametrize(("backend", "kind"), pairs(REPORTED))
def test_no_float_backend_gets_a_wrong_bound_accepted(backend, kind):
    """A share of the layers: selections are audited, bounds are not taken from it."""
    check_reported(backend, kind, every(backend))


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "kind"), pairs(b for b in EXACT if every(b) > 1))
def test_every_exact_solver_finds_the_optimum_of_all(backend, kind):
    """All three hundred of a kind."""
    check_exact(backend, kind, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "kind"), pairs(REPORTED))
def test_no_float_solver_gets_a_wrong_bound_accepted_in_all(backend, kind):
    """All three hundred of a kind."""
    check_reported(backend, kind, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_an_exact_backend_without_a_start_finds_the_optimum(kind):
    """As `slth audit` asks them: on its own, with no first guess to fall back on."""
    for backend in (b for b in EXACT if every(b) == 1 and kind in b.takes):
        for problem, best in taken(backend, kind, 5):
            claim = backend.solve(problem, Effort(), None)
            assert claim.infeasible is (best is None), (backend.name, problem)
            if best is not None:
                assert naive.value_of(problem, claim.indices) == best, (backend.name, problem)


def test_the_layers_are_as_various_as_they_should_be():
    """Every norm and objective; budgets of nothing, tight and loose; ties; some impossible."""
    found = {kind: [problem for problem, _ in cases(kind)] for kind in KINDS}
    layers, blocks, joints = (found[kind] for kind in KINDS)
    for norm in ("linf", "l1", "squares"):
        assert sum(p.norm == norm for p in layers) > 60
    for norm in ("linf", "l1"):
        assert sum(p.norm == norm for p in joints) > 100
    for group in (layers, joints):
        assert sum(p.most == 0 for p in group) > 20
        assert sum(0 < p.most < p.num_candidates for p in group) > 100
        assert sum(p.most > p.num_candidates for p in group) > 20
    for what in ("edges", "neurons", "error"):
        assert sum(p.minimise == what for p in blocks) > 60
    impossible = [p for p, best in cases(SharedBlock.kind) if best is None]
    assert sum(p.free_bound() == p.impossible for p in impossible) > 10
    assert sum(p.free_bound() < p.impossible for p in impossible) > 10
    assert sum(p.most_edges is not None and p.most_neurons is not None for p in blocks) > 15
    for kind in KINDS:
        assert sum(p.rounded for p in found[kind]) > 10
        proper = [best for p, best in cases(kind) if best is not None and best != p.free_bound()]
        assert len(proper) > 30, kind


def test_the_first_guess_is_not_always_best():
    """Or a method that returns its start would pass for a solver."""
    for kind in KINDS:
        worse = [
            guess is None or naive.value_of(problem, guess) > best
            for problem, best in cases(kind)
            if best is not None
            for guess in [first_guess(problem)]
        ]
        assert sum(worse) > 30, kind


SQUARES = LayerBudget(pools=((3, -5), (2, 7)), targets=(4, 9), norm="squares", most=3)


@pytest.mark.parametrize(
    "backend",
    [b for b in (*EXACT, *REPORTED) if every(b) > 1 and LayerBudget.kind in b.takes],
    ids=lambda b: b.name,
)
def test_solvers_refuse_a_sum_of_squares(backend):
    """Their objectives are linear, and the refusal names who can."""
    with pytest.raises(BackendError, match=r"sum of squares is none\. Try 'profiles'"):
        solve(SQUARES, backend)


CORNERS = {
    "nothing may be kept": LayerBudget(pools=((3,),), targets=(3,), norm="l1", most=0),
    "one weight": LayerBudget(pools=((3,),), targets=(2,), norm="squares", most=1),
    "all zeros": LayerBudget(pools=((0, 0),) * 3, targets=(0,) * 3, norm="linf", most=2),
    "the same pool four times": LayerBudget(
        pools=((5, 3),) * 4, targets=(5, 5, 5, 5), norm="l1", most=3
    ),
    "a budget beyond all": LayerBudget(pools=((1, 2), (4, 8)), targets=(3, 12), norm="l1", most=99),
    "a target out of reach": LayerBudget(pools=((1, 2),), targets=(-9,), norm="linf", most=2),
    "one neuron": SharedBlock(products=((3,),), targets=(3,), minimise="edges", tolerances=(0,)),
    "nothing needed": SharedBlock(
        products=((3, 4),) * 2, targets=(1, -1), minimise="neurons", tolerances=(1, 1)
    ),
    "impossible, as anyone sees": SharedBlock(
        products=((2, 4),), targets=(3,), minimise="edges", tolerances=(0,)
    ),
    "impossible": SharedBlock(
        products=((6, 10, 15), (1, 1, 1)), targets=(13, 1), minimise="edges", tolerances=(0, 0)
    ),
    "no budget": SharedBlock(products=((6, 10, 15), (4, 1, 9)), targets=(13, 6), minimise="error"),
    "no neuron": SharedBlock(products=((6, 10),), targets=(13,), minimise="error", most_neurons=0),
    "one edge, which leads nowhere": SharedBlock(
        products=((6, 10),), targets=(13,), minimise="error", most_edges=1
    ),
    "equal neurons": SharedBlock(
        products=((2, 2, 2), (3, 3, 3)), targets=(4, 3), minimise="edges", tolerances=(0, 0)
    ),
    "one product": JointLayer(first=((2,),), second=((3,),), targets=((6,),), norm="l1", most=2),
    "half a product": JointLayer(first=((2,),), second=((3,),), targets=((6,),), norm="l1", most=1),
    "zeros": JointLayer(
        first=((0, 0), (0, 1)), second=((0, 1),), targets=((0, 0),), norm="linf", most=9
    ),
    "equal hidden neurons": JointLayer(
        first=((1,),) * 4, second=((1,) * 4,), targets=((3,),), norm="l1", most=6
    ),
    "one mask serves two targets": JointLayer(
        first=((1,), (2,)), second=((1, 1), (1, 1)), targets=((1,), (3,)), norm="linf", most=9
    ),
    "masks that cannot serve both": JointLayer(
        first=((1, 1), (2, 2)), second=((1, 1),), targets=((1, 2),), norm="linf", most=3
    ),
}


@pytest.mark.parametrize("corner", CORNERS)
def test_corners(corner):
    """The smallest layers, the emptiest budgets, ties everywhere, targets out of reach."""
    problem = CORNERS[corner]
    best = naive.optimum(problem)
    able = [b for b in EXACT if why_not(b, problem) is None]
    assert able
    assert {solve(problem, backend).value for backend in able} == {best}
    assert choose_backend(problem) == able[0]


@pytest.mark.parametrize("corner", CORNERS)
def test_corners_are_certified(corner):
    """Certified, checked and proven once more, also where nothing is legal."""
    problem = CORNERS[corner]
    certificate = certify(problem)
    report = verify(problem, certificate)
    assert certificate.value == naive.optimum(problem)
    assert certificate.infeasible is (certificate.value is None)
    assert report.reproven
