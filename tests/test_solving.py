"""The audit: whatever a method claims, nothing impossible gets through, and the liar is named."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, VectorSum, audit, solve
from slth_opt.backends import BACKENDS, backend_named
from slth_opt.errors import BackendError, ClaimRejected, ProblemError
from slth_opt.methods import Backend, Claim, too_many_subsets
from slth_opt.results import Reported
from slth_opt.solving import choose_backend, why_not

EVERY_KIND = ("subset_sum", "smallest_subset", "vector_sum")
EVERY_LIMIT = frozenset({"seconds", "nodes", "workers", "seed"})


def method(answer, *, exact=True, **changes):
    """Return a backend called 'liar' that always gives the same answer."""
    facts = {
        "name": "liar",
        "family": "lies",
        "summary": "says what it is told to say",
        "exact": exact,
        "takes": EVERY_KIND,
        "honours": EVERY_LIMIT,
        "max_bits": 62,
        "solve": lambda problem, effort, start: answer,
    }
    return Backend(**(facts | changes))


def claim(*indices, bound=None, stop=Stop.FINISHED, **rest):
    """Return a claim about these indices."""
    return Claim(indices=indices, bound=bound, stop=stop, **rest)


ONE = SubsetSum(weights=(40, 70, 91), target=60, fewest=1, most=1)
"""Errors 20, 10 and 31; all weights are 1 modulo 3, so the free bound is 1 and proves nothing."""

NEAR = SmallestSubset(weights=(30, 5, 7, 19), target=42, tolerance=1)
"""{0, 1, 2} alone is within 1: the optimum is 3, the first guess cannot see it."""

NONE = SmallestSubset(weights=(3, 6, 12), target=10, tolerance=0)
"""No sum of multiples of three is ten, which the free bound does see at a glance."""


def test_the_examples_of_this_file_are_what_they_say():
    """The hand arithmetic above, by the slow truth."""
    assert [naive.value_of(ONE, (i,)) for i in range(3)] == [20, 10, 31]
    assert list(naive.legal_subsets(NEAR)) == [(3, (0, 1, 2))]
    assert naive.optimum(NONE) is None
    assert (ONE.free_bound(), NEAR.free_bound(), NONE.free_bound()) == (1, 2, 4)


# Lies about the selection.

UNFINISHED = {"stop": Stop.SECONDS}
NOT_A_CHOICE = "the pool has indices 0..2"
SELECTION_LIES = {
    "index past the end": (ONE, claim(3, **UNFINISHED), "chose index 3; " + NOT_A_CHOICE),
    "negative index": (ONE, claim(-1, **UNFINISHED), "chose index -1; " + NOT_A_CHOICE),
    "index True": (ONE, claim(True, **UNFINISHED), "chose index True; " + NOT_A_CHOICE),
    "index 1.0": (ONE, claim(1.0, **UNFINISHED), r"chose index 1\.0; " + NOT_A_CHOICE),
    "index '1'": (ONE, claim("1", **UNFINISHED), "chose index '1'; " + NOT_A_CHOICE),
    "index None": (ONE, claim(None, **UNFINISHED), "chose index None; " + NOT_A_CHOICE),
    "index twice": (ONE, claim(1, 1, **UNFINISHED), r"chose an index twice: \[1, 1\]"),
    "too few": (
        ONE,
        claim(**UNFINISHED),
        r"chose what is not legal: 0 weights, allowed are 1\.\.1",
    ),
    "too many": (
        ONE,
        claim(0, 1, **UNFINISHED),
        r"chose what is not legal: 2 weights, allowed are 1\.\.1",
    ),
    "tolerance": (
        NEAR,
        claim(0, 1, bound=2),
        "chose what is not legal: error 7, the tolerance is 1",
    ),
    "no list": (ONE, Claim(indices=5, **UNFINISHED), "chose 5, which is not a list of indices"),
}


@pytest.mark.parametrize("lie", SELECTION_LIES)
@pytest.mark.parametrize("exact", [True, False], ids=["exact", "float"])
def test_an_impossible_selection_is_caught(lie, exact):
    """Whoever chose it, exact or not, is named."""
    problem, answer, message = SELECTION_LIES[lie]
    with pytest.raises(
        ClaimRejected, match=r"^backend 'liar' chose .*" + message.split("chose ")[-1]
    ):
        solve(problem, method(answer, exact=exact))


# Lies about bounds, by methods that should know.

BOUND_LIES = {
    "bound above its own selection": (ONE, claim(0, bound=21, **UNFINISHED), "bound 21, but"),
    "bound above a known selection": (ONE, claim(0, bound=11, **UNFINISHED), "bound 11, but"),
    "bound above all there is": (ONE, claim(1, bound=10**30, **UNFINISHED), "bound 1000000"),
    "bound without a selection": (ONE, Claim(indices=None, bound=11, **UNFINISHED), "bound 11"),
    "bound a float": (ONE, claim(1, bound=10.0), r"bound 10\.0, which is not an integer"),
    "bound a boolean": (ONE, claim(1, bound=True), "bound True, which is not an integer"),
    "bound a fraction": (ONE, claim(1, bound=Fraction(10)), r"which is not an integer"),
    "bound of numpy": (ONE, claim(1, bound=np.int64(10)), r"which is not an integer"),
    "bound a string": (ONE, claim(1, bound="10"), "bound '10', which is not an integer"),
    "optimal, worse than known": (ONE, claim(0, bound=20), r"bound 20, but \(1,\) has value 10"),
    "finished, worse than known": (ONE, claim(0, bound=10), "does not meet its best value 20"),
    "finished without a bound": (ONE, claim(1), "says it finished, but the bound 1 does not meet"),
    "finished with a low bound": (
        ONE,
        claim(1, bound=9),
        "bound 9 does not meet its best value 10",
    ),
    "finished with nothing": (NEAR, Claim(indices=None, stop=Stop.FINISHED), "meet any selection"),
    "finished with a bound alone": (
        NEAR,
        Claim(indices=None, bound=3, stop=Stop.FINISHED),
        "says it finished, but the bound 3 does not meet any selection",
    ),
    "infeasible though known": (
        NEAR,
        claim(0, 1, 2, infeasible=True),
        r"no selection is legal, but \(0, 1, 2\) is, with value 3",
    ),
    "infeasible though sizes allow": (
        ONE,
        Claim(indices=None, infeasible=True, stop=Stop.FINISHED),
        "no selection is legal, but",
    ),
    "infeasible unfinished": (
        NEAR,
        Claim(indices=None, infeasible=True, **UNFINISHED),
        "no selection is legal, yet did not finish",
    ),
    "infeasible in disguise": (
        NEAR,
        Claim(indices=None, bound=5, **UNFINISHED),
        "bound 5, which no selection can have, and does not say that none is legal",
    ),
}


@pytest.mark.parametrize("lie", BOUND_LIES)
def test_an_impossible_bound_is_caught(lie):
    """A bound above a selection, a proof without a bound: the liar is named."""
    problem, answer, message = BOUND_LIES[lie]
    with pytest.raises(ClaimRejected, match="^backend 'liar' .*" + message):
        solve(problem, method(answer))


@pytest.mark.parametrize("lie", BOUND_LIES)
def test_a_float_method_is_not_even_asked_about_bounds(lie):
    """Nothing it says about bounds reaches the result; the selection is audited all the same."""
    problem, answer, _ = BOUND_LIES[lie]
    result = solve(problem, method(answer, exact=False))
    assert result.lower_bound == problem.free_bound() <= naive.optimum(problem)
    assert not result.is_optimal
    assert not result.infeasible


def test_infeasible_is_rejected_where_a_start_is_legal():
    """The selection the user came with refutes it."""
    answer = Claim(indices=None, infeasible=True, stop=Stop.FINISHED)
    with pytest.raises(ClaimRejected, match=r"^backend 'liar' .* but \(0, 1, 2\) is, with value 3"):
        solve(NEAR, method(answer), start=(0, 1, 2))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "answered None, which is not a claim"),
        ((0,), r"answered \(0,\), which is not a claim"),
        (claim(1, stop="finished"), "stopped for 'finished', which is not a reason to stop"),
        (claim(1, stop=None), "stopped for None"),
        (claim(1, nodes=-1, **UNFINISHED), "counted -1 nodes"),
        (claim(1, nodes=0.5, **UNFINISHED), r"counted 0\.5 nodes"),
        (claim(1, reported="optimal", **UNFINISHED), "reported 'optimal', which is not a report"),
    ],
)
def test_what_is_no_claim_is_caught(answer, message):
    """A method that answers nonsense is named like one that lies."""
    with pytest.raises(ClaimRejected, match="^backend 'liar' " + message):
        solve(ONE, method(answer))


def test_a_bound_without_any_selection_is_held_to_the_first_guess():
    """Sizes always allow some selection, so the audit finds one to hold against the bound."""
    answer = Claim(indices=None, bound=11, **UNFINISHED)
    with pytest.raises(ClaimRejected, match=r"^backend 'liar' claims the bound 11, but \(1,\) has"):
        audit(ONE, answer, backend=method(answer))


# What can be believed.


def test_a_true_claim_becomes_a_result():
    """The value is recomputed, the bound believed, the counts kept."""
    result = solve(ONE, method(claim(1, bound=10, nodes=3)))
    assert (result.backend, result.indices, result.value) == ("liar", (1,), 10)
    assert (result.lower_bound, result.nodes, result.is_optimal) == (10, 3, True)


def test_a_bound_weaker_than_the_free_one_is_improved():
    """Nobody needs to be told less than what a glance shows."""
    assert solve(ONE, method(claim(1, bound=0, **UNFINISHED))).lower_bound == 1


def test_a_proof_of_infeasibility_is_believed_from_an_exact_method():
    """Where no legal selection is known, an exact method that finished may say there is none."""
    hidden = replace(NEAR, target=41, tolerance=0)
    assert naive.optimum(hidden) is None
    assert hidden.free_bound() <= 4
    result = solve(hidden, method(Claim(indices=None, infeasible=True, stop=Stop.FINISHED)))
    assert (result.infeasible, result.value, result.lower_bound) == (True, None, 5)


def test_what_anyone_can_see_needs_no_method():
    """The free bound proves that NONE has no selection, also to a float method."""
    result = solve(NONE, method(Claim(indices=None, stop=Stop.GAVE_UP), exact=False))
    assert (result.infeasible, result.lower_bound) == (True, 4)


def test_the_free_bound_proves_a_float_method_right():
    """An error of zero is optimal whoever found it."""
    result = solve(replace(ONE, target=91), method(claim(2), exact=False))
    assert (result.value, result.is_optimal) == (0, True)


def test_a_selection_worse_than_the_first_guess_is_replaced_by_it():
    """A float method may be bad; the user gets the best selection known."""
    result = solve(ONE, method(claim(2, **UNFINISHED), exact=False))
    assert (result.indices, result.value) == ((1,), 10)


def test_indices_come_back_sorted_and_may_be_any_sequence():
    """Also an iterator, which can be read only once."""
    answer = Claim(indices=iter([2, 0, 1]), bound=3, stop=Stop.FINISHED)
    assert solve(NEAR, method(answer)).indices == (0, 1, 2)


def test_what_a_solver_reported_is_kept_and_not_believed():
    """It says optimal with an objective below the minimum; both are only on record."""
    report = Reported(status="optimal", objective=0.0, bound=0.0)
    result = solve(ONE, method(claim(0, reported=report), exact=False))
    assert (result.reported, result.value, result.is_optimal) == (report, 10, False)


stops = st.sampled_from(list(Stop))


@st.composite
def wild_claims(draw, problem):
    """Draw claims true, false and senseless."""
    n = problem.num_candidates
    chosen = st.lists(st.integers(-1, n), max_size=n + 1).map(tuple)
    legal = [indices for _, indices in naive.legal_subsets(problem)]
    best = naive.optimum(problem)
    near = st.integers(-2, 2).map(lambda d: d + (n if best is None else best))
    return Claim(
        indices=draw(st.none() | chosen | (st.sampled_from(legal) if legal else st.none())),
        bound=draw(st.none() | near | st.integers(-3, 2**63)),
        infeasible=draw(st.sampled_from([False, False, True])),
        stop=draw(stops),
    )


@given(strategies.problems(most=4), st.data(), st.booleans())
def test_whatever_is_claimed_a_result_states_only_what_can_be(problem, data, exact):
    """Rejected, or legal indices with their true value and a bound no selection is below.

    An exact method that exaggerates its bound without being contradicted by any selection
    known is the one lie that an audit cannot see; here the best selection is known.
    """
    best = min(naive.legal_subsets(problem), default=(None, None))
    answer = data.draw(wild_claims(problem))
    try:
        result = audit(problem, answer, backend=method(answer, exact=exact), known=best[1])
    except ClaimRejected as rejected:
        assert str(rejected).startswith("backend 'liar' ")  # noqa: PT017
        return
    assert result.value == best[0]
    if best[0] is not None:
        assert naive.value_of(problem, result.indices) == result.value
        assert result.lower_bound <= result.value
        assert not result.infeasible
    elif not exact:
        assert result.infeasible is (problem.free_bound() > problem.num_candidates)
    if exact and answer.stop is Stop.FINISHED:
        assert result.is_optimal is not result.infeasible


@given(strategies.problems(most=5), st.data())
def test_a_float_method_never_moves_the_bound(problem, data):
    """Whatever it claims, the lower bound is the one anyone can compute."""
    answer = data.draw(wild_claims(problem))
    try:
        result = audit(problem, answer, backend=method(answer, exact=False))
    except ClaimRejected:
        return
    assert result.lower_bound == problem.free_bound()
    assert result.value is None or result.value >= naive.optimum(problem)


# What is known beforehand is held to the same rules.

BAD_SELECTIONS = [
    ((3,), "chose index 3"),
    ((0, 1), r"chose what is not legal: 2 weights, allowed are 1\.\.1"),
    ((0, 0), "chose an index twice"),
    (("0",), "chose index '0'"),
    (7, "chose 7, which is not a list of indices"),
]


@pytest.mark.parametrize(("selection", "message"), BAD_SELECTIONS)
def test_an_illegal_start_is_refused(selection, message):
    """The start comes from the user: it is bad input, and no method is to blame."""
    with pytest.raises(ProblemError, match="^the start " + message):
        solve(ONE, "enumeration", start=selection)


@pytest.mark.parametrize(("selection", "message"), BAD_SELECTIONS)
def test_an_illegal_known_selection_is_refused(selection, message):
    """It must not become a result by way of the audit."""
    answer = Claim(indices=None, stop=Stop.GAVE_UP)
    with pytest.raises(ProblemError, match=message):
        audit(ONE, answer, backend=method(answer), known=selection)


def test_a_start_above_the_tolerance_is_refused():
    """Within the tolerance or no selection at all."""
    with pytest.raises(
        ProblemError, match="the start chose what is not legal: error 12, the tolerance is 1"
    ):
        solve(NEAR, "enumeration", start=(0,))


# Methods that cannot.

OF_ONE_ROW = [b for b in BACKENDS if {"subset_sum", "smallest_subset"} <= set(b.takes)]
"""The methods that can be asked about the examples above."""


@pytest.mark.parametrize("backend", OF_ONE_ROW, ids=lambda backend: backend.name)
@pytest.mark.parametrize("limit", sorted(EVERY_LIMIT))
def test_a_limit_that_is_not_honoured_is_refused(backend, limit):
    """Refused with the list of those that are; honoured ones are accepted."""
    refusal = why_not(backend, ONE, Effort(**{limit: 1}))
    if limit in backend.honours:
        assert refusal is None or "honour" not in refusal
    else:
        assert refusal is not None
        expected = f"backend '{backend.name}' cannot honour {limit}=1; it honours "
        assert refusal.startswith(expected)
        assert refusal[len(expected) :] == (", ".join(sorted(backend.honours)) or "no limit")


def test_every_limit_that_is_refused_names_a_method_that_honours_it():
    """Meeting counts no nodes before it is done; branching does."""
    with pytest.raises(BackendError, match=r"honours seconds\. Try 'branching'"):
        solve(ONE, "meeting", Effort(nodes=5))


def test_too_many_bits_are_refused_with_a_method_that_takes_them():
    """The numbers of bits given and possible, and who to ask."""
    narrow = method(claim(1), max_bits=8)
    message = r"^backend 'liar' accepts sums up to 8 bits; this problem has 9\. Try 'meeting'"
    with pytest.raises(BackendError, match=message):
        solve(ONE, narrow)


@pytest.mark.parametrize("backend", OF_ONE_ROW, ids=lambda backend: backend.name)
def test_more_bits_than_a_backend_has_are_refused(backend):
    """One bit more than it says; at 62, the capacity, no problem has more."""
    bits = backend.max_bits
    if bits >= 62:
        full = SubsetSum(weights=(2**61, 2**61 - 2), target=1, fewest=1, most=1)
        assert full.bits == 62
        assert why_not(backend, full) is None
        return
    full = SubsetSum(weights=(2**bits - 1, 0), target=1, fewest=1, most=1)
    with pytest.raises(BackendError, match=f"sums up to {bits} bits; this problem has {bits + 1}"):
        solve(full, backend)


def test_a_large_tolerance_counts_as_bits():
    """A solver must hold target plus tolerance too."""
    assert replace(NEAR, tolerance=2**50).bits == 51


def test_another_kind_is_refused_with_a_method_that_takes_it():
    """Meeting takes one row; the message says what it takes, what this is, and who to ask."""
    rows = VectorSum(rows=((1, 2),), targets=(1,), norm="l1", fewest=1, most=1)
    message = "takes subset_sum, smallest_subset; this problem is a vector_sum. Try 'points'"
    with pytest.raises(BackendError, match=message):
        solve(rows, "meeting")


def test_too_large_a_problem_is_refused_with_a_method_that_takes_it():
    """Fifteen of sixty is too much to enumerate, not to try."""
    problem = SubsetSum(weights=tuple(range(60)), target=1, fewest=15, most=15)
    with pytest.raises(BackendError, match=r"^backend 'enumeration' looks at every .*'branching'"):
        solve(problem, "enumeration")


def test_an_unknown_backend_is_answered_with_the_known_ones():
    """All of them, by name."""
    known = ", ".join(backend.name for backend in BACKENDS)
    with pytest.raises(BackendError, match=f"^there is no backend 'magic'; there are {known}$"):
        solve(ONE, "magic")


def test_when_no_exact_method_can_each_says_why(monkeypatch):
    """Nothing is chosen silently from those that compute in floating point."""
    fuzzy = replace(method(None, exact=False), name="fuzzy")
    narrow = replace(method(None), name="narrow", max_bits=3)
    monkeypatch.setattr("slth_opt.solving.BACKENDS", (fuzzy, narrow))
    with pytest.raises(BackendError, match="backend 'narrow' accepts sums up to 3 bits"):
        solve(ONE)


@pytest.mark.parametrize(
    ("problem", "effort", "expected"),
    [
        (ONE, Effort(), "meeting"),
        (ONE, Effort(nodes=10), "branching"),
        (VectorSum(rows=((1,),), targets=(1,), norm="l1", fewest=1, most=1), Effort(), "points"),
    ],
)
def test_the_choice_falls_on_the_first_exact_method_that_can(problem, effort, expected):
    """In the order of the table of backends."""
    assert choose_backend(problem, effort).name == expected


@pytest.mark.parametrize(
    ("n", "fewest", "most", "count"),
    [(5, 0, 5, 32), (5, 2, 3, 20), (31, 31, 31, 1), (1, 0, 1, 2), (500, 499, 500, 501)],
)
def test_subsets_are_counted_without_big_numbers(n, fewest, most, count):
    """There are more than one less, and not more than there are."""
    assert too_many_subsets(n, fewest, most, count - 1)
    assert not too_many_subsets(n, fewest, most, count)


# Cut short.

OWN = [b.name for b in BACKENDS if b.name in ("enumeration", "meeting", "branching")]


def interrupted(problem, effort, start):
    """Behave like a method during which somebody presses Ctrl-C."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "float"])
def test_ctrl_c_in_a_method_that_cannot_stop_leaves_the_first_guess(exact):
    """The best audited selection so far, and the free bound."""
    result = solve(ONE, method(None, exact=exact, solve=interrupted))
    assert (result.stop, result.indices, result.lower_bound) == (Stop.INTERRUPTED, (1,), 1)


def test_ctrl_c_with_no_selection_known_leaves_none():
    """Nothing is made up."""
    result = solve(NEAR, method(None, solve=interrupted))
    assert (result.stop, result.indices, result.lower_bound) == (Stop.INTERRUPTED, None, 2)
    assert not result.infeasible


HARD = """
import json, random
from slth_opt import SubsetSum, solve
rng = random.Random(3)
weights = tuple(rng.randrange(-(2**54), 2**54) for _ in range(70))
solve(SubsetSum(weights=weights[:9], target=5, fewest=4, most=4), "{backend}")  # compile
problem = SubsetSum(weights=weights, target=rng.randrange(2**54), fewest={size}, most={size})
print("ready", flush=True)
result = solve(problem, "{backend}")
print(json.dumps([weights, problem.target, result.summary()]))
"""


@pytest.mark.parametrize(("backend", "size"), [("branching", 35), ("enumeration", 7)])
def test_a_real_ctrl_c_returns_the_best_so_far(backend, size):
    """A signal in the middle of compiled code: a legal selection, audited, and no proof."""
    process = subprocess.Popen(
        [sys.executable, "-c", HARD.format(backend=backend, size=size)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    weights, target, shown = json.loads(output)
    chosen = shown["indices"]
    assert process.returncode == 0
    assert (shown["stopped_by"], shown["optimal"]) == ("interrupted", False)
    assert len(set(chosen)) == len(chosen) == size
    assert int(shown["error_exact"]) == abs(sum(weights[i] for i in chosen) - target)
    assert shown["nodes"] > 0


LIMITED = [
    pytest.param(backend, limit, amount, id=f"{backend.name}-{limit}={amount}")
    for backend in OF_ONE_ROW
    for limit, amount in [("seconds", 0), ("seconds", 1e-4), ("nodes", 0), ("nodes", 3)]
    if limit in backend.honours
]


@pytest.mark.parametrize(("backend", "limit", "amount"), LIMITED)
@pytest.mark.parametrize("problem", [ONE, NEAR, NONE], ids=["one", "near", "none"])
def test_a_limit_leaves_an_honest_bracket(backend, limit, amount, problem):
    """However early it stops, the optimum lies between the bound and the value."""
    result = solve(problem, backend, Effort(**{limit: amount}))
    best = naive.optimum(problem)
    assert result.lower_bound <= (problem.num_candidates + 1 if best is None else best)
    assert result.value is None or best <= result.value
    assert not (result.infeasible and best is not None)


@pytest.mark.parametrize("name", ["branching", "enumeration"])
def test_a_second_is_about_a_second(name):
    """A tenth of a second asked of a longer search ends in well under five."""
    rng = np.random.default_rng(3)
    weights = tuple(rng.integers(-(2**54), 2**54, 70).tolist())
    problem = SubsetSum(weights=weights, target=12345, fewest=7, most=7)
    solve(problem, name, Effort(nodes=1))  # compile
    result = solve(problem, name, Effort(seconds=0.1))
    assert result.stop is Stop.SECONDS
    assert result.seconds < 5


def test_a_backend_may_be_given_by_name_or_as_a_record():
    """The same method, the same result."""
    by_name = solve(ONE, "enumeration")
    by_record = solve(ONE, backend_named("enumeration"))
    assert by_name.indices == by_record.indices == (1,)
