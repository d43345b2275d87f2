"""Damage and forgery: certificates changed at any depth, and an honest judge of the outcome.

The judge, `is_true`, knows every subset by brute force and shares no line with the verifier.
"""

from __future__ import annotations

import copy
import hashlib
import json
from fractions import Fraction

from slth_opt import Stop
from slth_opt.certificates import Certificate, Evidence, Witness, sealed
from tests import naive

METHODS = {
    "enumeration": ("enumeration", True),
    "meeting": ("meeting in the middle", True),
    "branching": ("branch and bound", True),
    "profiles": ("dynamic programming", True),
    "neuron_sets": ("subset dynamic programming", True),
    "mask_search": ("branch and bound", True),
    "cp_sat": ("constraint programming", True),
    "cbc": ("branch and cut", False),
    "highs": ("branch and cut", False),
    "scip": ("branch and cut", False),
}
"""The methods, typed a second time."""

WORDS = (
    "", "meeting", "branching", "cbc", "oracle", "branch and bound", "meeting in the middle",
    "agreed", "single", "reported", "self_evident", "finished", "seconds", "subset_sum",
    "smallest_subset", "slth-certificate/2", "0", "1/2^3", "nan", "9.9",
)  # fmt: skip


def canonical_sha256(data):
    """Return the sha256 of JSON with sorted keys and no spaces."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def resealed(data):
    """Return a certificate under the seal that fits it."""
    content = {name: item for name, item in data.items() if name != "seal"}
    return {**content, "seal": canonical_sha256(content)}


def mutated(data, rng):
    """Return a copy with one thing changed, anywhere, and the path of the field it lies in."""
    while True:
        changed = copy.deepcopy(data)
        places = list(_places(changed))
        holder, key, field = places[rng.integers(len(places))]
        _change(holder, key, rng)
        if json.dumps(changed) != json.dumps(data):
            return changed, field


def certificate_of(problem, indices, bound):
    """Return a certificate whose two witnesses both swear to a selection and a bound."""
    value = naive.error_of(problem, indices)
    witnesses = tuple(
        Witness(
            backend=name,
            family=METHODS[name][0],
            exact=True,
            version="0.1.0",
            value=value,
            lower_bound=bound,
            infeasible=False,
            stop=Stop.FINISHED if value == bound else Stop.SECONDS,
        )
        for name in ("meeting", "branching")
    )
    return sealed(
        Certificate(
            kind=problem.kind,
            problem=problem.digest,
            indices=indices,
            value=value,
            error=problem.grid.exact_string(value),
            lower_bound=bound,
            infeasible=False,
            evidence=Evidence.AGREED if value == bound else Evidence.SINGLE,
            witnesses=witnesses,
            package="0.1.0",
        )
    )


def _places(value, field=""):
    """Yield every (container, key, name of the field) below a value."""
    for key in value if isinstance(value, dict) else range(len(value)):
        name = f"{field}.{key}".lstrip(".") if isinstance(value, dict) else field
        yield value, key, name
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key], name)


def _change(holder, key, rng):
    old = holder[key]
    if rng.random() < 0.15:
        holder[key] = [None, True, 0, 1.5, "x", [], {}][rng.integers(7)]
    elif rng.random() < 0.1 and isinstance(holder, dict):
        del holder[key]
    elif isinstance(old, bool):
        holder[key] = not old
    elif isinstance(old, int):
        step = int(rng.integers(1, 4))
        holder[key] = [old + step, old - step, -old, old * 2**40, float(old)][rng.integers(5)]
    elif isinstance(old, str):
        at = int(rng.integers(len(old) + 1))
        holder[key] = [WORDS[rng.integers(len(WORDS))], old[:at] + "1" + old[at + 1 :]][
            rng.integers(2)
        ]
    elif old is None:
        holder[key] = [0, 1, False, "0", [], [0]][rng.integers(6)]
    elif isinstance(old, dict):
        old["extra"] = 1
    elif rng.random() < 0.5 and old:
        del old[rng.integers(len(old))]
    else:
        old.insert(int(rng.integers(len(old) + 1)), old[0] if old else 0)


def is_true(problem, data):
    """Judge a well-formed certificate by brute force: does anything it says fail to hold?"""
    values = {indices: value for value, indices in naive.legal_subsets(problem)}
    nothing = naive.beyond(problem)
    best = min(values.values(), default=nothing)
    chosen = None if data["indices"] is None else tuple(data["indices"])
    if chosen is None:
        fits = data["value"] is None and data["error"] is None
    else:
        fits = chosen in values and data["value"] == values[chosen]
        fits = fits and _real(data["error"]) == _error(problem, chosen)
    witnesses = data["witnesses"]
    return (
        fits
        and data["kind"] == problem.kind
        and data["problem"] == canonical_sha256(problem.canonical())
        and data["lower_bound"] <= best
        and data["infeasible"] <= (not values)
        and all(_is_credible(witness, best, nothing) for witness in witnesses)
        and data["evidence"] == _evidence(problem, data)
    )


def _real(text):
    numerator, _, power = text.partition("/2^")
    return Fraction(int(numerator), 2 ** int(power or 0))


def _error(problem, chosen):
    return Fraction(naive.error_of(problem, chosen)) / Fraction(2) ** problem.grid.exponent


def _is_credible(witness, best, nothing):
    """Tell whether a method of this name could have said this about a problem."""
    through = witness["exact"] and witness["stop"] == "finished"
    if witness["value"] is None:
        found = best == nothing or not through
    else:
        found = best <= witness["value"]
    return (
        found
        and METHODS.get(witness["backend"]) == (witness["family"], witness["exact"])
        and witness["lower_bound"] <= best
        and witness["infeasible"] <= (best == nothing)
    )


def _evidence(problem, data):
    free = problem.free_bound()
    if data["value"] == free or (data["infeasible"] and free == naive.beyond(problem)):
        return "self_evident"
    closed = {
        witness["family"]
        for witness in data["witnesses"]
        if witness["exact"]
        and (witness["infeasible"] or witness["lower_bound"] == witness["value"])
        and (witness["value"], witness["infeasible"]) == (data["value"], data["infeasible"])
    }
    if len(closed) > 1:
        return "agreed"
    return "single" if any(witness["exact"] for witness in data["witnesses"]) else "reported"
