"""Several rows at once: trees of points, rows that share no column, pooled signs."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, Stop, VectorSum, solve
from slth_opt.backends import backend_named
from slth_opt.backends.points import split_rows, trees
from slth_opt.errors import BackendError
from slth_opt.kernels import points as kernel
from slth_opt.solving import audit, choose_backend, why_not

POINTS = backend_named("points")
LEAVES = (1, 2, 8)


def plain(function):
    """Return the uncompiled function, also where compiling is switched off."""
    return getattr(function, "py_func", function)


def drawn(n, d, seed, *, bits=40, norm="linf", sizes=None):
    """Draw a problem of uniform numbers."""
    rng = random.Random(seed)
    rows = tuple(tuple(rng.randint(-(2**bits), 2**bits) for _ in range(n)) for _ in range(d))
    targets = tuple(rng.randint(-(2**bits), 2**bits) for _ in range(d))
    fewest, most = sizes or (0, n)
    return VectorSum(rows=rows, targets=targets, norm=norm, fewest=fewest, most=most)


def apart(rng, rows, n, bits):
    """Draw rows that share no column, some columns zero in all of them."""
    limit = 2**bits
    owners = [rng.randrange(rows + 1) for _ in range(n)]
    weights = [rng.choice([rng.randint(-limit, limit), rng.randint(-3, 3)]) for _ in range(n)]
    return tuple(
        tuple(w if owner == r else 0 for w, owner in zip(weights, owners, strict=True))
        for r in range(rows)
    )


def by_trees(problem, leaf=8):
    """Solve by trees alone, with leaves of a size, and have the claim audited."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "LEAF", leaf)
        claim = trees.solve(problem, Effort(), None)
    result = audit(problem, claim, backend=POINTS)
    assert result.is_optimal
    return result


# Lists of points.


@pytest.mark.overflow
@given(strategies.vector_sums(most=6, most_rows=3), st.data())
def test_every_subset_is_a_point(problem, data):
    """Mask and sums of all subsets of the sizes asked for, each once, against itertools."""
    n, d = problem.num_candidates, len(problem.rows)
    fewest = data.draw(st.integers(0, n))
    most = data.draw(st.integers(fewest, n))
    expected = set()
    for size in range(fewest, most + 1):
        for chosen in combinations(range(n), size):
            mask = [int(i in chosen) for i in range(n)]
            rest = [t - s for s, t in zip(problem.sums(mask), problem.targets, strict=True)]
            expected.add((*rest, sum(1 << i for i in chosen)))
    points = np.empty((len(expected), d + 1), np.int64)
    columns = np.array(problem.rows, np.int64).T.copy()
    kernel.list_points(columns, np.array(problem.targets, np.int64), -1, fewest, most, points)
    assert set(map(tuple, points.tolist())) == expected


@pytest.mark.overflow
@given(st.integers(0, 2**62 - 1))
def test_the_size_of_a_mask_is_the_number_of_its_ones(mask):
    """Compiled or not, against Python."""
    assert int(kernel.size_of(np.int64(mask))) == mask.bit_count()
    assert int(plain(kernel.size_of)(np.int64(mask))) == mask.bit_count()


def scattered(data, most=40):
    """Draw points of two rows, many of them equal, with masks that tell them apart."""
    numbers = st.one_of(st.integers(-3, 3), st.integers(-(2**60), 2**60))
    pairs = data.draw(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=most))
    return np.array([(*pair, mask) for mask, pair in enumerate(pairs)], np.int64)


@pytest.mark.overflow
@given(st.data())
def test_halving_puts_no_larger_number_before_a_smaller_one(data):
    """Both halves of a stretch, the rest untouched, and nothing lost."""
    points = scattered(data)
    before = points.copy()
    start = data.draw(st.integers(0, len(points) - 1))
    end = data.draw(st.integers(start + 1, len(points)))
    middle = kernel.halve(points, start, end, 1)
    assert middle == (start + end) // 2
    assert sorted(points.tolist()) == sorted(before.tolist())
    assert points[:start].tolist() == before[:start].tolist()
    assert points[end:].tolist() == before[end:].tolist()
    if start < middle:
        assert points[start:middle, 1].max() <= points[middle:end, 1].min()


@pytest.mark.overflow
@given(st.data(), st.sampled_from(LEAVES), st.integers(0, 3), st.booleans(), st.integers(1, 99))
def test_a_tree_has_every_point_in_one_leaf_and_in_tight_boxes(data, leaf, spread, by_size, room):
    """Children divide their parent, boxes touch their points, sizes in a leaf keep the spread."""
    points = scattered(data)
    before = sorted(points.tolist())
    nodes, boxes = np.zeros((room, 3), np.int64), np.zeros((room, 2, 3), np.int64)
    nodes[0] = 0, len(points), 0
    node, used = 0, 1
    while node < used:
        node, used = kernel.grow(points, by_size, spread, leaf, nodes, boxes, node, used, 5)
    assert sorted(points.tolist()) == before
    leaves = []
    for (start, end, child), (low, high) in zip(nodes[:used], boxes[:used], strict=True):
        held = points[start:end]
        sizes = [mask.bit_count() if by_size else 0 for mask in held[:, 2].tolist()]
        assert low.tolist() == [*held[:, :2].min(axis=0).tolist(), min(sizes)]
        assert high.tolist() == [*held[:, :2].max(axis=0).tolist(), max(sizes)]
        if child == kernel.LEAF:
            leaves.append((int(start), int(end)))
            full = used + 2 > room
            alike = low.tolist() == high.tolist()
            assert full or max(sizes) - min(sizes) <= spread
            assert full or end - start <= leaf or alike
        else:
            assert [start, nodes[child, 1]] == [nodes[child, 0], nodes[child + 1, 0]]
            assert nodes[child + 1, 1] == end
            assert start < nodes[child, 1] < end
    leaves.sort()
    assert [start for start, _ in leaves] == [0, *(end for _, end in leaves[:-1])]
    assert leaves[-1][1] == len(points)


@pytest.mark.overflow
@pytest.mark.parametrize("use_l1", [True, False])
@given(data=st.data())
def test_no_pair_of_points_is_nearer_than_its_boxes(use_l1, data):
    """The distance of two boxes is the least of the distances of any corners and insides."""
    sides = st.lists(st.integers(-4, 4), min_size=4, max_size=4).map(sorted)
    box = [data.draw(sides) for _ in range(2)]
    low_a, high_a, low_b, high_b = (
        np.array([row[i] for row in box], np.int64)
        for i in data.draw(
            st.sampled_from([(0, 1, 2, 3), (2, 3, 0, 1), (0, 2, 1, 3), (0, 3, 1, 2)])
        )
    )
    gaps = [
        min(
            abs(x - y)
            for x in range(low_a[r], high_a[r] + 1)
            for y in range(low_b[r], high_b[r] + 1)
        )
        for r in range(2)
    ]
    found = kernel.box_distance(low_a, high_a, low_b, high_b, 2, use_l1)
    assert found == (sum(gaps) if use_l1 else max(gaps))


# The optimum.


@pytest.mark.overflow
@pytest.mark.parametrize("leaf", LEAVES)
@given(problem=strategies.vector_sums(most=7, most_rows=8, bits=(1, 3, 12, 45, 53)))
def test_trees_find_the_optimum(leaf, problem):
    """One to eight rows, ties, zeros, both norms, every size rule, leaves of any size."""
    assert by_trees(problem, leaf).value == naive.optimum(problem)


@pytest.mark.overflow
@given(problem=strategies.brimful_problems(kinds=("vector_sum",)), leaf=st.sampled_from(LEAVES))
def test_at_the_limit_of_the_capacity_nothing_overflows(problem, leaf):
    """Absolute values that add up to 2^62 - 1 leave every sum and distance in an int64."""
    best = naive.optimum(problem)
    assert by_trees(problem, leaf).value == best
    assert solve(problem, "points").value == best


def test_hundreds_of_larger_problems_agree_with_brute_force():
    """Ten to thirteen columns of small numbers, so that ties and exact hits abound."""
    rng = random.Random(4)
    for i in range(200):
        n, d = rng.randint(10, 13), 1 + i % 8
        fewest = rng.randint(0, n)
        sizes = rng.choice([(fewest, fewest), (0, fewest), (fewest, n), (0, n)])
        norm = ("l1", "linf")[i // 8 % 2]
        problem = drawn(n, d, i, bits=rng.choice([2, 6, 30]), norm=norm, sizes=sizes)
        assert by_trees(problem, 1 + i % 5).value == naive.optimum(problem), problem


@pytest.mark.parametrize("norm", ["l1", "linf"])
@pytest.mark.parametrize(("d", "sizes"), [(2, (10, 10)), (3, (0, 20)), (8, (4, 12))])
def test_enumeration_of_twenty_columns_agrees(norm, d, sizes):
    """The same optimum from a method that looks at every subset."""
    problem = drawn(20, d, d, norm=norm, sizes=sizes)
    assert solve(problem, "points").value == solve(problem, "enumeration").value


@pytest.mark.parametrize(("d", "norm", "sizes"), [(2, "linf", (9, 9)), (4, "l1", (0, 18))])
def test_cp_sat_agrees_on_eighteen_columns(d, norm, sizes):
    """The same optimum from a solver that is not ours."""
    problem = drawn(18, d, 7, bits=20, norm=norm, sizes=sizes)
    result = solve(problem, "cp_sat")
    assert result.is_optimal
    assert solve(problem, "points").value == result.value


@pytest.mark.parametrize(("n", "d", "k"), [(34, 2, 17), (34, 4, None), (32, 8, 16)])
def test_a_planted_subset_is_found(n, d, k):
    """A subset off by one in every row, where chance comes no nearer than millions."""
    problem = drawn(n, d, n + d, bits=50)
    planted = tuple(sorted(random.Random(n).sample(range(n), k or n // 2)))
    targets = tuple(sum(row[i] for i in planted) + 1 for row in problem.rows)
    sizes = (0, n) if k is None else (k, k)
    problem = replace(problem, targets=targets, fewest=sizes[0], most=sizes[1])
    result = solve(problem, "points")
    assert (result.indices, result.value, result.is_optimal) == (planted, 1, True)


@pytest.mark.parametrize("size", [2, 122])
def test_masks_as_long_as_a_word(size):
    """Two of 124 columns, or all but two: halves of 62, against all pairs."""
    problem = drawn(124, 3, 11, sizes=(size, size))
    whole = [sum(row) for row in problem.rows]
    sums = [
        [sum(row[i] for i in pair) for row in problem.rows] for pair in combinations(range(124), 2)
    ]
    if size == 122:
        sums = [[w - s for w, s in zip(whole, pair, strict=True)] for pair in sums]
    best = min(max(abs(s - t) for s, t in zip(p, problem.targets, strict=True)) for p in sums)
    assert solve(problem, "points").value == best


# Laws.


@given(problem=strategies.vector_sums(most=7, most_rows=4), data=st.data())
def test_one_more_row_never_helps(problem, data):
    """Neither the largest of the errors nor their sum can fall."""
    n = problem.num_candidates
    row = tuple(data.draw(st.lists(st.integers(-(2**40), 2**40), min_size=n, max_size=n)))
    target = data.draw(st.integers(-(2**40), 2**40))
    longer = replace(problem, rows=(*problem.rows, row), targets=(*problem.targets, target))
    assert by_trees(longer, 2).value >= by_trees(problem, 2).value


@given(problem=strategies.vector_sums(most=7, most_rows=4), data=st.data())
def test_the_order_of_rows_changes_nothing(problem, data):
    """Which row is split first is the tree's own business."""
    order = data.draw(st.permutations(range(len(problem.rows))))
    turned = replace(
        problem,
        rows=tuple(problem.rows[r] for r in order),
        targets=tuple(problem.targets[r] for r in order),
    )
    assert by_trees(turned, 1).value == by_trees(problem, 1).value


# Cut short.

HARD = drawn(12, 3, 5, norm="l1", sizes=(3, 9))


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_a_walk_cut_into_pieces_finds_the_same(chunk, monkeypatch):
    """Stopping after any number of pairs of boxes, and of points, loses and repeats nothing."""
    whole = trees.solve(HARD, Effort(), None)
    monkeypatch.setattr(trees, "CHUNK", chunk)
    monkeypatch.setattr(trees, "GROWN", chunk)
    pieces = trees.solve(HARD, Effort(), None)
    assert pieces == whole
    assert pieces.bound == naive.optimum(HARD)


@pytest.mark.parametrize("nodes", [0, 1, 2, 5, 20, 50, 100, 10**6])
def test_a_limit_on_nodes_leaves_an_honest_bracket(nodes):
    """The optimum lies between bound and value, and a finished search says so."""
    result = solve(HARD, "points", Effort(nodes=nodes))
    best = naive.optimum(HARD)
    assert result.nodes <= nodes
    assert result.lower_bound <= best <= result.value
    assert result.is_optimal is (result.stop is Stop.FINISHED)


def test_a_bound_grows_above_the_free_bound_when_boxes_are_far():
    """With a target out of reach the boxes themselves say how far, before anything is compared."""
    far = replace(HARD, targets=(2**50, -(2**50), 2**50))
    claim = trees.solve(far, Effort(nodes=10), None)
    assert claim.stop is Stop.NODES
    assert far.free_bound() < claim.bound < naive.optimum(far)


def test_a_tenth_of_a_second_is_about_that():
    """Thirty rows keep no box apart from another: a search of hours ends when it should."""
    problem = drawn(36, 30, 3, norm="l1")
    solve(problem, "points", Effort(nodes=1))  # compile
    result = solve(problem, "points", Effort(seconds=0.1))
    assert result.stop is Stop.SECONDS
    assert result.seconds < 5


@pytest.mark.parametrize("looks", range(1, 9))
def test_time_can_be_up_at_every_look_at_the_clock(looks, monkeypatch):
    """While lists are made, trees grow or are walked: a claim, no bound that is too high."""
    ticks = iter([0.0] * looks + [9.0] * 10**6)
    monkeypatch.setattr(trees.time, "perf_counter", lambda: next(ticks))
    monkeypatch.setattr(trees, "CHUNK", 1)
    claim = trees.solve(HARD, Effort(seconds=5), (0, 1, 2))
    assert claim.stop is Stop.SECONDS
    assert claim.indices is not None
    assert (claim.bound or 0) <= naive.optimum(HARD)


@pytest.mark.parametrize("call", range(1, 33))
def test_ctrl_c_leaves_the_best_so_far(call, monkeypatch):
    """It comes when compiled code returns, and swallows what that returns; no bound is too high."""
    calls, meet = [], kernel.meet

    def pressed(*arguments):
        meet(*arguments)
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt

        return 1

    monkeypatch.setattr(kernel, "meet", pressed)
    monkeypatch.setattr(trees, "CHUNK", 1)
    result = audit(HARD, trees.solve(HARD, Effort(), (0, 1, 2)), backend=POINTS)
    assert result.stop is Stop.INTERRUPTED
    assert result.lower_bound <= naive.optimum(HARD) <= result.value


def test_ctrl_c_loses_nothing_that_was_found(monkeypatch):
    """After as many pairs of boxes, Ctrl-C and a limit leave the same mask and the same bound."""
    limited = trees.solve(HARD, Effort(nodes=25), (0, 1, 2))
    meet = kernel.meet

    def pressed(*arguments):
        meet(*arguments[:-1], 25)
        raise KeyboardInterrupt

    monkeypatch.setattr(kernel, "meet", pressed)
    stopped = trees.solve(HARD, Effort(), (0, 1, 2))
    assert limited.indices != (0, 1, 2)
    assert (stopped.indices, stopped.bound) == (limited.indices, limited.bound)


def test_ctrl_c_while_a_tree_grows_leaves_the_start(monkeypatch):
    """There is nothing else yet."""

    def pressed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(kernel, "grow", pressed)
    claim = trees.solve(HARD, Effort(), (0, 1, 2))
    assert (claim.indices, claim.bound, claim.stop) == ((0, 1, 2), None, Stop.INTERRUPTED)


def test_a_watch_sees_the_value_fall_and_the_bound_rise(monkeypatch):
    """Values from the first to the optimum; bounds never above it."""
    seen = []
    monkeypatch.setattr(trees, "CHUNK", 3)
    solve(HARD, "points", watch=lambda value, bound: seen.append((value, bound)))
    best, values = naive.optimum(HARD), [value for value, _ in seen]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1] == best
    assert max(bound for _, bound in seen) == best


def test_a_table_of_nodes_that_is_full_costs_time_only(monkeypatch):
    """Nodes stay leaves, however large; the optimum is the same."""
    monkeypatch.setattr(trees, "_room", lambda count: 4)
    assert by_trees(HARD, 1).value == naive.optimum(HARD)


# What is too much.


def test_what_does_not_fit_in_memory_is_refused():
    """By the words of points and boxes: 46 columns in two rows, 43 in eight, none more."""
    assert why_not(POINTS, drawn(46, 2, 0)) is None
    assert why_not(POINTS, drawn(43, 8, 0)) is None
    for problem in (drawn(47, 2, 0), drawn(44, 8, 0)):
        with pytest.raises(
            BackendError, match=r"^backend 'points' keeps .* 2\^27 words .*'cp_sat'"
        ):
            solve(problem, "points")


def test_few_of_many_columns_are_taken_and_masks_too_long_are_not():
    """Three of 124 are few; a half of 63 columns has no mask of one word."""
    assert why_not(POINTS, drawn(124, 2, 0, sizes=(3, 3))) is None
    assert "halves of at most 62 columns" in why_not(POINTS, drawn(126, 2, 0, sizes=(1, 1)))


def test_the_memory_that_is_reckoned_with_is_the_memory_that_is_taken():
    """All arrays of both trees, against the words that decide."""
    problem = drawn(21, 3, 2, sizes=(4, 9))
    half_words = 0
    for half in trees._halves(problem):
        tree = trees._grown(problem, half, None)
        half_words += tree.points.size + tree.nodes.size + tree.boxes.size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "MOST_WORDS", half_words)
        assert trees.refuses(problem) is None
        patch.setattr(trees, "MOST_WORDS", half_words - 1)
        assert trees.refuses(problem) is not None


# Rows that share no column.


@pytest.mark.overflow
@pytest.mark.parametrize("seed", range(12))
def test_rows_apart_are_solved_to_the_optimum(seed):
    """One to four rows, columns of nobody, both norms, every size rule, against brute force."""
    rng = random.Random(seed)
    for _ in range(25):
        n, d = rng.randint(1, 9), rng.randint(1, 4)
        low, high = sorted((rng.randint(0, n), rng.randint(0, n)))
        fewest, most = rng.choice([(low, low), (low, high), (0, high), (0, n)])
        rows = apart(rng, d, n, rng.choice([2, 8, 40]))
        targets = tuple(rng.randint(-2 * max(map(abs, row)) - 1, 99) for row in rows)
        norm = rng.choice(["l1", "linf"])
        problem = VectorSum(rows=rows, targets=targets, norm=norm, fewest=fewest, most=most)
        assert split_rows.share_no_column(problem)
        claim = split_rows.solve(problem, Effort(), None)
        result = audit(problem, claim, backend=POINTS)
        assert (result.value, result.is_optimal) == (naive.optimum(problem), True), problem


def test_rows_apart_and_trees_agree_on_thirty_columns():
    """Two methods, one optimum, at any size and at size twelve."""
    rows = apart(random.Random(8), 2, 30, 30)
    for norm in ("l1", "linf"):
        for sizes in ((0, 30), (12, 12)):
            problem = VectorSum(
                rows=rows, targets=(12345, -777), norm=norm, fewest=sizes[0], most=sizes[1]
            )
            split = split_rows.solve(problem, Effort(), None)
            assert split.bound == trees.solve(problem, Effort(), None).bound


def test_eighty_columns_apart_are_little_work():
    """A subset planted in each row of forty is found at its total size: an error of zero."""
    rng = random.Random(80)
    weights = [rng.randint(-(2**54), 2**54) for _ in range(80)]
    rows = (tuple(weights[:40]) + (0,) * 40, (0,) * 40 + tuple(weights[40:]))
    planted = [*rng.sample(range(40), 13), *rng.sample(range(40, 80), 20)]
    targets = tuple(sum(row[i] for i in planted) for row in rows)
    problem = VectorSum(rows=rows, targets=targets, norm="linf", fewest=33, most=33)
    result = solve(problem, "points")
    assert (result.value, result.is_optimal) == (0, True)
    assert result.indices == tuple(sorted(planted))


def test_one_shared_column_is_enough_to_need_trees():
    """A column with an entry in two rows couples them."""
    apart_rows = VectorSum(rows=((1, 0, 0), (0, 2, 0)), targets=(1, 1), norm="l1", fewest=0, most=3)
    shared = replace(apart_rows, rows=((1, 0, 5), (0, 2, 5)))
    assert split_rows.share_no_column(apart_rows)
    assert not split_rows.share_no_column(shared)


@pytest.mark.parametrize("nodes", [0, 1, 5, 20, 50, 10**6])
@pytest.mark.parametrize("norm", ["l1", "linf"])
def test_rows_apart_leave_an_honest_bracket(nodes, norm):
    """Rows done bound the error from below; no more steps are made than allowed."""
    rows = ((5, 9, -4, 8, 0, 0, 0, 0), (0, 0, 0, 0, 7, 7, 3, 1))
    problem = VectorSum(rows=rows, targets=(3, 12), norm=norm, fewest=2, most=5)
    result = solve(problem, "points", Effort(nodes=nodes))
    best = naive.optimum(problem)
    assert result.nodes <= nodes
    assert result.lower_bound <= best <= result.value
    assert (result.stop is Stop.FINISHED) is (nodes >= 50)


@pytest.mark.parametrize("looks", range(1, 9))
def test_time_can_be_up_in_every_row(looks, monkeypatch):
    """Whatever is done by then is honest, and the start is kept."""
    ticks = iter([0.0] * looks + [9.0] * 10**6)
    monkeypatch.setattr(split_rows.time, "perf_counter", lambda: next(ticks))
    rows = ((5, 9, -4, 8, 0, 0, 0, 0), (0, 0, 0, 0, 7, 7, 3, 1))
    problem = VectorSum(rows=rows, targets=(3, 100), norm="l1", fewest=2, most=5)
    claim = split_rows.solve(problem, Effort(seconds=5), (0, 1))
    assert (claim.stop, claim.indices) == (Stop.SECONDS, (0, 1))
    assert claim.bound <= naive.optimum(problem)


def test_a_row_done_bounds_the_error(monkeypatch):
    """The first row alone is off by 1000 at least: so is the whole when Ctrl-C comes."""
    rows = ((5, 0, 0), (0, 7, 1))
    problem = VectorSum(rows=rows, targets=(1005, 8), norm="linf", fewest=0, most=3)
    profile, calls = split_rows._profile, []

    def pressed(*arguments):
        if calls:
            raise KeyboardInterrupt
        calls.append(1)
        return profile(*arguments)

    monkeypatch.setattr(split_rows, "_profile", pressed)
    claim = split_rows.solve(problem, Effort(), (0,))
    assert (claim.stop, claim.indices, claim.bound) == (Stop.INTERRUPTED, (0,), 1000)


def test_rows_apart_that_are_too_long_are_refused():
    """A hundred columns of one row, any size; five of them are few."""
    row = tuple(range(1, 101))
    problem = VectorSum(rows=(row,), targets=(7,), norm="l1", fewest=0, most=100)
    assert "at most 2^26 sums of both halves of a row; row 0" in why_not(POINTS, problem)
    assert why_not(POINTS, replace(problem, most=4)) is None


def test_several_rows_are_taken_by_points_first():
    """The first choice for them; larger ones go to a solver."""
    assert choose_backend(drawn(30, 4, 0)).name == "points"
    assert choose_backend(drawn(60, 4, 0)).name != "points"
