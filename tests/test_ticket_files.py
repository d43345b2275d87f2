"""Ticket files come back as they went; one that was changed anywhere is refused with its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from slth_opt.array_files import read_arrays, write_arrays
from slth_opt.choosing import recomputed
from slth_opt.constructions import CONSTRUCTIONS
from slth_opt.errors import CertificateRejected, FileError, ProblemError
from slth_opt.networks import Layer, Network, dense_network, shifts_1d, unit_basis
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import (
    build_ticket,
    read_ticket,
    read_ticket_facts,
    ticket_facts,
    verify_ticket,
    write_ticket,
)
from slth_opt.tickets.files import _seal

NAMES = [construction.name for construction in CONSTRUCTIONS]
SUFFIXES = (".safetensors", ".npz")
RULES = (
    SizeRule(rule="exactly", size=2),
    SizeRule(rule="any", tolerance=Fraction(1, 3)),
    SizeRule(rule="smallest", tolerance=Fraction(1, 30), level="network", split="frobenius"),
    SizeRule(rule="budget", most=9, norm="l1"),
)
TEXT = "slth-ticket"
TARGET = dense_network([[[0.5, -0.25], [0.125, 0.375]], [[-0.5, 0.25]]])


def built(name="pensia", rule=RULES[1], target=TARGET, **facts):
    return build_ticket(target, name, **{"n": 5, "seed": 1, "method": "exact"} | facts, rule=rule)


def content(ticket):
    """Return everything that makes a ticket what it is, to compare."""
    masks = tuple(part.choice.masks.tobytes() for part in ticket.parts)
    return json.dumps(ticket_facts(ticket), sort_keys=True), masks


def written(folder, ticket, suffix=".safetensors"):
    write_ticket(folder / f"ticket{suffix}", ticket)
    return folder / f"ticket{suffix}"


def refusal(path, target=TARGET):
    """Return the one line a file is refused with; it names the file."""
    with pytest.raises(FileError) as refused:
        read_ticket(path, target)
    said = str(refused.value)
    assert said.isprintable()
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


def forged(path, change):
    """Change the facts and arrays of a file, and put a new seal on it."""
    found = read_arrays(path)
    facts, arrays = json.loads(found.texts[TEXT]), {k: v.copy() for k, v in found.arrays.items()}
    change(facts, arrays)
    facts["seal"] = _seal(facts, arrays)
    write_arrays(path, arrays, {TEXT: json.dumps(facts, sort_keys=True)})
    return path


# Back as they went.


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("rule", RULES, ids=[rule.rule for rule in RULES])
@pytest.mark.parametrize("name", NAMES)
def test_every_ticket_comes_back(tmp_path, name, rule, suffix):
    """Rebuilt from its seed, a ticket has the masks, errors and facts it had, proven or not."""
    ticket = built(name, rule)
    path = written(tmp_path, ticket, suffix)
    again = read_ticket(path, TARGET)
    assert content(again) == content(ticket)
    assert again.rule == rule
    for one, other in zip(again.parts, ticket.parts, strict=True):
        assert (one.choice.error_units == other.choice.error_units).all()
    assert read_ticket_facts(path)["counts"] == ticket_facts(ticket)["counts"]


@pytest.mark.parametrize("method", ["greedy", "swaps"])
def test_a_heuristic_ticket_comes_back_unproven(tmp_path, method):
    """What was not proven before it was written is not proven after."""
    path = written(tmp_path, built(method=method))
    assert not read_ticket(path, TARGET).proven


def test_convolutions_biases_and_skips_come_back(tmp_path):
    """All kinds of parts: several maps, biases, a skip connection."""
    rng = np.random.default_rng(1)
    target = Network(
        layers=(
            Layer(
                coefficients=rng.integers(-9, 9, (2, 1, 3)) / 32,
                basis=shifts_1d(4, 3, padding=1),
                bias=np.array([0.25, -0.125]),
            ),
            Layer(coefficients=rng.integers(-9, 9, (8, 8, 1)) / 32, basis=unit_basis(), skip=1),
        )
    )
    ticket = built(target=target)
    assert content(read_ticket(written(tmp_path, ticket), target)) == content(ticket)


def test_targets_finer_than_any_grid_come_back(tmp_path):
    """Trained double-precision weights are rounded the same way on the way back."""
    target = dense_network([np.random.default_rng(2).normal(size=(3, 4)) * 1e-4])
    ticket = built(target=target)
    assert ticket.parts[0].choice.rounded
    assert content(read_ticket(written(tmp_path, ticket), target)) == content(ticket)


def test_the_same_ticket_gives_the_same_bytes(tmp_path):
    """Nothing in a file depends on when it was written."""
    for suffix in SUFFIXES:
        one, other = (written(tmp_path, built(), suffix).read_bytes() for _ in range(2))
        assert one == other


def test_a_ticket_is_smaller_than_its_source(tmp_path):
    """The random numbers are not in the file: for each candidate one bit, and a page of facts."""
    target = dense_network([np.random.default_rng(3).integers(-9, 9, (40, 50)) / 32])
    path = written(tmp_path, built(target=target, n=16))
    assert path.stat().st_size < 2 * 40 * 50 * 16 / 8 + 4000


# Changed by accident.


def flipped(whole, place):
    """Return a file with one bit flipped."""
    damaged = bytearray(whole)
    damaged[place // 8] ^= 1 << place % 8
    return bytes(damaged)


@pytest.mark.parametrize(
    ("suffix", "bits"),
    [
        (".safetensors", "one of each byte"),
        (".npz", "one of each byte"),
        pytest.param(".safetensors", "all", marks=pytest.mark.slow),
    ],
)
def test_every_flipped_bit_is_refused_or_harmless(tmp_path, suffix, bits):
    """Whichever single bit of a file is flipped: what still is read is the very same ticket."""
    target = dense_network([[[0.5, -0.25]]])
    ticket = built("otsuka", target=target, n=3)
    path = written(tmp_path, ticket, suffix)
    whole, due = path.read_bytes(), content(ticket)
    places = [8 * b + bit for b in range(len(whole)) for bit in range(8)]
    if bits != "all":  # the lowest of one byte, the next of the next, and so on
        places = [8 * b + b % 8 for b in range(len(whole))]
    refused = 0
    for place in places:
        path.write_bytes(flipped(whole, place))
        try:
            found = read_ticket(path, target)
        except FileError:
            refused += 1
        else:
            assert content(found) == due, f"bit {place}"
    assert refused > (0.99 if suffix == ".safetensors" else 0.6) * len(places)


def test_a_flipped_mask_bit_is_called_damage(tmp_path):
    """The last byte holds masks; its change is told from the seal."""
    path = written(tmp_path, built())
    whole = path.read_bytes()
    path.write_bytes(flipped(whole, 8 * len(whole) - 1))
    assert refusal(path) == "its seal does not match: the ticket was damaged or changed"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_cut_is_refused(tmp_path, suffix):
    """However many bytes at the end are missing, or more there are, nothing is read."""
    path = written(tmp_path, built(), suffix)
    whole = path.read_bytes()
    for length in [*range(0, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refusal(path)


def test_other_files_are_no_tickets(tmp_path):
    """Arrays without the facts of a ticket are refused."""
    write_arrays(tmp_path / "a.safetensors", {"w": np.ones(3)}, {})
    assert refusal(tmp_path / "a.safetensors") == "is not a ticket file"


# For something else.


def test_a_swapped_target_is_refused(tmp_path):
    """One weight in its last bit is another target; both digests are shown."""
    path = written(tmp_path, built())
    other = dense_network([[[0.5, -0.25], [0.125, 0.375]], [[-0.5, np.nextafter(0.25, 1)]]])
    assert refusal(path, other) == (
        f"the ticket is for the target {TARGET.digest[:12]}..., this one is {other.digest[:12]}..."
    )


def test_another_seed_draws_another_source(tmp_path):
    """The digest of the source does not allow a seed that is not its own."""
    path = forged(written(tmp_path, built()), lambda facts, _: facts.update(seed=2))
    assert refusal(path) == "the seed draws another source than the ticket was cut from"


def test_another_construction_draws_another_source(tmp_path):
    """Masks of one construction are not read as those of another."""
    path = forged(written(tmp_path, built()), lambda f, _: f.update(construction="otsuka"))
    assert "the seed draws another source" in refusal(path)


def test_another_generator_is_refused(tmp_path):
    """What is here draws by one generator only; the file names its own."""
    path = forged(written(tmp_path, built()), lambda f, _: f.update(generator="MT19937"))
    assert refusal(path).startswith("its source was drawn by 'MT19937', here is only PCG64")


def test_a_construction_that_cannot_build_the_target_is_refused(tmp_path):
    """Before anything is drawn."""
    target = dense_network([[[0.5, -0.25]]], [[0.5]])
    path = written(tmp_path, built(target=target))
    forged(path, lambda facts, _: facts.update(construction="parallel"))
    assert "'parallel' cannot build this target: layer 0 has biases" in refusal(path, target)


# Forged, under a new seal.


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("schema", "slth-ticket/2", "the schema must be one of slth-ticket/1"),
        ("construction", "nosuch", "the construction must be one of natale"),
        ("construction", 3, "the construction must be one of"),
        ("n", 4, "the seed draws another source"),
        ("n", 0, "n is 0, the masks have room for 1 to 8"),
        ("n", -5, "n is -5, the masks have room for 1 to 8"),
        ("n", 10**12, "n is 1000000000000, the masks have room for 1 to 8"),
        ("n", "5", "n must be an integer, got '5'"),
        ("seed", -1, "a seed is an integer >= 0, got -1"),
        ("seed", True, "the seed must be an integer, got true"),
        ("seed", "1", "the seed must be an integer, got '1'"),
        ("method", "oracle", "the method must be one of exact, draws"),
        ("method", "greedy", "it says proven true, its method is 'greedy'"),
        ("proven", False, "it says proven false, its method is 'exact'"),
        ("proven", 1, "proven must be true or false"),
        ("target", "0" * 64, "the ticket is for the target 000000000000..."),
        ("target", None, "the ticket is for the target None..."),
        ("sources", [], "the seed draws another source"),
        ("sources", 7, "the seed draws another source"),
        ("parts", [], "its parts are not what they are when recomputed"),
        ("parts", {}, "parts must be a list"),
        ("counts", {}, "its counts are not what they are when recomputed"),
        ("rule", None, "the size rule must be an object"),
        ("rule", {"rule": "any"}, "the size rule lacks the field 'size'"),
    ],
)
def test_forged_facts_are_refused(tmp_path, field, value, said):
    """A fact that is changed, and sealed anew, does not fit the rest; the refusal says which."""
    path = forged(written(tmp_path, built()), lambda facts, _: facts.update({field: value}))
    assert refusal(path).startswith(said) or said in refusal(path)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rule", "most", "the size rule must be one of exactly, any, smallest, budget"),
        ("rule", "smallest", None),
        ("size", 3, "the size rule 'any' takes no size"),
        ("tolerance", "1/0", "the tolerance is no fraction: '1/0'"),
        ("tolerance", "2/6", "its rule are not what they are when recomputed"),
        ("tolerance", 0.5, "holds the number 0.5 where only integers may stand"),
        ("level", "neuron", "the level of a tolerance must be one of"),
    ],
)
def test_forged_rules_are_refused(tmp_path, name, value, said):
    """A rule must be one of ours, spelled as we spell it; another legal one does not verify."""
    path = forged(written(tmp_path, built()), lambda f, _: f["rule"].update({name: value}))
    if said is not None:
        assert said in refusal(path)
        return
    with pytest.raises(CertificateRejected):
        verify_ticket(read_ticket(path, TARGET), sample=10**6)


@pytest.mark.parametrize("name", ["edges", "largest", "total", "chosen", "exponent", "branch"])
def test_forged_parts_are_named(tmp_path, name):
    """Any fact of a part is recomputed; the refusal names layer, branch and fact."""

    def change(facts, _):
        said = facts["parts"][1][name]
        facts["parts"][1][name] = said + ("0" if isinstance(said, str) else 1)

    path = forged(written(tmp_path, built()), change)
    assert refusal(path).startswith(f"layer 0, branch minus: it says {name} ")


@pytest.mark.parametrize("count", ["edges", "target", "natale_kept", "pensia_source"])
def test_forged_counts_are_refused(tmp_path, count):
    """Edges are counted again under every convention."""
    path = forged(
        written(tmp_path, built()), lambda f, _: f["counts"].update({count: f["counts"][count] - 1})
    )
    assert refusal(path) == "its counts are not what they are when recomputed"


def test_forged_masks_are_refused(tmp_path):
    """Another subset has another sum, which the facts do not have."""

    def change(_, arrays):
        arrays["0.plus"][0, 0] ^= 0x80

    assert "recomputed it is" in refusal(forged(written(tmp_path, built()), change))


def test_bits_of_padding_are_refused(tmp_path):
    """The last three bits of a byte for five candidates choose nothing."""

    def change(_, arrays):
        arrays["0.plus"][0, 0] |= 1

    path = forged(written(tmp_path, built()), change)
    assert refusal(path) == "the array '0.plus' chooses candidates that are not there"


def test_missing_and_unknown_arrays_are_named(tmp_path):
    """Every part has its masks, and nothing else is in the file."""
    path = forged(written(tmp_path, built()), lambda _, arrays: arrays.pop("1.minus"))
    assert refusal(path) == "the array '1.minus' is missing"
    path = forged(
        written(tmp_path, built()), lambda _, arrays: arrays.update(x=np.zeros(1, np.uint8))
    )
    assert refusal(path) == "has an unknown array 'x'"


@pytest.mark.parametrize("shape", [(4, 2), (3, 1), (4,), (4, 1, 1)])
def test_masks_of_another_shape_are_refused(tmp_path, shape):
    """Eight candidates to a byte, a row for each weight; the refusal says what is due."""
    path = forged(
        written(tmp_path, built()),
        lambda _, arrays: arrays.update({"0.plus": np.zeros(shape, np.uint8)}),
    )
    assert "'0.plus' must be uint8 of the shape (4, 1), got uint8 of" in refusal(path)


def test_masks_of_another_type_are_refused(tmp_path):
    """Signed bytes are no masks."""
    path = forged(
        written(tmp_path, built()),
        lambda _, arrays: arrays.update({"0.plus": arrays["0.plus"].astype(np.int8)}),
    )
    assert "must be uint8" in refusal(path)


@pytest.mark.parametrize("rule", RULES, ids=[rule.rule for rule in RULES])
def test_a_heuristic_sold_as_exact_is_found_out(tmp_path, rule):
    """All facts recomputed for a heuristic's masks, and called proven: verifying finds a better."""
    best = built("otsuka", rule, n=12)
    method = "greedy" if rule.rule != "budget" else None
    if method:
        ticket = built("otsuka", rule, n=12, method=method)
    else:  # no heuristic knows budgets: nothing at all is kept
        parts = [
            replace(p, choice=recomputed(p.pools, p.targets, p.choice.masks & False, proven=True))
            for p in best.parts
        ]
        ticket = replace(best, parts=tuple(parts))
    path = written(tmp_path, ticket)
    forged(path, lambda facts, _: facts.update(proven=True, method="exact"))
    sold = read_ticket(path, TARGET)
    assert sold.proven
    with pytest.raises(CertificateRejected):
        verify_ticket(sold, sample=10**6)


# Bad questions.


def test_a_target_with_nan_is_refused():
    """Before there is any network."""
    with pytest.raises(ProblemError, match="not finite"):
        dense_network([[[0.5, float("nan")]]])


@pytest.mark.parametrize("path", ["", "nosuch/ticket.safetensors", "ticket.txt"])
def test_a_ticket_needs_a_place(tmp_path, monkeypatch, path):
    """A folder that is not there, or a name of no known format, is refused, nothing left over."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError):
        write_ticket(path, built())
    assert list(tmp_path.iterdir()) == []
