#!/usr/bin/env python3
"""Check a FOLDER of instances, or one a.json, with nothing but Python (3.9 or newer).

After a.json, --solution "0 4 7", or a file of those or of a solver's lines "x4 1", is judged too.
Exit code: 0 all is true, 1 something is not, 2 something cannot be read; one line for each.
"""

import json
import re
import sys
from fractions import Fraction
from hashlib import sha256
from itertools import combinations
from math import gcd
from pathlib import Path
from types import SimpleNamespace


def strict(found):
    """Return an object as a dict; refuse a key that is given twice, and numbers but integers."""
    if isinstance(found, str) or len(dict(found)) < len(found):
        raise ValueError(f"a key is given twice, or a number is no integer: {found!r:.60}")
    return dict(found)


BESIDE = ".certificate.json"
JOIN = {"linf": max, "l1": sum, "squares": lambda errors: sum(e * e for e in errors)}
NO_LIMIT = dict.fromkeys(["most", "most_edges", "most_neurons", "tolerance"], 10**60)
PLAIN = {"norm": "linf", "minimise": "error", "fewest": 0, "tolerances": None, **NO_LIMIT}
JSON = json.JSONDecoder(object_pairs_hook=strict, parse_float=strict, parse_constant=strict)


def digest(value):
    """Return the sha256 of a JSON value, however its file is laid out."""
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def problem_of(given):
    """Return any kind as sums: numbers, the candidates each needs, a target, a tolerance."""
    p = SimpleNamespace(**{**PLAIN, **{name: v for name, v in given.items() if v is not None}})
    p.minimise = "neurons" if p.kind == "smallest_subset" else p.minimise
    if p.kind == "joint_layer":  # its numbers are products, and need two candidates each
        h, d, u = len(p.first), len(p.first[0]), p.second
        spots = [(i, j) for i in range(len(u)) for j in range(d)]
        rows = [[u[i][k] * p.first[k][j] for k in range(h)] for i, j in spots]
        needs = [[{k * d + j, h * (d + i) + k} for k in range(h)] for i, j in spots]
        targets = [target for row in p.targets for target in row]
        shape = {len(v) - d for v in p.first + p.targets} | {len(v) - h for v in u}
    else:  # each row has candidates of its own, or all share theirs
        rows = given.get("rows") or given.get("pools") or given.get("products") or [p.weights]
        h, apart, targets = len(rows[0]), p.kind[0] in "ls", given.get("targets") or [p.target]
        needs = [[{h * r * apart + k} for k in range(h)] for r in range(len(rows))]
        shape = {len(v) - h for v in rows}
    allowed = p.tolerances or [p.tolerance] * len(rows)
    room = [p.fewest, p.most - p.fewest, p.most_edges, p.most_neurons, 1100 - abs(p.exponent)]
    if shape != {0} or not len(rows) == len(targets) == len(allowed) or min(room + allowed) < 0:
        raise ValueError("its numbers, targets, tolerances and sizes do not fit together")
    p.h, p.n, p.sums = h, 1 + max(needs[-1][-1]), [*zip(rows, needs, targets, allowed)]
    p.beyond = {"error": 10**60, "neurons": 1 + h, "edges": 1 + h + p.n}[p.minimise]  # none legal
    return p


def free_bound(p):
    """Return a bound that needs no search: sums of k lie in a range, equal modulo a step."""
    near, least = [], []
    for row, _, t, allowed in p.sums:
        row, step = sorted(row), gcd(*(number - row[0] for number in row))
        ends = [(sum(row[:k]), sum(row[p.h - k :])) for k in range(p.h + 1)]
        past = [(t - low) % step if low < t < high else 0 for low, high in ends]
        near.append([max(a - t, t - b, min(o, step - o)) for (a, b), o in zip(ends, past)])
        least.append(next((k for k, b in enumerate(near[-1]) if b <= allowed), p.beyond))
    if p.minimise != "error":
        return min(p.beyond, max(least) + sum(least) * (p.minimise == "edges"))
    most = min(p.h, p.most // len(p.sums[0][1][0]), p.most_edges // 2, p.most_neurons)
    by_size = list(zip(*near))[p.fewest : most + 1]
    if p.kind != "vector_sum":  # rows may differ in size, so each is best by itself
        by_size = [map(min, zip(*by_size))]
    return min(map(JOIN[p.norm], by_size))


def judge(p, chosen):
    """Return the value and the exact error of increasing candidates; None if they are not legal."""
    kept, size, used = set(chosen), len(chosen), len({i % p.h for i in chosen})
    legal = p.fewest <= size <= p.most and size + used <= p.most_edges and used <= p.most_neurons
    errors = [abs(sum(x for x, n in zip(*s[:2]) if n <= kept) - s[2]) for s in p.sums]
    within = kept <= set(range(p.n)) and all(e <= s[3] for e, s in zip(errors, p.sums))
    value = {"error": JOIN[p.norm](errors), "edges": size + used, "neurons": used}[p.minimise]
    real = Fraction((sum if p.norm == "l1" else max)(errors)) / Fraction(2) ** p.exponent
    error = f"{real.numerator}/2^{real.denominator.bit_length() - 1}".replace("/2^0", "")
    return (value, error) if legal and within and sorted(kept) == list(chosen) else None


def check(path, words):
    """Yield what is not true of an instance, its certificate and a selection."""
    given, beside = JSON.decode(path.read_text("utf-8"))["problem"], path.with_suffix(BESIDE)
    p, c = problem_of(given), {"lower_bound": 0}
    if beside.exists():
        c = JSON.decode(beside.read_text("utf-8"))
        seal, value, bound, chosen = c.pop("seal"), c["value"], c["lower_bound"], c["indices"]
        nothing = None if p.minimise == "error" else (None, None)
        told = nothing if chosen is None else judge(p, chosen)
        said = [(w["lower_bound"], w["value"], w["infeasible"]) for w in [c, *c["witnesses"]]]
        said = [(b, p.beyond if v is None else v, n) for b, v, n in said]
        exact = [w for w in c["witnesses"] if w["exact"]]
        free, reached = free_bound(p), said[0][1]
        closed = {w["family"] for w in exact if (w["value"], w["lower_bound"]) == (value, reached)}
        due = "agreed" if len(closed) > 1 else "single" if exact else "reported"
        due = "self_evident" if free == reached else due
        legal = (judge(p, s) for k in range(p.n + 1) for s in combinations(range(p.n), k))
        claims = {
            "its seal does not fit": seal == digest(c),
            "it is for another problem": (c["kind"], c["problem"]) == (p.kind, digest(given)),
            f"its selection has {told}": (value, c["error"]) == told,
            "a bound cannot be": all(free <= b <= v and n is (b == p.beyond) for b, v, n in said),
            "a witness found another value": said[0][1] == min(v for _, v, _ in said[1:] or said),
            "its bound is another": bound == max([free] + [w["lower_bound"] for w in exact]),
            f"its evidence is {due}": c["evidence"] == due and (said[1:] or due == "self_evident"),
            "a selection is below its bound": p.n > 14 or all(bound <= it[0] for it in legal if it),
        }
        yield from (text for text, holds in claims.items() if not holds)
    if words is not None:  # indices, or what a solver wrote
        text = words if re.fullmatch(r"[\d\s,]*", words) else Path(words).read_text("utf-8")
        find = r"\bx(\d+)\s+(?:1|1\.0\d*|0\.999\d*)(?!\S)" if re.search("[-.a-z]", text) else r"\d+"
        legal = judge(p, chosen := sorted({int(i) for i in re.findall(find, text)}))
        print(f"selection {chosen}: value and error {legal}")
        if legal is None or legal[0] < c["lower_bound"]:
            yield "the selection is not legal, or below the certificate's bound"


def main(path, words=None):
    """Check what the command line names; return the exit code."""
    files = sorted({str(p).replace(BESIDE, ".json") for p in Path(path).rglob("*.json")})
    paths, code = [name for name in files if not name.endswith(".schema.json")] or [path], 0
    for instance in paths:
        try:
            findings = list(check(Path(instance), words))
            code = max(code, len(findings) > 0)
        except Exception as odd:  # whatever is wrong with a file, one line says so
            findings, code = [f"is not an instance with its certificate: {odd!r:.200}"], 2
        for finding in findings:
            print(f"{instance}: {finding}".encode("unicode_escape").decode(), file=sys.stderr)
    print(f"{len(paths)} instances checked")
    return code


if __name__ == "__main__":
    asked = len(typed := sys.argv[1:]) in (1, 3) and typed[1:2] in ([], ["--solution"])
    code = 0 if "--help" in typed else 2
    sys.exit(main(*typed[::2]) if asked and code else print(__doc__) or code)
