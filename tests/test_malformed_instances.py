"""Malformed files, made by mutation: each is refused by every command, with one clear line."""

from __future__ import annotations

import copy
import gzip
import json
import os

import pytest

from slth_opt.certificates import certificate_to_dict
from slth_opt.cli.main import main
from slth_opt.json_files import MOST_BYTES, format_json
from slth_opt.library import Instance, instance_to_dict
from tests import forging, naive
from tests.test_instance_checker import EXAMPLES, checker, sworn
from tests.test_instance_schemas import complaints

FACTS = (("generator", "PCG64"), ("family", "odd"), ("group", "small"), ("seed", 1))
TABLES = ("rows", "pools", "products", "first", "second")
PLACES = ("weights", "targets", "target", "tolerance", "tolerances", "fewest", "most", *TABLES)


def with_field(data, name, item):
    """Return an instance or a certificate with one field changed."""
    changed = copy.deepcopy(data)
    changed.get("problem", changed)[name] = item
    return changed


def without(data, name):
    """Return an instance with one field of its problem lost."""
    problem = {key: item for key, item in data["problem"].items() if key != name}
    return {**data, "problem": problem}


def odd_fields(data):
    """Yield what a problem can be broken into by one field: how, and the new value."""
    problem = data["problem"]
    n = len(problem.get("weights") or (problem.get("rows") or [[]])[0])
    for name in (name for name in PLACES if name in problem):
        yield f"no {name}", without(data, name)
        yield f"{name} null", with_field(data, name, "null" if problem[name] is None else None)
        yield f"{name} a word", with_field(data, name, "many")
        yield f"{name} true", with_field(data, name, True)
        if isinstance(problem[name], list):
            yield f"{name} empty", with_field(data, name, [])
            yield f"{name} one more", with_field(data, name, _one_more(name, problem[name]))
            yield f"{name} holds true", with_field(data, name, _first(problem[name], True))
            yield f"{name} holds text", with_field(data, name, _first(problem[name], "3"))
            yield f"{name} holds 2^62", with_field(data, name, _first(problem[name], 2**62))
        else:
            yield f"{name} -2^62", with_field(data, name, -(2**62))
    for name in (name for name in TABLES if name in problem):
        yield f"{name} ragged", with_field(data, name, [*problem[name], [1]])
        yield f"{name} with an empty row", with_field(data, name, [*problem[name], []])
        yield f"{name} flat", with_field(data, name, problem[name][0])
    for name in (name for name in ("fewest", "most") if name in problem):
        yield f"{name} negative", with_field(data, name, -1)
    if "fewest" in problem:
        yield "size above n", with_field(data, "most", n + 1)
        yield "crossed sizes", with_field(with_field(data, "fewest", n), "most", n - 1)
    for name in (name for name in ("norm", "minimise") if name in problem):
        yield f"{name} unknown", with_field(data, name, "l2")
        yield f"{name} a list", with_field(data, name, ["l1"])
    if "minimise" in problem:
        rest = "most_edges" if problem["tolerances"] else "tolerances"
        yield f"{rest} beside others", with_field(data, rest, 3 if rest == "most_edges" else [3])


def _first(item, value):
    """Return a list with its very first number replaced."""
    head = _first(item[0], value) if isinstance(item[0], list) else value
    return [head, *item[1:]]


def _one_more(name, item):
    """Return a list that no longer fits the others: one entry more, in a table one ragged row."""
    if name == "weights":
        return [*item, 0.5]
    return [*item, item[0][:-1]] if isinstance(item[0], list) else [*item, item[0]]


def odd_wholes(data):
    """Yield what breaks an instance of any kind: how, and the new value."""
    yield "version 2", {**data, "schema": "slth-instance/2"}
    yield "a certificate's schema", {**data, "schema": "slth-certificate/1"}
    yield "schema a number", {**data, "schema": 1}
    yield "no schema", {k: v for k, v in data.items() if k != "schema"}
    yield "no problem", {k: v for k, v in data.items() if k != "problem"}
    yield "no provenance", {k: v for k, v in data.items() if k != "provenance"}
    yield "one field more", {**data, "notes": ""}
    yield "problem a list", {**data, "problem": [data["problem"]]}
    yield "provenance a list", {**data, "provenance": []}
    yield "provenance holds a list", {**data, "provenance": {"seed": [1]}}
    yield "provenance holds true", {**data, "provenance": {"seed": True}}
    yield "provenance of two lines", {**data, "provenance": {"note": "a\nb"}}
    yield "provenance of 41 digits", {**data, "provenance": {"seed": 10**40}}
    yield "a field of another kind", with_field(data, "goal", 7)
    yield "kind unknown", with_field(data, "kind", "knapsack")
    yield "kind a list", with_field(data, "kind", ["subset_sum"])
    yield (
        "kind of another problem",
        with_field(
            data, "kind", "layer_budget" if "pools" not in data["problem"] else "subset_sum"
        ),
    )
    yield "no kind", without(data, "kind")
    yield "exponent null", with_field(data, "exponent", None)
    yield "exponent too fine", with_field(data, "exponent", 1101)
    yield "exponent too coarse", with_field(data, "exponent", -961)
    yield "rounded 0", with_field(data, "rounded", 0)
    yield "a list around it", [data]


def odd_bytes(text, integer="exponent"):
    """Yield what breaks the text of a file of any kind: how, and the new bytes."""
    whole = text.encode("ascii")
    for tenths in range(1, 10):
        yield f"truncated at {tenths}/10", whole[: len(whole) * tenths // 10]
    yield "without its last brace", whole.rstrip()[:-1]
    yield "empty", b""
    yield "white space", b" \n\t"
    yield "null", b"null"
    yield "twice", whole + whole
    yield "words after it", whole + b"end"
    yield "byte order mark", b"\xef\xbb\xbf" + whole
    yield "utf-16", text.encode("utf-16")
    yield "not utf-8", whole.replace(b"PCG64", b"PCG\xff4")
    yield "half a surrogate", whole.replace(b"PCG64", b"\\ud800")
    yield "zero bytes", b"\0" * 64
    yield "binary", bytes(range(256))
    yield "gzip", gzip.compress(whole, mtime=0)
    yield "single quotes", whole.replace(b'"', b"'")
    yield "a comment", whole.replace(b"{", b"{ // here", 1)
    yield "a comma at the end", whole.replace(b"\n}\n", b",\n}\n")
    yield "key twice", whole.replace(b'"rounded": false,', b'"rounded": false, "rounded": false,')
    yield "problem twice", whole.replace(b'"provenance"', b'"problem": {}, "provenance"')
    yield "NaN", whole.replace(b'"exponent": ', b'"exponent": NaN, "was": ')
    for number in ("Infinity", "-Infinity", "0.0", "1e0", "1E2", "-0.5", "00", "+1", "0x1", "1_0"):
        yield f"{integer} {number}", _retyped(whole, integer, number.encode())
    yield f"{integer} of 5000 digits", _retyped(whole, integer, b"7" * 5000)
    yield "nested too deeply", b"[" * 10**5
    yield "problem nested too deeply", whole.replace(b'"kind": ', b'"kind": ' + b"[" * 10**5)


def _retyped(whole, name, number):
    """Return a text with the integer of a field in other characters."""
    head, field, rest = whole.partition(f'"{name}": '.encode())
    return head + field + number + rest[rest.index(b",") :]


def text_of(data):
    """Return a value as a file holds it."""
    return format_json(data) + "\n"


def corpus():
    """Return every malformed instance by name: its bytes, and those of the whole one."""
    found = {}
    for example in EXAMPLES:
        problem = example if not example.rounded else type(example)(
            **{name: getattr(example, name) for name in ("weights", "target", "fewest", "most")}
        )  # fmt: skip
        data = instance_to_dict(Instance(problem=problem, provenance=FACTS))
        name = f"{problem.kind} {getattr(problem, 'minimise', '')}".strip()
        odd = [*odd_wholes(data), *odd_fields(data)]
        made = [(how, json.dumps(value).encode("ascii")) for how, value in odd]
        for how, content in [*made, *odd_bytes(text_of(data))]:
            found[f"{name}: {how}"] = content, text_of(data).encode("ascii"), problem
    return found


def certified(problem):
    """Return a true certificate in its written form."""
    return certificate_to_dict(sworn(problem, *min(naive.legal_subsets(problem))))


CORPUS = corpus()
A_FEW = dict(list(CORPUS.items())[::61])


@pytest.fixture
def folder(tmp_path):
    """A library of one family."""
    (tmp_path / "library" / "odd").mkdir(parents=True)
    return tmp_path / "library"


def outcomes(path, capsys, *but):
    """Return what every command but some does with a file: its exit code, its lines of errors."""
    library = path.parent.parent
    commands = {
        "solve": (main, ["solve", str(path)]),
        "verify": (main, ["verify", str(path)]),
        "show": (main, ["instances", "show", "pool-s1", "--folder", str(library)]),
        "check.py": (checker.main, str(path)),
    }
    found = {}
    for name, (command, words) in commands.items():
        if name in but:
            continue
        capsys.readouterr()
        code = command(words)
        shown = capsys.readouterr()
        lines = shown.err.splitlines()
        clear = name == "check.py" or shown.out == ""
        found[name] = (code, len(lines), clear and all("Traceback" not in line for line in lines))
    return found


REFUSED = (2, 1, True)

FORM = {
    "version 2", "a certificate's schema", "schema a number", "no schema", "no provenance",
    "one field more", "provenance a list", "provenance holds a list", "provenance holds true",
    "provenance of two lines", "provenance of 41 digits", "half a surrogate",
}  # fmt: skip
"""Odd forms beside the problem, which `check.py` does not look at."""


def is_refused(how, found, form=()):
    """Tell whether every command refuses a file in one line, `check.py` perhaps in more.

    It may also see no more than that the file does not fit its certificate, and leaves the form of
    what it does not need to the schema.
    """
    code, _, clear = found.pop("check.py")
    fits = code == 0 if how in form else code in (1, 2)
    return fits and clear and set(found.values()) <= {REFUSED}


def wrongly_taken(chosen, folder, capsys):
    """Return the files of a corpus that some command does not refuse as it should, and how."""
    path = folder / "odd" / "pool-s1.json"
    certificates, wrong = {}, {}
    for name, (content, _, problem) in chosen.items():
        if problem.digest not in certificates:
            certificates[problem.digest] = text_of(certified(problem))
        path.with_name("pool-s1.certificate.json").write_text(certificates[problem.digest])
        path.write_bytes(content)
        found = outcomes(path, capsys)
        if not is_refused(name.partition(": ")[2], dict(found), FORM):
            wrong[name] = found
    return wrong


def test_corpus_is_not_thin():
    """There are many hundreds of malformed files, no two of them the same, none unchanged."""
    contents = {content for content, _, _ in CORPUS.values()}
    same = [name for name, (content, whole, _) in CORPUS.items() if content == whole]
    assert (len(CORPUS) >= 500, len(contents) >= 450, same) == (True, True, [])
    kinds = {problem.kind: 0 for _, _, problem in CORPUS.values()}
    for _, _, problem in CORPUS.values():
        kinds[problem.kind] += 1
    assert min(kinds.values()) >= 60


def test_some_malformed_files_are_refused(folder, capsys):
    """A sample of the corpus is refused by every command, in one line."""
    assert (wrongly_taken(A_FEW, folder, capsys), len(A_FEW) >= 10) == ({}, True)


@pytest.mark.slow
@pytest.mark.parametrize("example", sorted({name.partition(":")[0] for name in CORPUS}))
def test_all_malformed_files_are_refused(folder, capsys, example):
    """The whole corpus is refused by every command, in one line; `check.py` minds no mere form."""
    chosen = {name: odd for name, odd in CORPUS.items() if name.startswith(f"{example}:")}
    assert (wrongly_taken(chosen, folder, capsys), len(chosen) >= 60) == ({}, True)


@pytest.mark.slow
def test_whole_files_are_accepted(folder, capsys):
    """The files the corpus was made from are accepted by every command: each change matters."""
    path = folder / "odd" / "pool-s1.json"
    wholes = {whole: problem for _, whole, problem in CORPUS.values()}
    for whole, problem in wholes.items():
        path.write_bytes(whole)
        certificate = text_of(certified(problem))
        path.with_name("pool-s1.certificate.json").write_text(certificate)
        found = outcomes(path, capsys)
        assert {name: code for name, (code, _, _) in found.items()} == dict.fromkeys(found, 0)
    assert len(wholes) == len(EXAMPLES)


def special_places(home):
    """Yield paths that are no files of an instance, whatever they lead to."""
    folder = home / "folder.json"
    folder.mkdir()
    yield folder
    yield home / "missing.json"
    yield home / "whole.json" / "inner.json"
    (home / "nowhere.json").symlink_to("gone.json")
    yield home / "nowhere.json"
    (home / "circle.json").symlink_to("circle.json")
    yield home / "circle.json"
    os.mkfifo(home / "pipe.json")
    yield home / "pipe.json"
    (home / "device.json").symlink_to("/dev/zero")
    yield home / "device.json"
    with (home / "huge.json").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    yield home / "huge.json"
    yield home / "two\nlines.json"


def test_what_is_no_file_is_refused(tmp_path, capsys):
    """Empty folders, links to nowhere and huge files are refused; by the package pipes as well."""
    (tmp_path / "whole.json").write_bytes(next(iter(CORPUS.values()))[1])
    wrong = {}
    for path in special_places(tmp_path):
        endless = path.is_fifo() or path.is_char_device()  # `check.py` reads what it is given
        found = outcomes(path, capsys, "show", *["check.py"] * endless)
        wrong.update({str(path): found} if set(found.values()) != {REFUSED} else {})
    assert wrong == {}


def test_file_that_may_not_be_read_is_refused(tmp_path, capsys, monkeypatch):
    """The reason of the system is passed on in one line."""

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "pool.json"
    path.write_bytes(next(iter(CORPUS.values()))[1])
    monkeypatch.setattr("pathlib.Path.read_text", denied)
    code = checker.main(str(path))
    shown = capsys.readouterr().err
    assert (code, shown.count("\n"), "Permission denied" in shown) == (2, 1, True)


def test_link_out_of_the_library_is_refused(folder, capsys):
    """A link in a library that leads out of it is refused, even to a whole instance."""
    outside = folder.parent / "secret.json"
    outside.write_bytes(next(iter(CORPUS.values()))[1])
    (folder / "odd" / "pool-s1.json").symlink_to(outside)
    code = main(["instances", "show", "pool-s1", "--folder", str(folder)])
    shown = capsys.readouterr().err
    assert (code, shown.count("\n"), "leads out of the folder" in shown) == (2, 1, True)


FORM_SEALED = {
    "no schema", "schema in another type", "of the future", "of an instance", "one field more",
    "no remarks", "remarks in another type", "remark of two lines", "no package",
    "package in another type", "value true", "lower_bound true", "witness with more",
    *(f"witness without {name}" for name in ("backend", "version", "stop", "reported")),
    *(f"witness with a list as {name}" for name in ("backend", "version", "stop", "reported")),
    "witness with a list as exact",
}  # fmt: skip
"""Odd forms of a certificate under a seal that fits, which `check.py` does not look at."""


def odd_certificates(data):
    """Yield malformed certificates: how, and the bytes."""
    for name, item in data.items():
        rest = {key: value for key, value in data.items() if key != name}
        yield f"no {name}", rest
        yield f"{name} in another type", {**data, name: 5 if isinstance(item, (str, bool)) else "5"}
    for name in ("value", "lower_bound"):
        yield f"{name} true", {**data, name: True}
    for name in data["witnesses"][0]:
        lost = {key: value for key, value in data["witnesses"][0].items() if key != name}
        yield f"witness without {name}", {**data, "witnesses": [lost]}
        odd = {**data["witnesses"][0], name: [1]}
        yield f"witness with a list as {name}", {**data, "witnesses": [odd]}
    yield "witness with more", {**data, "witnesses": [{**data["witnesses"][0], "more": 1}]}
    yield "one field more", {**data, "more": 1}
    yield "of the future", {**data, "schema": "slth-certificate/2"}
    yield "of an instance", {**data, "schema": "slth-instance/1"}
    yield "evidence unknown", {**data, "evidence": "sworn"}
    yield "index true", {**data, "indices": [True]}
    yield "remark of two lines", {**data, "remarks": ["a\nb"]}


@pytest.mark.parametrize("step", [23, pytest.param(1, marks=pytest.mark.slow)])
def test_malformed_certificates_are_refused(folder, capsys, step):
    """A certificate with a field lost, added or of another type is refused, and so is no JSON."""
    problem = EXAMPLES[1]
    path = folder / "odd" / "pool-s1.json"
    path.write_text(text_of(instance_to_dict(Instance(problem=problem, provenance=FACTS))))
    beside = path.with_name("pool-s1.certificate.json")
    whole = certified(problem)
    beside.write_text(text_of(whole))
    # Solving reads no certificate.
    before = {name: code for name, (code, _, _) in outcomes(path, capsys, "solve").items()}
    made = [(how, json.dumps(value).encode()) for how, value in odd_certificates(whole)]
    made += [
        (f"{how}, sealed", json.dumps(forging.resealed(value)).encode())
        for how, value in odd_certificates(whole)
        if "seal" not in how
    ]
    made += odd_bytes(text_of(whole), "lower_bound")
    made = [(how, content) for how, content in made if content != text_of(whole).encode()]
    wrong, form = {}, {f"{how}, sealed" for how in FORM_SEALED}
    for how, content in made[::step]:
        beside.write_bytes(content)
        found = outcomes(path, capsys, "solve")
        wrong.update({} if is_refused(how, dict(found), form) else {how: found})
    assert (wrong, before, len(made) >= 80) == ({}, dict.fromkeys(before, 0), True)


def test_forms_that_the_checker_leaves_alone_are_refused_by_the_schemas():
    """Whatever odd form `check.py` does not look at, JSON Schema does; the text of a file aside."""
    problem = EXAMPLES[1]
    data = instance_to_dict(Instance(problem=problem, provenance=FACTS))
    odd = {f"instance: {how}": value for how, value in odd_wholes(data) if how in FORM}
    sealed = dict(odd_certificates(certified(problem)))
    odd |= {f"certificate: {how}": sealed[how] for how in FORM_SEALED}
    valid = {how for how, value in odd.items() if not complaints(how.partition(":")[0], value)}
    assert (valid, len(odd)) == (set(), len(FORM) - 1 + len(FORM_SEALED))
