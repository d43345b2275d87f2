"""The instance library: what lies in ``instances/`` is what its families draw, and is proven."""

import hashlib
import json
from fractions import Fraction
from functools import cache
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from slth_opt.certificates import Evidence, verify
from slth_opt.families import FAMILIES
from slth_opt.instances import GROUPS, INSTANCE_FAMILIES, STATUSES, family_named, read_entries
from slth_opt.instances import laws as law_module
from slth_opt.instances.draws import draws_of
from slth_opt.instances.index import COLUMNS, INFEASIBLE
from slth_opt.instances.pages import pages_of
from slth_opt.instances.records import LETTERS, copies, draw_member, stem_of
from slth_opt.library import certificate_path, read_certificate, read_instance, write_instance
from slth_opt.problems import KINDS, POOL_KINDS, SharedBlock, SubsetSum
from slth_opt.problems.legality import mask_of
from tests import naive

LIBRARY = Path(__file__).parent.parent / "instances"
MEMBERS = [(family, member) for family in INSTANCE_FAMILIES for member in family.members]
FIRST = [(family, family.members[0]) for family in INSTANCE_FAMILIES]
NAMES = [family.name for family in INSTANCE_FAMILIES]


@cache
def entries():
    """Read the library once for all tests."""
    return read_entries(LIBRARY)


def place_of(family, member):
    return LIBRARY / family.name / f"{stem_of(family, member)}.json"


def named(pairs):
    return [stem_of(family, member) for family, member in pairs]


def certificate_of(family, member):
    return read_certificate(certificate_path(place_of(family, member)))


def check_same_bytes(family, member, folder):
    write_instance(folder / "again.json", draw_member(family, member))
    assert (folder / "again.json").read_bytes() == place_of(family, member).read_bytes()


@pytest.mark.parametrize(("family", "member"), FIRST, ids=NAMES)
def test_a_family_draws_the_file_of_its_first_member_again(tmp_path, family, member):
    """The same family, sizes and seed give the same file, byte for byte."""
    check_same_bytes(family, member, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("family", "member"), MEMBERS, ids=named(MEMBERS))
def test_a_family_draws_each_of_its_files_again(tmp_path, family, member):
    """Every file of the library is what its family draws from the seed in its name."""
    check_same_bytes(family, member, tmp_path)


def test_the_library_holds_every_member_and_nothing_else():
    """There is one file for each member of each family, and no other."""
    assert {e.instance for e in entries()} == {
        f"{family.name}/{stem_of(family, member)}" for family, member in MEMBERS
    }


def test_the_library_has_a_certificate_for_each_instance_and_for_nothing_else():
    """Every certificate lies beside its instance, and every instance has one."""
    beside = {certificate_path(LIBRARY / f"{e.instance}.json") for e in entries()}
    assert set(LIBRARY.glob("*/*.certificate.json")) == beside


def test_the_pages_are_what_the_files_say():
    """index.csv, optima.solu and README.md are current: `slth instances table` changes nothing."""
    pages = pages_of(LIBRARY, entries())
    assert {n: (LIBRARY / n).read_text(encoding="utf-8") == t for n, t in pages.items()} == {
        "index.csv": True, "optima.solu": True, "README.md": True,
    }  # fmt: skip


def test_the_five_lines_of_the_front_page_run(monkeypatch):
    """What the front page shows a stranger who has no package is true as it stands."""
    page = (LIBRARY / "README.md").read_text(encoding="utf-8")
    lines = page.partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(LIBRARY)
    names = {}
    exec(lines, names)
    assert names["error"] == names["proof"]["value"]
    assert names["problem"]["kind"] == "subset_sum"


def test_every_kind_group_and_status_is_there():
    """The library has instances of all kinds of problem, of every group and of every status."""
    found = entries()
    assert {e.problem for e in found} == set(KINDS)
    assert {e.group for e in found} == set(GROUPS)
    assert {e.status for e in found} == set(STATUSES)


def test_the_library_is_a_few_megabytes():
    """All files of instances and certificates together stay below three million bytes."""
    assert sum(path.stat().st_size for path in LIBRARY.glob("*/*.json")) < 3_000_000


SMALL = [(f, m) for f, m in MEMBERS if m.group == "small"]


@pytest.mark.parametrize("family", INSTANCE_FAMILIES, ids=NAMES)
def test_small_certificates_are_proven_again_in_plain_python(family):
    """The standard-library verifier accepts every small certificate and proves its bound again."""
    reports = [
        verify(read_instance(place_of(family, m)).problem, certificate_of(family, m))
        for m in family.members
        if m.group == "small"
    ]
    assert all(report.reproven for report in reports)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "member"),
    [(f, m) for f, m in MEMBERS if m.group != "small"],
    ids=named([(f, m) for f, m in MEMBERS if m.group != "small"]),
)
def test_every_certificate_is_true(family, member):
    """The standard-library verifier accepts every certificate, proving bounds where it can."""
    problem, certificate = (
        read_instance(place_of(family, member)).problem,
        certificate_of(family, member),
    )
    assert verify(problem, certificate).lower_bound == certificate.lower_bound


@pytest.mark.parametrize("family", INSTANCE_FAMILIES, ids=NAMES)
def test_what_is_called_proven_has_two_kinds_of_witnesses_or_needs_none(family):
    """A stored optimum is closed by exact methods of two families, or equals the free bound."""
    proven = {e.stem: e.optimum for e in entries() if e.status != "open"}
    for member in family.members:
        stem = stem_of(family, member)
        if stem not in proven:
            continue
        problem = read_instance(place_of(family, member)).problem
        certificate = certificate_of(family, member)
        value = problem.impossible if proven[stem] == INFEASIBLE else proven[stem]
        families = {
            FAMILIES[witness.backend].family
            for witness in certificate.witnesses
            if FAMILIES[witness.backend].exact
            and witness.lower_bound == value
            and (witness.value == value or (proven[stem] == INFEASIBLE and witness.infeasible))
        }
        assert len(families) >= 2 or value == problem.free_bound()


def test_open_instances_say_so_and_why():
    """An open instance has evidence of one method only, or a value above its bound."""
    for e in entries():
        if e.status == "open":
            assert e.optimum is None
            assert e.evidence == Evidence.SINGLE.value or e.best_known != e.lower_bound


PLANTED = [(f, m) for f, m in MEMBERS if "planted" in f.name]


@pytest.mark.parametrize(("family", "member"), PLANTED, ids=named(PLANTED))
def test_planted_optima_are_what_the_planting_says(family, member):
    """No stored value is above the planted one; where that is a free bound, they are equal."""
    instance, certificate = read_instance(place_of(family, member)), certificate_of(family, member)
    planted = dict(instance.provenance)["planted_value"]
    assert certificate.value <= planted
    if family.name != "smallest-planted":
        assert certificate.value == planted == instance.problem.free_bound()


NAIVE = [(f, m) for f, m in SMALL if f.kind in POOL_KINDS and dict(m.parameters)["n"] <= 14]


@pytest.mark.parametrize(("family", "member"), NAIVE, ids=named(NAIVE))
def test_the_smallest_optima_are_those_of_looking_at_all_subsets(family, member):
    """Where there are at most 2^14 subsets, the stored value is the naive optimum."""
    problem = read_instance(place_of(family, member)).problem
    assert certificate_of(family, member).value == naive.optimum(problem)


# How numbers are drawn.


def test_a_stranger_can_draw_uniform_pools_again():
    """The weights are the words of PCG64, seeded with the sha256 of the stem, modulo the span."""
    family = family_named("uniform-fixed")
    instance = draw_member(family, family.members[0])
    seed = int.from_bytes(hashlib.sha256(b"uniform-fixed-n12-k6-b16-s1").digest()[:16], "big")
    words = [int(word) for word in np.random.PCG64(seed).random_raw(12)]
    span = 2 * 2**16 + 1
    assert max(words) < 2**64 - 2**64 % span  # none had to be thrown away
    assert instance.problem.weights == tuple(word % span - 2**16 for word in words)


def test_numbers_of_a_range_are_equally_likely():
    """Of 6000 throws of a die each face comes up 1000 times, within five deviations."""
    throws = draws_of("fair").integers(6000, 1, 6)
    counts = np.bincount(throws, minlength=7)[1:]
    assert sum(counts) == 6000
    assert abs(counts - 1000).max() < 5 * sqrt(6000 * 5 / 36)


def test_normal_numbers_have_the_moments_of_the_bell():
    """10000 numbers have mean 0, variance 1 and kurtosis 3, within five deviations."""
    numbers = np.array(draws_of("bell").normals(10_000, 2**40)) / 2**40
    assert abs(numbers.mean()) < 5 / 100
    assert abs((numbers**2).mean() - 1) < 5 * sqrt(2) / 100
    assert abs((numbers**4).mean() - 3) < 5 * sqrt(96) / 100


def test_subsets_have_their_size_and_are_equally_likely():
    """Of 3000 pairs out of four, each of the six comes up 500 times, within five deviations."""
    draws = draws_of("pairs")
    pairs = [draws.subset(4, 2) for _ in range(3000)]
    counts = {pair: pairs.count(pair) for pair in set(pairs)}
    assert set(counts) == {(a, b) for b in range(4) for a in range(b)}
    assert max(abs(count - 500) for count in counts.values()) < 5 * sqrt(3000 * 5 / 36)


LAWS = {
    "uniform": (law_module.UNIFORM, 1, Fraction(1, 3), 0),
    "product": (law_module.PRODUCT, 1, Fraction(1, 9), 0),
    "sign-split": (law_module.SIGN_SPLIT, 1, Fraction(1, 18), Fraction(1, 2)),
    "network": (law_module.NETWORK, Fraction(1, 200), Fraction(1, 120_000), 0),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_has_the_reach_the_variance_and_the_zeros_it_says(name):
    """4000 numbers of a law stay within its reach and have its second moment and its zeros."""
    law, reach, moment, zeros = LAWS[name]
    unit = Fraction(1, 2 ** (20 * law.fineness))
    numbers = law.draw(draws_of(name), 4000, 20)
    assert max(map(abs, numbers)) * unit <= reach
    second = [float((w * unit) ** 2) for w in numbers]
    assert abs(np.mean(second) - float(moment)) < 5 * np.std(second) / sqrt(4000)
    share = Fraction(numbers.count(0), 4000)
    assert abs(share - zeros) < Fraction(5, 2 * 63)  # five deviations of a share of 4000


def test_products_are_products():
    """A number of the product law is the product of the two numbers drawn for it."""
    first, second = (
        law_module.draw_uniform(draws, 50, 9) for draws in [draws_of("factors")] for _ in range(2)
    )
    drawn = law_module.draw_product(draws_of("factors"), 50, 9)
    assert drawn == tuple(u * v for u, v in zip(first, second, strict=True))


@pytest.mark.parametrize("name", ["planted-offset", "near-tie", "correlated"])
def test_made_pools_have_the_structure_they_are_made_for(name):
    """Multiples of 1000; coarse parts with small deviations; numbers within 1/64 of one."""
    family = family_named(name)
    for member in family.members:
        weights = draw_member(family, member).problem.weights
        b = dict(member.parameters)["b"]
        one, coarse = 2**b, 2 ** (b // 2)
        holds = {
            "planted-offset": lambda w, one=one: w % 1000 == 0 and abs(w) <= one,
            "near-tie": lambda w, step=coarse: (
                32 * abs(w - step * round(w / step)) <= step and abs(round(w / step)) <= 8
            ),
            "correlated": lambda w, one=one: 64 * abs(w - one) <= one,
        }[name]
        assert all(holds(w) for w in weights)


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith(("block", "sign", "joint-l"))])
def test_targets_are_within_reach(name):
    """No target lies beyond the sum of all positive, or of all negative, numbers of its pool."""
    family = family_named(name)
    for member in family.members:
        problem = draw_member(family, member).problem
        if isinstance(problem, SubsetSum):
            pools = [(problem.weights, problem.target)]
        elif isinstance(problem, SharedBlock):
            pools = zip(problem.products, problem.targets, strict=True)
        else:
            pools = [(pool, target) for _, pool, target in problem.entries()]
        for pool, target in pools:
            assert sum(w for w in pool if w < 0) <= target <= sum(w for w in pool if w > 0)


def test_pooled_signs_share_no_column():
    """In every column of the pooled-signs family one of the two rows is zero."""
    family = family_named("pooled-signs")
    for member in family.members:
        first, second = draw_member(family, member).problem.rows
        assert not any(a and b for a, b in zip(first, second, strict=True))


def test_fits_are_layers_seen_through_samples():
    """Rows of a fit are proportional where inputs are: entry (s, j) is weight j times input."""
    family = family_named("fits-planted")
    problem = draw_member(family, family.members[0]).problem
    chosen = read_certificate(certificate_path(place_of(family, family.members[0]))).indices
    assert problem.value(mask_of(chosen, problem.num_candidates)) == 0
    for column in zip(*problem.rows, strict=True):
        signs = {entry > 0 for entry in column if entry}
        assert len(signs) <= 1  # inputs are behind a ReLU: a weight keeps its sign


# How families are described.


def test_names_are_unique_and_say_everything():
    """No two members have the same name, and every letter in one is explained."""
    stems = named(MEMBERS)
    assert len(set(stems)) == len(stems)
    assert {letter for _, m in MEMBERS for letter, _ in m.parameters} <= set(LETTERS)


@pytest.mark.parametrize("family", INSTANCE_FAMILIES, ids=NAMES)
def test_members_are_of_the_kind_their_family_says(family):
    """A family's problems are of its kind, and its words are there for people."""
    assert draw_member(family, family.members[0]).problem.kind == family.kind
    assert all((family.summary, family.law, family.why))


def test_seeds_count_from_one():
    """Copies differ in their seeds only."""
    assert [m.seed for m in copies("hard", 3, n=5)] == [1, 2, 3]


def test_the_index_has_the_promised_columns():
    """index.csv has these columns, in this order."""
    assert COLUMNS == (
        "instance", "family", "problem", "group", "candidates", "rows", "bits", "seed", "status",
        "optimum", "best_known", "lower_bound", "unit", "evidence", "witnesses", "digest",
    )  # fmt: skip


def test_the_truth_file_says_what_the_certificates_say():
    """Each line of optima.solu is the best value of the certificate with its name."""
    lines = (LIBRARY / "optima.solu").read_text(encoding="utf-8").splitlines()
    for line in lines:
        mark, stem, *value = line.split()
        (place,) = LIBRARY.glob(f"*/{stem}.certificate.json")
        said = json.loads(place.read_text(encoding="utf-8"))
        proven = said["evidence"] in ("agreed", "self_evident")
        closed = said["infeasible"] or said["value"] == said["lower_bound"]
        if said["infeasible"] and proven:
            assert (mark, value) == ("=inf=", [])
        elif said["value"] is None:
            assert (mark, value) == ("=unkn=", [])
        else:
            assert mark == ("=opt=" if proven and closed else "=best=")
            assert value == [str(said["value"])]
    assert len(lines) == len(MEMBERS)
