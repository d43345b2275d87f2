"""Exported files in other people's hands: what they find, what they cannot hold, and who lies."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from pathlib import Path

import pytest

from slth_opt.errors import BackendError, CertificateRejected
from slth_opt.library import read_instance
from slth_opt.problems import (
    JointLayer,
    LayerBudget,
    SharedBlock,
    SmallestSubset,
    SubsetSum,
)
from slth_opt.third_parties import READERS, Said, check_file, judge, reader_named
from slth_opt.third_parties.arithmetic import DOUBLES, is_blurred, largest_integer
from slth_opt.third_parties.records import (
    OUT_OF_ARITHMETIC,
    REFUSED,
    REPRODUCED,
    UNFINISHED,
    WRONG,
)
from tests import naive
from tests.solver_checks import draw

LIBRARY = Path(__file__).parent.parent / "instances"
STARTS_SLOWLY = "scip"
"""Its file is read by OR-Tools, whose CP-SAT is asked in any case: it waits for `make check`."""

FILES = [
    pytest.param(
        reader,
        form,
        id=f"{reader.name}-{form}",
        marks=pytest.mark.slow if reader.name == STARTS_SLOWLY else (),
    )
    for reader in READERS
    for form in reader.formats
]
IN_DOUBLES = [reader for reader in READERS if reader.tolerance]
every_file = pytest.mark.parametrize(("reader", "form"), FILES)

POOL = SubsetSum(weights=(3, 4, 9), target=8, fewest=2, most=2)
"""Its sums are 7, 12 and 13: the optimum is 1, by the first two."""

LAYERS = (
    LayerBudget(pools=((3, -5, 9), (4, 7, -2)), targets=(5, 6), norm="l1", most=3),
    LayerBudget(pools=((3, -5, 9), (4, 7, -2)), targets=(5, 6), norm="linf", most=4),
    SharedBlock(
        products=((4, 1, 3), (2, 5, -3)), targets=(5, 4), minimise="edges", tolerances=(1, 2)
    ),
    SharedBlock(products=((4, 1, 3), (2, 5, -3)), targets=(6, 4), minimise="error", most_edges=3),
    JointLayer(
        first=((3, -2), (1, 4)), second=((2, 5), (-3, 1)), targets=((7, 9), (-4, 6)), norm="linf",
        most=6,
    ),
)  # fmt: skip
HOPELESS = SmallestSubset(weights=(3, 4), target=100, tolerance=2)


def names(problem):
    return [f"x{i}" for i in range(problem.num_candidates)]


def says(*indices, status="Optimal", finished=True, values_of=POOL):
    """What a solver says that picks some of a pool."""
    values = {name: float(i in indices) for i, name in enumerate(names(values_of))}
    return Said(status=status, finished=finished, values=values)


def talker(said, **facts):
    """A reader that says the same of every file."""
    return replace(reader_named("cbc"), solve=lambda text, form, seconds: said, **facts)


@every_file
@pytest.mark.parametrize("problem", [POOL, LAYERS[0], HOPELESS], ids=lambda p: p.kind)
def test_small_files_are_reproduced(reader, form, problem):
    """Every reader finds the optimum of looking at every subset, or that none is legal."""
    found = check_file(problem, naive.optimum(problem), reader, form, seconds=20.0)
    assert (found.verdict, found.value, found.blurred) == (
        REPRODUCED,
        naive.optimum(problem),
        False,
    )


@every_file
def test_zeros_of_long_files_are_not_lost(reader, form):
    """Of a hundred variables two are 1, and the answer names the other 98 too."""
    hundred = SubsetSum(weights=tuple(range(100)), target=197, fewest=2, most=2)
    found = check_file(hundred, 0, reader, form, seconds=20.0)
    assert (found.verdict, found.value) == (REPRODUCED, 0)


@pytest.mark.slow
@every_file
def test_drawn_files_are_reproduced(reader, form):
    """The same for fifty drawn problems whose integers stay below 2^20, and for layers."""
    rng = random.Random("third parties")
    problems = [*LAYERS, *(draw(rng, rng.randint(2, 20)) for _ in range(50))]
    found = [check_file(p, naive.optimum(p), reader, form, seconds=60.0) for p in problems]
    assert [f for f in found if f.verdict != REPRODUCED] == []


def never(text, form, seconds):
    raise AssertionError("was asked")


HUGE = SubsetSum(weights=(DOUBLES + 1, DOUBLES + 3, 5), target=DOUBLES + 2, fewest=1, most=1)
"""In doubles both large weights are even, and on both sides of the target there is a tie."""


@pytest.mark.parametrize("reader", IN_DOUBLES, ids=lambda reader: reader.name)
def test_files_beyond_doubles_are_labelled_before_asking(reader):
    """A file with integers beyond 2^53 is out of arithmetic, and the solver is not even asked."""
    for form in reader.formats:
        found = check_file(HUGE, 1, replace(reader, solve=never), form, seconds=5.0)
        assert (found.verdict, found.value) == (OUT_OF_ARITHMETIC, None)
        assert "holds the integer" in found.words


def test_integers_hold_what_doubles_cannot():
    """CP-SAT reads the same file from its text in integers, and reproduces the optimum."""
    assert naive.optimum(HUGE) == 1
    assert check_file(HUGE, 1, reader_named("cp_sat"), "cpsat", seconds=20.0).verdict == REPRODUCED


def test_files_that_cannot_be_written_are_out_of_arithmetic():
    """Sums of 61 bits and an error as large fit no CP-SAT file, and that is said."""
    wide = SubsetSum(weights=(2**61, 2**60), target=5, fewest=1, most=1)
    found = check_file(wide, 0, replace(reader_named("cp_sat"), solve=never), "cpsat", seconds=5.0)
    assert (found.verdict, "CP-SAT format" in found.words) == (OUT_OF_ARITHMETIC, True)


def test_integers_in_names_do_not_count():
    """Only numbers are looked at, not digits in names, quoted or not."""
    text = 'name: "p99"\n variables { name: "x77" domain: [0, 12] } x55 row88 -34'
    assert largest_integer(text) == 34


@pytest.mark.parametrize("reader", IN_DOUBLES, ids=lambda reader: reader.name)
def test_tolerances_bear_sums_below_two_to_the_26(reader):
    """Below 2^26 neither tolerance nor rounding moves a sum by what matters; at 2^27 one does."""
    assert [is_blurred(f"x row {2**bits - 1}", reader) for bits in (26, 27)] == [False, True]
    assert (2**26 - 1) * reader.tolerance < 1
    assert reader.tolerance > (2**26 - 1) / DOUBLES


def test_a_solver_in_integers_is_never_blurred():
    """CP-SAT has no tolerance, so no file is too fine for it."""
    assert not is_blurred(f"x row {2**60}", reader_named("cp_sat"))


NONE_LEGAL = Said(status="Infeasible", finished=True, infeasible=True)
JUDGED = {
    "the optimum": (says(0, 1), REPRODUCED, 1),
    "a worse one called optimal": (says(1, 2), WRONG, 5),
    "an illegal one called optimal": (says(0), WRONG, None),
    "a worse one, unfinished": (says(1, 2, finished=False), UNFINISHED, 5),
    "the optimum, unfinished": (says(0, 1, finished=False), UNFINISHED, 1),
    "nothing": (Said(status="Time limit", finished=False), UNFINISHED, None),
    "that none is legal": (Said(status="Infeasible", finished=True, infeasible=True), WRONG, None),
    "that it lost a variable": (
        Said(status="Optimal", finished=True, values={"x0": 1.0}),
        WRONG,
        None,
    ),
}


@pytest.mark.parametrize("name", JUDGED)
def test_what_is_said_is_judged_by_the_audit(name):
    """Only a selection whose recomputed value is the optimum counts as reproduced."""
    said, verdict, value = JUDGED[name]
    found = judge(POOL, 1, said)
    assert (found.verdict, found.value) == (verdict, value)


def test_a_point_where_none_should_be_is_wrong():
    """Calling an illegal selection optimal where no selection is legal is wrong."""
    assert judge(HOPELESS, None, says(0, 1, values_of=HOPELESS)).verdict == WRONG


@pytest.mark.parametrize(("problem", "optimum"), [(POOL, 2), (POOL, None)])
def test_a_selection_better_than_the_optimum_is_loud(problem, optimum):
    """If a third party shows that the stored optimum is none, that is an error and no row."""
    with pytest.raises(CertificateRejected, match="has the value 1"):
        judge(problem, optimum, says(0, 1))


def test_a_liar_is_wrong_through_the_file():
    """A solver that calls a worse selection optimal is wrong, whatever it read."""
    found = check_file(POOL, 1, talker(says(1, 2)), "mps", seconds=1.0)
    assert (found.verdict, found.words, found.blurred) == (
        WRONG,
        "Optimal, but the value is 5 and the optimum 1",
        False,
    )


def test_wrong_stays_wrong_where_tolerances_blur():
    """With integers of 30 bits a wrong answer is called wrong, and said to be no surprise."""
    fine = SubsetSum(weights=(3 << 28, 4 << 28, 9 << 28), target=2**31, fewest=2, most=2)
    found = check_file(fine, 1 << 28, talker(says(1, 2)), "mps", seconds=1.0)
    assert (found.verdict, found.blurred) == (WRONG, True)


def test_who_is_not_there_is_refused():
    """A solver that is not installed gets no file, and the reason is passed on."""
    absent = talker(None, refuses=lambda: "is not there")
    found = check_file(POOL, 1, absent, "mps", seconds=1.0)
    assert (found.verdict, found.words) == (REFUSED, "cbc is not there")


def test_sums_of_squares_are_refused():
    """A problem that is no integer program has no file to read."""
    squares = LayerBudget(pools=((3, -5),), targets=(5,), norm="squares", most=1)
    assert check_file(squares, 4, reader_named("cbc"), "mps", seconds=1.0).verdict == REFUSED


@every_file
def test_nonsense_is_not_an_answer(reader, form):
    """A file that is no program is called unreadable; nobody claims to have solved it."""
    said = reader.solve("this is no program\n", form, 5.0)
    assert (said.finished, said.values) == (False, None)


def test_unknown_third_parties_are_refused():
    """A name nobody has is answered with those there are."""
    with pytest.raises(BackendError, match="cbc, highs, scip, cp_sat"):
        reader_named("gurobi")


def small_instances():
    """Every small instance of the library whose optimum is proven."""
    if not (LIBRARY / "index.csv").exists():
        return []
    with open(LIBRARY / "index.csv", encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["group"] == "small" and r["status"] != "open"]
    return [
        (r["instance"], None if r["optimum"] == "infeasible" else int(r["optimum"])) for r in rows
    ]


@pytest.mark.slow
@every_file
def test_the_library_is_reproduced_or_labelled(reader, form):
    """What is finished of every second small instance is right, or its file shows what hinders it.

    The other half is read in the other format, so that CBC and HiGHS see every instance.
    """
    instances = small_instances()[form != "mps" :: 2]
    unexplained, reproduced = [], 0
    for name, optimum in instances:
        problem = read_instance(LIBRARY / f"{name}.json").problem
        found = check_file(problem, optimum, reader, form, seconds=3.0)
        reproduced += found.verdict == REPRODUCED
        if found.verdict in (WRONG, REFUSED) and not found.blurred:
            unexplained.append((name, found.verdict, found.words))
    assert unexplained == []
    assert reproduced > len(instances) / 2
