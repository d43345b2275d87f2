"""Problems and proofs in plain words."""

from __future__ import annotations

from slth_opt.backends import backend_named
from slth_opt.certificates import Evidence, VerifyReport, is_hopeless
from slth_opt.cli.outputs import number
from slth_opt.problems import (
    JointLayer,
    LayerBudget,
    Problem,
    SharedBlock,
    SmallestSubset,
    VectorSum,
)
from slth_opt.results import Result


def question_in_words(problem: Problem) -> str:
    """Say in one line what a problem asks.

    Examples
    --------
    >>> from slth_opt.problems import SubsetSum
    >>> question_in_words(SubsetSum(weights=(1, 2), target=3, fewest=2, most=2))
    'best subset of 2 out of 2 weights'
    """
    n = problem.num_candidates
    if isinstance(problem, SmallestSubset):
        tolerance = number(problem.grid.real(problem.tolerance))
        return f"smallest subset of {n} weights with an error of at most {tolerance}"
    if isinstance(problem, (LayerBudget, SharedBlock, JointLayer)):
        return _layer_in_words(problem)
    what = "weights"
    if isinstance(problem, VectorSum):
        what = f"columns of {len(problem.rows)} rows, {problem.norm} norm"
    if problem.fewest == problem.most:
        return f"best subset of {problem.fewest} out of {n} {what}"
    if problem.fewest == 0 and problem.most == n:
        return f"best subset of any size out of {n} {what}"
    return f"best subset of {problem.fewest} to {problem.most} out of {n} {what}"


JOINED = {"linf": "largest error", "l1": "sum of errors", "squares": "sum of squared errors"}
"""What the norms of layers are called."""


def _layer_in_words(problem: LayerBudget | SharedBlock | JointLayer) -> str:
    """Say in one line what a question about a layer asks."""
    if isinstance(problem, SharedBlock):
        outputs, h = len(problem.products), problem.num_neurons
        budgets = [
            f"at most {most} {what}"
            for most, what in ((problem.most_edges, "edges"), (problem.most_neurons, "neurons"))
            if most is not None
        ]
        wanted = "smallest error" if problem.minimise == "error" else f"fewest {problem.minimise}"
        rule = " and ".join(budgets) or "no budget"
        rule = "within tolerances" if problem.tolerances is not None else f"with {rule}"
        return f"{wanted} of a block of {h} hidden neurons and {outputs} outputs, {rule}"
    least = f"smallest {JOINED[problem.norm]}"
    free = problem.most >= problem.num_candidates
    if isinstance(problem, LayerBudget):
        pools, n = len(problem.pools), len(problem.pools[0])
        budget = "no budget" if free else f"at most {problem.most} kept in all"
        return f"{least} of {pools} weights from pools of {n}, {budget}"
    outputs, h, inputs = problem.shape
    budget = "no budget" if free else f"at most {problem.most} edges kept"
    return f"{least} of a {outputs} x {h} x {inputs} layer, both masks free, {budget}"


def subsets_in_words(fewest: int, most: int, n: int) -> str:
    """Say which subsets a size rule allows.

    Examples
    --------
    >>> subsets_in_words(2, 2, 5), subsets_in_words(0, 5, 5)
    ('subsets of 2 out of 5 weights', 'subsets of any size out of 5 weights')
    """
    if fewest == most:
        return f"subsets of {fewest} out of {n} weights"
    if (fewest, most) == (0, n):
        return f"subsets of any size out of {n} weights"
    return f"subsets of {fewest} to {most} out of {n} weights"


def evidence_of(result: Result) -> Evidence:
    """Say what the lower bound of one solve rests on.

    A second method turns *single* into *agreed*: that is what ``slth certify`` asks.

    Examples
    --------
    >>> from slth_opt import SubsetSum, solve
    >>> evidence_of(solve(SubsetSum(weights=(2, 4, 9), target=6, fewest=2, most=2))).value
    'self_evident'
    """
    problem = result.problem
    if result.value == problem.free_bound() or (result.infeasible and is_hopeless(problem)):
        return Evidence.SELF_EVIDENT
    return Evidence.SINGLE if backend_named(result.backend).exact else Evidence.REPORTED


def verified_in_words(problem: Problem, report: VerifyReport) -> tuple[str, ...]:
    """Return what a verification found, the integers explained first.

    Examples
    --------
    >>> from slth_opt.certificates import verify
    >>> from slth_opt.certifying import certify
    >>> from slth_opt.problems import SubsetSum
    >>> pool = SubsetSum.from_reals([0.5, 1.25], 1.0, size=1)
    >>> verified_in_words(pool, verify(pool, certify(pool)))[:2]
    ('question: best subset of 1 out of 2 weights', 'unit: value 1 means an error of 0.25')
    """
    grid = problem.objective_grid
    shown = report.lower_bound if report.value is None else report.value
    means = {
        "items": f"a size of {shown}",
        "error": f"an error of {number(grid.real(shown))}",
        "squared error": f"a squared error of {number(grid.real(shown))}",
    }
    unit = f"unit: value {shown} means {means.get(problem.unit, f'{shown} {problem.unit}')}"
    question = f"question: {question_in_words(problem)}"
    return (question, *(() if report.infeasible else (unit,)), *report.lines())


_MEANING = {
    Evidence.SELF_EVIDENT: "it equals a bound anyone can compute",
    Evidence.SINGLE: "one exact method; `slth certify` asks a second",
}


def proof_in_words(result: Result) -> list[tuple[str, str]]:
    """Return labelled lines that say what is proven, and by whom.

    Examples
    --------
    >>> from slth_opt import SubsetSum, solve
    >>> pool = SubsetSum(weights=(2, 4, 9), target=6, fewest=2, most=2)
    >>> proof_in_words(solve(pool, backend="enumeration"))
    [('proven', 'optimal, by enumeration (it equals a bound anyone can compute)')]
    """
    if result.is_optimal or result.infeasible:
        what = "optimal" if result.is_optimal else "no such subset exists"
        meaning = _MEANING[evidence_of(result)]
        return [("proven", f"{what}, by {result.backend} ({meaning})")]
    grid, unit = result.problem.objective_grid, result.problem.unit
    bound = number(grid.real(result.lower_bound))
    found = "nothing found; " if result.indices is None else ""
    lines = [("not proven", f"{found}{result.backend} stopped: {result.stop.value}")]
    lines.append(("best possible", f"{unit} at least {bound}"))
    if result.gap is not None:
        lines.append(("gap", f"{number(grid.real(result.gap))} of {unit} may be left to gain"))
    if result.reported is not None:
        lines.append(("reported", f"{result.reported.status!r} in floating point: not a proof"))
    lines.append(("hint", _hint(result)))
    return lines


def _hint(result: Result) -> str:
    """Say what to try when an answer is not proven."""
    if not backend_named(result.backend).exact:
        return "an exact backend can prove it: leave --backend out"
    return "give it more time, or another --backend; slth audit shows what each one finds"
