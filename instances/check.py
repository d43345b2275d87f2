#!/usr/bin/env python3
"""Check instances, solutions and certificates with nothing but Python (3.8 or newer).

    python check.py FOLDER                      every instance, certificate and index row in it
    python check.py a.json                      one instance, and its certificate if there is one
    python check.py a.json --solution "0 4 7"   a selection: indices, or a file of indices or of
                                                the lines "x4 1" that a solver wrote
Exit code: 0 all is true, 1 something is not, 2 something cannot be read. One line a finding.
"""

# fmt: off
import argparse, csv, functools, hashlib, itertools, json, math, os, re, sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

METHODS = {"enumeration": "enumeration", "dynamic programming": "profiles",
    "meeting in the middle": "meeting small_sizes four_lists points",
    "branch and bound": "branching mask_search", "lagrangian branch and bound": "relaxing",
    "subset dynamic programming": "neuron_sets", "constraint programming": "cp_sat cp_sat_strong",
    "branch and cut": "cbc highs scip cbc_strong highs_strong scip_strong"}  # these are not exact
FORMS = {"subset_sum": "weights [int], target int, fewest int, most int",
    "smallest_subset": "weights [int], target int, tolerance int",
    "vector_sum": "rows [[int]], targets [int], norm 'l1'|'linf', fewest int, most int",
    "layer_budget": "pools [[int]], targets [int], norm 'linf'|'l1'|'squares', most int",
    "shared_block": "products [[int]], targets [int], minimise 'edges'|'neurons'|'error', "
                    "tolerances [int]|None, most_edges int|None, most_neurons int|None",
    "joint_layer": "first [[int]], second [[int]], targets [[int]], norm 'linf'|'l1', most int"}
CLAIM = "value int|None, lower_bound int, infeasible bool, "
CERTIFICATE = (CLAIM + "schema 'slth-certificate/1', kind str, problem str, indices [int]|[]|None, "
    "error str|None, evidence 'self_evident'|'agreed'|'single'|'reported', witnesses [dict]|[], "
    "remarks [str]|[], package str, seal str")
WITNESS = (CLAIM + "backend str, family str, exact bool, version str, reported dict|None, "
    "stop 'finished'|'seconds'|'nodes'|'interrupted'|'gave up'")
JOIN = {"l1": sum, "linf": max, "squares": lambda errors: sum(e * e for e in errors)}

class Finding(Exception):
    """What is amiss, and the exit code for it."""

def demand(holds, otherwise, code=1):
    if not holds:
        raise Finding(otherwise, code)

def shape(v):
    """Say what a JSON value is: int, [[int]], [], dict, str (of one line), ..."""
    if isinstance(v, list):
        return f"[{' or '.join(sorted(set(map(shape, v))))}]"
    return type(v).__name__ if not isinstance(v, str) or v.isprintable() else "odd text"

def fit(record, form, what):
    """Refuse what is not an object with exactly the fields of a form."""
    form = dict(field.split(" ", 1) for field in form.split(", "))
    same = isinstance(record, dict) and record.keys() == form.keys()
    demand(same, f"{what} must have the fields {', '.join(form)} and no other", 2)
    for name, want in form.items():
        fits = {shape(record[name]), repr(record[name])} & set(want.split("|"))
        demand(fits, f"{what} must have as {name} {want}, not {record[name]!r:.40}", 2)

def read(path, home=None):
    """Return the JSON value of a file in which integers are the only numbers."""
    def refuse(number):
        raise Finding(f"holds the number {number:.40}; possible are integers of 40 digits", 2)
    def once(pairs):
        demand(len(dict(pairs)) == len(pairs), "gives a key twice", 2)
        return dict(pairs)
    inside = home is None or os.path.commonpath([os.path.realpath(path), home]) == home
    demand(inside, f"leads out of the folder {home}", 2)
    fits = os.path.isfile(path) and os.path.getsize(path) <= 2**26
    demand(fits, "is no file there is, or larger than 64 MiB", 2)
    return json.loads(path.read_bytes().decode("utf-8"), object_pairs_hook=once, parse_float=refuse,
        parse_constant=refuse, parse_int=lambda n: int(n) if len(n) < 42 else refuse(n))

def digest(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()

def problem_of(data):
    """Return a problem as entries: numbers, a target, and the candidates each number needs."""
    fit(data, "schema 'slth-instance/1', problem dict, provenance dict", "the instance")
    given, facts = data["problem"], itertools.chain(*data["provenance"].items())
    plain = all(abs(f) < 10**40 if type(f) is int else shape(f) == "str" for f in facts)
    demand(plain, "its provenance must map names to integers or to text of one line", 2)
    demand(given.get("kind") in list(FORMS), f"the kind must be one of {', '.join(FORMS)}", 2)
    fit(given, f"kind str, exponent int, rounded bool, {FORMS[given['kind']]}", "the problem")
    p = SimpleNamespace(**{**dict.fromkeys(("tolerances", "most", "most_edges", "most_neurons")),
        "norm": "linf", "minimise": "error", "fewest": 0, "first": [], "second": [], **given})
    tables = [t for t in given.values() if shape(t) == "[[int]]"] or [[p.weights]]
    demand(all(len(row) == len(t[0]) for t in tables for row in t), "its rows differ in length", 2)
    goals, p.digest = given.get("targets") or [p.target], digest(given)
    p.h, fits = len(tables[0][0]), len(goals) == len(tables[0])
    if p.kind == "joint_layer":
        d, p.h, outputs = len(p.first[0]), len(p.first), len(p.second)
        fits = (len(p.second[0]), len(goals), len(goals[0])) == (p.h, outputs, d)
        p.n, p.entries = p.h * (d + outputs), [
            ([u * row[j] for u, row in zip(p.second[i], p.first)], goals[i][j],
             [{k * d + j, p.h * (d + i) + k} for k in range(p.h)])
            for i, j in itertools.product(range(outputs), range(d * fits))]
    else:
        apart = p.h if p.kind in ("layer_budget", "shared_block") else 0
        p.n, p.entries = apart * len(goals) or p.h, [
            (row, goal, [{apart * r + k} for k in range(p.h)])
            for r, (row, goal) in enumerate(zip(tables[0], goals))]
    if p.kind == "smallest_subset":  # as a block with one output, of which the neurons count
        p.tolerances, p.minimise = [p.tolerance], "neurons"
    allowed, budgets = p.tolerances or [0] * len(goals), (p.most_edges, p.most_neurons)
    counts = p.tolerances is not None and budgets == (None, None)
    p.impossible = 1 + p.h + p.n * (p.minimise == "edges") if counts else None
    for name, every in (("most", p.n), ("most_edges", p.n + p.h), ("most_neurons", p.h)):
        setattr(p, name, every if getattr(p, name) is None else getattr(p, name))
    fits = fits and counts == (p.minimise != "error") and (counts or p.tolerances is None)
    demand(fits and len(allowed) == len(goals), "its targets, tolerances and budgets do not fit", 2)
    limits = (p.fewest, p.most - p.fewest, p.most_edges, p.most_neurons, *allowed)
    possible = min(limits) >= 0 and (p.most <= p.n or "fewest" not in given)
    demand(possible, "a size, a budget or a tolerance is impossible", 2)
    reach = [sum(map(abs, pool)) + abs(goal) for pool, goal, _ in p.entries]
    reach = max(sum(reach) if p.kind == "vector_sum" else max(reach), *allowed)
    largest = max([reach, *(abs(v) for row in p.first + p.second for v in row)])
    demand(largest < 2**62, "its numbers add up to 2^62 or more", 2)
    demand(-960 <= p.exponent <= 1100, "its exponent must lie in -960..1100", 2)
    return p

def free_bound(p):
    """Return the bound anyone can compute: sums of k numbers lie on a lattice, in an interval."""
    by_entry = []
    for pool, goal, _ in p.entries:
        pool, least, most, bounds = sorted(pool), 0, 0, []
        step = functools.reduce(math.gcd, (number - pool[0] for number in pool))
        for k in range(p.h + 1):
            least, most = (least + pool[k - 1], most + pool[-k]) if k else (0, 0)
            past = (goal - least) % step if least < goal < most else 0
            bounds.append(max(least - goal, goal - most, min(past, step - past)))
        by_entry.append(bounds)
    if p.tolerances:
        sizes = [next((k for k, b in enumerate(bounds) if b <= allowed), p.impossible)
                 for bounds, allowed in zip(by_entry, p.tolerances)]
        return min(p.impossible, max(sizes) + sum(sizes) * (p.minimise == "edges"))
    if p.kind in ("subset_sum", "vector_sum"):
        return min(JOIN[p.norm](b[k] for b in by_entry) for k in range(p.fewest, p.most + 1))
    most = p.most // 2 if p.kind == "joint_layer" else p.most
    most = min(most, p.h, p.most_edges // 2, p.most_neurons)
    return JOIN[p.norm](min(bounds[: most + 1]) for bounds in by_entry)

def judge(p, chosen):
    """Return the value of a set of candidates and its error; None for both if it is not legal."""
    errors = [abs(sum(w for w, needed in zip(pool, needs) if needed <= chosen) - goal)
              for pool, goal, needs in p.entries]
    size, neurons = len(chosen), len({i % p.h for i in chosen})
    legal = p.fewest <= size <= p.most and size + neurons <= p.most_edges
    legal = legal and neurons <= p.most_neurons
    if not legal or any(map(int.__gt__, errors, p.tolerances or errors)):
        return None, None
    value = {"error": JOIN[p.norm](errors), "edges": size + neurons, "neurons": neurons}[p.minimise]
    real = Fraction((sum if p.norm == "l1" else max)(errors)) / Fraction(2) ** p.exponent
    power = f"/2^{real.denominator.bit_length() - 1}" if real.denominator > 1 else ""
    return value, f"{real.numerator}{power}"

def audit(p, indices):
    """Return the value of a selection and its error as an exact string."""
    proper = all(0 <= i < p.n for i in indices) and sorted(set(indices)) == indices
    demand(proper, f"the indices of a selection must increase within 0..{p.n - 1}")
    value, error = judge(p, set(indices))
    demand(error is not None, "the selection breaks a rule about sizes, budgets or tolerances")
    return value, error

def search(p):
    """Return the optimum, having looked at every selection; None where that would take long."""
    if p.kind in ("subset_sum", "smallest_subset") and p.n <= 20:
        sums = [{0}] + [set() for _ in p.weights]
        for number, k in itertools.product(p.weights, range(p.n, 0, -1)):
            sums[k] |= {total + number for total in sums[k - 1]}
        best = [min(abs(total - p.target) for total in same) for same in sums]
        sizes = [k for k, error in enumerate(best) if p.tolerances and error <= p.tolerance]
        return min([p.impossible, *sizes] if p.tolerances else best[p.fewest : p.most + 1])
    if p.n > 14:
        return None
    subsets = ({i for i in range(p.n) if bits >> i & 1} for bits in range(2**p.n))
    values = [value for value, _ in (judge(p, chosen) for chosen in subsets) if value is not None]
    return min(values, default=p.impossible)

def check_certificate(p, c):
    """Check what a certificate says of a problem; return whether its bound was proven again."""
    fit(c, CERTIFICATE, "the certificate")
    value, bound, nothing, witnesses = c["value"], c["lower_bound"], c["infeasible"], c["witnesses"]
    for w in witnesses:
        fit(w, WITNESS, "a witness")
        if w["reported"] is not None:
            fit(w["reported"], "status str, objective str|None, bound str|None", "a report")
            floats = [w["reported"][name] or "0.0" for name in ("objective", "bound")]
            demand([repr(float(told)) for told in floats] == floats, "a report holds no float", 2)
    seal = digest({name: item for name, item in c.items() if name != "seal"})
    demand(c["seal"] == seal, "its seal does not fit: it was damaged or changed")
    demand((c["kind"], c["problem"]) == (p.kind, p.digest), "it is for another problem")
    told = (None, None) if c["indices"] is None else audit(p, c["indices"])
    demand((value, c["error"]) == told, f"its value and error must be {told}, as its selection has")
    demand(value is not None or p.impossible is not None, "it has no selection; some is legal")
    free, closing = free_bound(p), set()
    for w in [c, *witnesses]:
        known, lower, none = w["value"], w["lower_bound"], w["infeasible"]
        apt = free <= lower <= (p.impossible or lower) and none == (lower == p.impossible)
        apt = apt and (known is None or (lower <= known and not none))
        demand(apt, f"{w.get('backend', 'it')} cannot have the value {known} and the bound {lower}")
    for w in witnesses:
        method, family, exact = w["backend"], w["family"], w["exact"]
        closed = w["infeasible"] or w["value"] == w["lower_bound"]
        fair = method in METHODS.get(family, "").split() and exact == (family != "branch and cut")
        fair = fair and (closed or w["stop"] != "finished" if exact else w["lower_bound"] == free)
        demand(fair, f"{method!r} is no such method, or cannot have said what its witness says")
        if exact and closed and (w["value"], w["infeasible"]) == (value, nothing):
            closing.add(family)
    demand(len({w["backend"] for w in witnesses}) == len(witnesses), "it names a witness twice")
    best = min((w["value"] for w in witnesses if w["value"] is not None), default=None)
    proved = max([free, *(w["lower_bound"] for w in witnesses)])
    demand(not witnesses or best == value, f"the best value of its witnesses is {best}")
    demand(bound == proved, f"the best bound of its witnesses is {proved}")
    due = "single" if any(w["exact"] for w in witnesses) else "reported"
    due = "agreed" if len(closing) > 1 else due
    due = "self_evident" if free == (p.impossible if nothing else value) else due
    demand(c["evidence"] == due and (witnesses or due == "self_evident"), f"its evidence is {due}")
    best = search(p)
    demand(best is None or bound <= best, f"its bound is {bound}, but a selection has {best}")
    return best is not None

def selection_of(words, p):
    """Read a selection: indices, or lines of a solver with the names of candidates and 0 or 1."""
    words = Path(words).read_text(encoding="utf-8") if os.path.isfile(words) else words
    if re.fullmatch(r"[\s\d,]*", words):
        return sorted(map(int, re.findall(r"\d+", words)))
    names = [f"x{i}" for i in range(p.n)]
    if p.second:
        names = [f"a{k}_{j}" for k in range(p.h) for j in range(len(p.first[0]))]
        names += [f"b{i}_{k}" for i in range(len(p.second)) for k in range(p.h)]
    lines = re.findall(r"(?m)\b([xab]\d\w*)[ \t]+(-?\d\S*)", words.split("# Dual")[0])
    strange = [name for name, _ in lines if name not in names]
    demand(lines, "the selection holds neither indices nor lines of a candidate and its value", 2)
    demand(not strange, f"the selection names {strange}, which this instance has not", 2)
    odd = [name for name, v in lines if abs(float(v) - (float(v) > 0.5)) > 0.001]
    demand(not odd, f"the selection gives {odd} neither 0 nor 1")
    chosen = {name for name, v in lines if float(v) > 0.5}
    return [i for i, name in enumerate(names) if name in chosen]

def judged(p, c, words):
    """Say what a selection is worth; refuse one that is illegal or better than what is proven."""
    value, error = audit(p, selection_of(words, p))
    known = f"; known are the bound {c['lower_bound']} and the value {c['value']}" if c else ""
    print(f"selection: legal, value {value}, error {error}{known}")
    demand(not c or c["lower_bound"] <= value, "the selection is below the certificate's bound")

def check_index(row, p, c):
    """Hold a row of index.csv against the instance and its certificate, if there is one."""
    c = c or {"value": None, "lower_bound": free_bound(p), "infeasible": False, "evidence": "",
        "witnesses": []}
    proven = c["infeasible"] or c["value"] == c["lower_bound"]
    proven = proven and c["evidence"] in ("agreed", "self_evident")
    best = "infeasible" if c["infeasible"] else c["value"]
    names = " ".join(w["backend"] for w in c["witnesses"])
    due = {"problem": p.kind, "candidates": p.n, "digest": p.digest, "evidence": c["evidence"],
        "optimum": best if proven else "", "best_known": "" if c["value"] is None else c["value"],
        "status": ("hard" if row.get("group") == "hard" else "easy") if proven else "open",
        "lower_bound": c["lower_bound"], "witnesses": names}
    for name, known in due.items():
        told = f"{row['instance']} with {name} {row.get(name)!r:.40}; it is {known}"
        demand(row.get(name) == str(known), f"has {told}")

def rows_of(path):
    """Return the rows of index.csv by instance; none where there is no such file."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    demand(len({row["instance"] for row in rows}) == len(rows), "names an instance twice")
    return {row["instance"]: row for row in rows}

def main(words=None):
    """Check what the command line names; print each finding, and how much was checked."""
    shown = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shown)
    parser.add_argument("path", type=Path, help="a folder or an instance")
    parser.add_argument("--solution", metavar="S", help="indices, or a file of a selection")
    options, codes, proven = parser.parse_args(words), [0], []
    def attempt(place, do, *given):
        try:
            return do(*given)
        except Finding as amiss:
            what, code = amiss.args
        except (OSError, ValueError, KeyError, RecursionError, MemoryError, csv.Error) as amiss:
            what, code = f"cannot be read: {amiss}", 2
        codes.append(code)
        print(f"{place}: {what}".encode("unicode_escape").decode(), file=sys.stderr)
    def instance_of(file):
        return problem_of(read(file, home))
    def certificate_of(p, file):
        c = read(file, home)
        return c, check_certificate(p, c)
    path, whole = options.path, os.path.isdir(options.path)
    home, index = os.path.realpath(path) if whole else None, path / "index.csv"
    found = sorted(path.rglob("*.json")) if whole else [path]
    others = (".certificate.json", ".schema.json")
    files = [file for file in found if not (whole and file.name.endswith(others))]
    rows = attempt(index, rows_of, index) if whole and os.path.lexists(index) else None
    attempt(path, demand, files, "holds no instances", 2)
    for file in files:
        beside = file.with_name(f"{file.name[:-5]}.certificate.json")
        p, c, certified = attempt(file, instance_of, file), None, os.path.lexists(beside)
        if p and certified:
            c, again = attempt(beside, certificate_of, p, beside) or (None, None)
            proven.append(again)
        if p and rows is not None:
            row = rows.get(file.relative_to(path).as_posix()[:-5])
            attempt(index, demand, row, f"lacks {file.name}")
            if row and (c or not certified):
                attempt(index, check_index, row, p, c)
        if p and options.solution is not None:
            attempt(file, judged, p, c, options.solution)
    for file in found:
        alone = whole and file.name.endswith(others[0])
        alone = alone and not os.path.lexists(str(file)[: -len(others[0])] + ".json")
        attempt(file, demand, not alone, "is a certificate without its instance")
    names = {file.relative_to(path).as_posix()[:-5] for file in files} if rows else set()
    strange = sorted(str(name) for name in (rows or {}).keys() - names)
    attempt(index, demand, not strange, f"names what is not there: {', '.join(strange)}")
    print(f"{len(files)} instances, {len(proven)} certificates, {proven.count(True)} bounds proven "
          f"again; {len(codes) - 1} findings")
    return max(codes)

if __name__ == "__main__":
    sys.exit(main())
