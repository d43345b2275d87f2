"""The second proof is held against the slowest one: every subset, one by one."""

from __future__ import annotations

import ast
import sys
from itertools import combinations
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from slth_opt import SmallestSubset, SubsetSum, VectorSum, reproving
from slth_opt.reproving import best_error, best_errors, search_below
from tests import naive
from tests.strategies import pools, problems, vector_sums


def least_below(problem, bound):
    """Return the least value below a bound, by brute force."""
    values = (value for value, _ in naive.legal_subsets(problem))
    return min((value for value in values if value < bound), default=None)


@given(problem=problems(), beyond=st.integers(-2, 3))
def test_search_finds_what_brute_force_finds(problem, beyond):
    """Just below, at and just above the optimum, the search ends as brute force does."""
    best = naive.optimum(problem)
    bound = beyond + (problem.num_candidates + 1 if best is None else best)
    reproof = search_below(problem, bound)
    assert (reproof.complete, reproof.found) == (True, least_below(problem, bound))


@given(problem=problems(), bound=st.integers(-3, 2**62))
def test_search_from_any_bound(problem, bound):
    """However far the bound is from the optimum, the search ends as brute force does."""
    assert search_below(problem, bound).found == least_below(problem, bound)


@given(weights=pools(), target=st.integers(-(2**60), 2**60))
def test_best_errors_are_the_profile(weights, target):
    """The best error of every size equals the profile by brute force."""
    assert best_errors(weights, target, 0, len(weights)) == naive.profile(weights, target)


@given(weights=pools(), target=st.integers(-(2**60), 2**60))
def test_best_error_is_the_least_of_the_profile(weights, target):
    """Forgetting the sizes gives the least error of all sizes."""
    assert best_error(weights, target) == min(naive.profile(weights, target))


@given(problem=vector_sums(), most_steps=st.integers(0, 2000))
def test_search_broken_off_says_so(problem, most_steps):
    """A search with too few steps finds the optimum, or does not call itself complete."""
    best = naive.optimum(problem)
    reproof = search_below(problem, best + 1, most_steps=most_steps)
    assert reproof.found == best or (reproof.found, reproof.complete) == (None, False)


def test_too_many_subsets_are_not_begun():
    """A million weights, half of them chosen, are declined at once, without big binomials."""
    problem = SubsetSum(weights=(1,) * 10**6, target=3, fewest=5 * 10**5, most=5 * 10**5)
    assert not search_below(problem, 10).complete


def test_few_chosen_of_many_are_searched():
    """Three of 120 weights are few subsets of each half, so they are searched."""
    weights = tuple(7 * i * i - 31 * i for i in range(120))
    problem = SubsetSum(weights=weights, target=100003, fewest=3, most=3)
    best = min(naive.value_of(problem, c) for c in combinations(range(120), 3))
    assert search_below(problem, best + 1).found == best


def test_only_sizes_below_the_bound_are_searched():
    """That no pair of 400 weights will do is proven without looking at larger sizes."""
    problem = SmallestSubset(weights=tuple(range(1000, 1400)), target=5100, tolerance=0)
    reproof = search_below(problem, 4)
    assert (reproof.complete, reproof.found) == (True, None)


def test_forty_weights_are_within_reach():
    """A problem of forty weights, any size, is searched completely."""
    weights = tuple((-1) ** i * 3**20 * (i + 1) ** 3 for i in range(40))
    problem = SubsetSum(weights=weights, target=1, fewest=0, most=40)
    assert search_below(problem, 1) == reproving.Reproof(complete=True, found=None)


def test_two_rows_of_thirty_columns_are_within_reach():
    """Two rows are searched completely when the first row rules most pairs out."""
    rows = tuple(tuple((i * i * a) % 1009 * 2**30 for i in range(1, 31)) for a in (17, 23))
    problem = VectorSum(rows=rows, targets=(1, 1), norm="linf", fewest=15, most=15)
    assert search_below(problem, 1).complete


def test_each_row_of_a_vector_is_a_step():
    """A number of steps that is enough for one row of twelve columns is not for 64 of them."""
    row = tuple(range(1, 13))
    one, many = (
        VectorSum(rows=(row,) * d, targets=(100,) * d, norm="linf", fewest=0, most=12)
        for d in (1, 64)
    )
    assert search_below(one, 1, most_steps=5000).complete
    assert not search_below(many, 1, most_steps=5000).complete


def test_imports_only_the_standard_library_and_problems():
    """The re-proof shares no line with the methods: of ours it imports the problems alone."""
    files = sorted(Path(reproving.__file__).parent.glob("*.py"))
    assert len(files) >= 4
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text("utf-8")))]
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    foreign = {name for name in modules if name.split(".")[0] not in sys.stdlib_module_names}
    own = {name for name in foreign if f"{name}.".startswith("slth_opt.reproving.")}
    assert foreign - own == {"slth_opt.problems"}
