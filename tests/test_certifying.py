"""Methods that agree make a certificate; methods that do not make an error."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from slth_opt import Effort, SmallestSubset, Stop, SubsetSum, certifying
from slth_opt.backends import backend_named
from slth_opt.certificates import Evidence, verify
from slth_opt.certifying import certify
from slth_opt.errors import BackendError, ClaimRejected
from slth_opt.guessing import first_guess
from slth_opt.methods import Backend, Claim
from slth_opt.problems.legality import mask_of
from slth_opt.results import Reported
from tests import naive
from tests.strategies import problems

# Pairs around 7: (1, 3) is off by 2, then (1, 2) by 3, (0, 2) by 5.
POOL = SubsetSum(weights=(3, -5, 9, 14, 22), target=7, fewest=2, most=2)
# The first guess, neighbours in sorted order, is not the best pair of these: 1 + 100 is.
TRAP = SubsetSum(weights=(1, 40, 55, 100), target=101, fewest=2, most=2)
# No neighbours in sorted order are within the tolerance, but 1 + 100 is.
HIDDEN = SmallestSubset(weights=(1, 40, 55, 100, 300), target=101, tolerance=0)
IMPOSSIBLE = SmallestSubset(weights=(7, 10, 16), target=12, tolerance=1)


def posing(name, answer):
    """Return a backend of a known name that answers as it is told."""
    return replace(backend_named(name), solve=answer)


def claiming(name, **claim):
    """Return a backend of a known name that always makes the same claim."""
    return posing(name, lambda problem, effort, start: Claim(**claim))


def contented(problem, effort, start):
    """Call the selection it was started from the optimum: a lie that fits itself."""
    value = problem.value(mask_of(start, problem.num_candidates))
    return Claim(indices=start, bound=value, stop=Stop.FINISHED)


def interrupted(problem, effort, start):
    raise KeyboardInterrupt


def floating(name="cbc", **claim):
    """Return a backend that computes in floating point and makes one claim."""
    return Backend(
        name=name,
        family="branch and cut",
        summary="one claim",
        exact=False,
        takes=("subset_sum", "smallest_subset", "vector_sum"),
        honours=frozenset({"seconds"}),
        max_bits=62,
        solve=lambda problem, effort, start: Claim(**claim),
    )


def test_trap_is_one():
    """The first guess for the trap is legal and not the best, which is exact."""
    guess = first_guess(TRAP)
    assert naive.optimum(TRAP) == 0 < naive.error_of(TRAP, guess)


@settings(max_examples=40)
@given(problem=problems())
def test_certificates_are_optimal_and_true(problem):
    """Of any problem the certificate has the optimum, on the best evidence, and verifies."""
    certificate = certify(problem)
    best = naive.optimum(problem)
    assert (certificate.value, certificate.infeasible) == (best, best is None)
    assert verify(problem, certificate).reproven
    assert certificate.evidence.strength >= Evidence.AGREED.strength


def test_agreement_names_both():
    """Two methods of different families close the problem, and the remark names them."""
    certificate = certify(POOL, backends=["meeting", "branching"])
    assert (certificate.evidence, certificate.value) == (Evidence.AGREED, 2)
    assert certificate.remarks == ("'meeting' and 'branching', of different families, agree",)


def test_free_bound_needs_no_second_method():
    """A value that equals the free bound is certified after one method."""
    certificate = certify(TRAP)
    assert (certificate.evidence, len(certificate.witnesses)) == (Evidence.SELF_EVIDENT, 1)


def test_impossible_is_agreed_on():
    """That nothing is within the tolerance is certified by two methods."""
    certificate = certify(IMPOSSIBLE)
    assert (certificate.evidence, certificate.infeasible) == (Evidence.AGREED, True)


def test_one_family_is_asked_once():
    """The same method twice is one opinion, and the remarks say that none other was to be had."""
    certificate = certify(POOL, backends=["enumeration", "enumeration"])
    assert (certificate.evidence, len(certificate.witnesses)) == (Evidence.SINGLE, 1)
    assert certificate.remarks == (
        "backend 'enumeration' closed the problem",
        "no exact method of another family could be asked",
    )


LIAR = posing("branching", contented)
SURE = claiming("branching", indices=None, infeasible=True, stop=Stop.FINISHED)
OPEN = replace(TRAP, weights=(1, 40, 55, 101))


def test_open_trap_is_no_gift():
    """The best pair of the open trap is off by one, the free bound is not, the guess is worse."""
    guess = naive.error_of(OPEN, first_guess(OPEN))
    assert (OPEN.free_bound(), naive.optimum(OPEN), guess) == (0, 1, 6)


@pytest.mark.parametrize("order", [("meeting", LIAR), (LIAR, "meeting")], ids=["last", "first"])
def test_disagreement_is_an_error(order):
    """A method that calls a worse selection optimal is exposed, with both names and both values."""
    says = (
        "disagree: 'branching' claims that the best is 6, but 'meeting' found the value 1 "
        "with (0, 3), so 'branching' is wrong"
    )
    with pytest.raises(ClaimRejected, match=re.escape(says)):
        certify(OPEN, backends=order)


@pytest.mark.parametrize("order", [("meeting", SURE), (SURE, "meeting")], ids=["last", "first"])
def test_disagreement_on_existence_is_an_error(order):
    """A method that denies a selection another one found is exposed."""
    says = "'branching' claims that no selection is legal, but 'meeting' found the value 2"
    with pytest.raises(ClaimRejected, match=re.escape(says)):
        certify(HIDDEN, backends=order)


def test_disagreement_on_a_bound_is_an_error():
    """A bound above what another method found is exposed even if its owner did not finish."""
    proud = claiming("branching", indices=(1, 2), bound=3, stop=Stop.SECONDS)
    says = "'branching' claims that no selection is below 3, but 'meeting' found the value 1"
    with pytest.raises(ClaimRejected, match=re.escape(says)):
        certify(OPEN, backends=[proud, "meeting"])


def test_third_method_is_asked_when_the_second_gives_up():
    """Where the second method leaves the problem open, the next family closes it."""
    tired = claiming("branching", indices=(0, 2), stop=Stop.GAVE_UP)
    certificate = certify(POOL, backends=["meeting", tired, "enumeration"])
    names = [witness.backend for witness in certificate.witnesses]
    assert (certificate.evidence, names) == (
        Evidence.AGREED,
        ["meeting", "branching", "enumeration"],
    )


def test_limited_effort_gives_a_bracket():
    """With next to no work allowed, the certificate brackets the optimum and claims no more."""
    certificate = certify(POOL, Effort(nodes=1), backends=["branching"])
    assert certificate.lower_bound <= 2 <= certificate.value
    assert (certificate.is_optimal, certificate.evidence) == (False, Evidence.SINGLE)
    assert certificate.remarks == ("backend 'branching' left it open (nodes)",)


def test_value_and_bound_of_different_methods():
    """A value of one method and an equal bound of another close the problem on single evidence."""
    finder = claiming("meeting", indices=(1, 3), bound=0, stop=Stop.SECONDS)
    prover = claiming("branching", indices=(1, 2), bound=2, stop=Stop.SECONDS)
    certificate = certify(POOL, backends=[finder, prover])
    assert (certificate.is_optimal, certificate.evidence) == (True, Evidence.SINGLE)


@pytest.fixture
def deaf_and_willing(monkeypatch):
    """Two methods in all: one honours no limit, one honours a number of nodes."""
    two = (
        replace(backend_named("meeting"), honours=frozenset()),
        replace(backend_named("enumeration"), honours=frozenset({"nodes"})),
    )
    monkeypatch.setattr(certifying, "BACKENDS", two)


def test_limits_that_are_not_honoured_are_said(deaf_and_willing):
    """A method that cannot honour a limit is not asked, and the remarks say why."""
    certificate = certify(POOL, Effort(nodes=10**6))
    assert certificate.remarks == (
        "backend 'enumeration' closed the problem",
        "no exact method of another family could be asked",
        "backend 'meeting' cannot honour nodes=1000000; it honours no limit",
    )


def test_interrupted_first_method_gives_a_bracket():
    """Ctrl-C in the first method certifies the first guess, and no second method is begun."""
    certificate = certify(OPEN, backends=[posing("meeting", interrupted), "branching"])
    assert (certificate.value, certificate.lower_bound) == (6, 0)
    assert certificate.remarks == ("backend 'meeting' left it open (interrupted)",)


def test_interrupted_second_method_keeps_the_first():
    """Ctrl-C in the second method keeps the optimum of the first, on single evidence."""
    certificate = certify(OPEN, backends=["meeting", posing("branching", interrupted)])
    assert (certificate.is_optimal, certificate.evidence) == (True, Evidence.SINGLE)
    assert certificate.remarks == (
        "backend 'meeting' closed the problem",
        "backend 'branching' left it open (interrupted)",
    )


def test_float_solver_proves_nothing():
    """What a float solver calls optimal is a selection with the free bound below it."""
    said = Reported(status="Optimal", objective=2.0, bound=2.0)
    solver = floating(indices=(1, 3), stop=Stop.FINISHED, reported=said)
    certificate = certify(POOL, backends=[solver])
    assert (certificate.value, certificate.lower_bound) == (2, 0)
    assert (certificate.is_optimal, certificate.evidence) == (False, Evidence.REPORTED)
    assert certificate.witnesses[0].reported == said


def test_float_solver_beside_an_exact_method_is_not_asked():
    """Named beside an exact method, a float solver is left out, and the remarks say so."""
    solver = floating(indices=(1, 3), stop=Stop.FINISHED)
    certificate = certify(POOL, backends=[solver, "meeting"])
    assert "backend 'cbc' is not exact and was not asked" in certificate.remarks


def test_named_method_that_cannot_is_an_error():
    """A method asked for by name that cannot honour a limit is refused, not skipped."""
    with pytest.raises(BackendError, match="'meeting' cannot honour seed=3"):
        certify(POOL, Effort(seed=3), backends=["meeting", "enumeration"])


def test_no_able_method_is_an_error_with_all_reasons(deaf_and_willing):
    """When nobody can be asked, the error lists each method with its reason."""
    with pytest.raises(BackendError) as refusal:
        certify(POOL, Effort(seed=3))
    assert str(refusal.value) == (
        "no method can be asked: backend 'meeting' cannot honour seed=3; it honours no limit; "
        "backend 'enumeration' cannot honour seed=3; it honours nodes"
    )


def test_no_method_given_is_an_error():
    """An empty list of methods certifies nothing."""
    with pytest.raises(BackendError, match="no method can be asked: none was given"):
        certify(POOL, backends=[])


def test_stranger_cannot_bear_witness():
    """A method no verifier could place is refused before it is run."""
    stranger = replace(backend_named("enumeration"), name="oracle")
    with pytest.raises(BackendError, match="'oracle' cannot bear witness"):
        certify(POOL, backends=[stranger])


def test_versions_are_those_installed():
    """The witnesses and the certificate carry the installed version of this package."""
    from slth_opt import __version__

    certificate = certify(POOL)
    versions = {certificate.package, *(witness.version for witness in certificate.witnesses)}
    assert versions == {__version__}
