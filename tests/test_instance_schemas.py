"""The schemas and `schema.md` say what the library reads and writes, no more and no less."""

from __future__ import annotations

import copy
import hashlib
import json
import re

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from slth_opt.certificates import certificate_from_dict, verify
from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import read_json
from slth_opt.library import Instance, instance_from_dict, instance_to_dict
from slth_opt.problems import KINDS
from slth_opt.problems.legality import mask_of
from tests import naive
from tests.strategies import layers, problems
from tests.test_instance_checker import CASES, EXAMPLES, LIBRARY, checker, verdict

SCHEMAS = {
    name: json.loads((LIBRARY / f"{name}.schema.json").read_text(encoding="utf-8"))
    for name in ("instance", "certificate")
}
VALIDATORS = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
PAGE = (LIBRARY / "schema.md").read_text(encoding="utf-8")
BLOCKS = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
ANSWER = re.compile(r"^Best selection: ([\d, ]+); value (\d+); error (\S+)\. \(", re.MULTILINE)


def complaints(name, data):
    """Return what a schema has against a JSON value."""
    return [error.message for error in VALIDATORS[name].iter_errors(data)]


def fields_of(schema, path=()):
    """Yield every field a schema names, with the schema of the field."""
    if isinstance(schema, dict):
        named = schema.get("properties", {}) if "required" in schema else {}
        for name, field in named.items():
            yield (*path, name), field
        for key, part in schema.items():
            yield from fields_of(part, (*path, key))


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_a_schema(name):
    """Each is JSON Schema of the draft it names."""
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(("name", "most"), [("instance", 47), ("certificate", 25)])
def test_every_field_is_described(name, most):
    """No field is without a description, and none has been lost."""
    found = list(fields_of(SCHEMAS[name]))
    bare = [path for path, field in found if len(field.get("description", "")) < 15]
    assert (bare, len(found) >= most) == ([], True)


def test_schema_names_every_kind():
    """The six kinds of the schema are those of the package."""
    kinds = SCHEMAS["instance"]["properties"]["problem"]["properties"]["kind"]["enum"]
    assert tuple(kinds) == KINDS == tuple(SCHEMAS["certificate"]["properties"]["kind"]["enum"])


@settings(max_examples=settings().max_examples // 3)
@given(problem=problems() | layers())
def test_what_the_library_writes_is_valid(problem):
    """Every instance of every kind is valid in the form the library writes it."""
    assert complaints("instance", instance_to_dict(Instance(problem=problem))) == []


def test_true_certificates_are_valid():
    """Every certificate of the accepted corpus is valid, and so is its instance."""
    accepted = [json.loads(p.read_text()) for p in CASES if p.parent.name == "accepted"]
    wrong = [
        message for case in accepted for name in SCHEMAS for message in complaints(name, case[name])
    ]
    assert (wrong, len(accepted) > 20) == ([], True)


NOT_STRUCTURE = {
    "instance_ragged_rows", "instance_size_above_n", "instance_sizes_crossed",
    "instance_too_large", "key_twice", "reported_in_other_digits", "value_as_decimal",
}  # fmt: skip
"""Malformed in ways no JSON Schema can express; `1.0` is an integer to it."""


def test_malformed_ones_are_invalid():
    """Of the malformed corpus the schemas refuse all but what a schema cannot say."""
    passed = set()
    for path in (path for path in CASES if path.parent.name == "malformed"):
        try:
            case = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            continue
        if not any(complaints(name, case.get(name)) for name in SCHEMAS):
            passed.add(path.stem)
    assert passed == NOT_STRUCTURE


STRANGERS = (None, True, 1.5, "7", [], {}, [None], [[]], -1, "two\nlines")


def broken(data):
    """Yield a value with one field lost, one added, or one of another type, and how."""
    for path, holder in _objects(data):
        for key in holder:
            yield f"{path}{key} lost", _changed(data, path, lambda at, key=key: at.pop(key))
            for odd in STRANGERS:
                if odd != holder[key] or type(odd) is not type(holder[key]):
                    change = lambda at, key=key, odd=odd: at.update({key: odd})  # noqa: E731
                    yield f"{path}{key} = {odd!r}", _changed(data, path, change)
        yield f"{path} with more", _changed(data, path, lambda at: at.update(extra=1))


def _objects(data, path=()):
    if isinstance(data, dict):
        yield path, data
    if isinstance(data, (dict, list)):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from _objects(data[key], (*path, key))


def _changed(data, path, change):
    whole = copy.deepcopy(data)
    at = whole
    for key in path:
        at = at[key]
    change(at)
    return whole


@pytest.mark.slow
def test_schema_and_reader_refuse_the_same_instances():
    """Where a field is lost, added or replaced, the schema refuses what the reader refuses.

    The reader may know better: it compares lengths and sizes, which no schema can.
    """
    checked, looser, stricter = 0, [], []
    for problem in EXAMPLES:
        for how, data in broken(instance_to_dict(Instance(problem=problem))):
            try:
                instance_from_dict(data)
                read = True
            except ProblemError:  # well-formed, but no problem
                read = None
            except FileError:
                read = False
            valid = not complaints("instance", data)
            looser += [(problem.kind, how)] if valid and read is False else []
            stricter += [(problem.kind, how)] if not valid and read else []
            checked += 1
    assert (looser, stricter, checked > 700) == ([], [], True)


@pytest.mark.slow
def test_schema_and_reader_refuse_the_same_certificates():
    """The same for certificates; a negative number is well-formed to the reader, but never true."""
    case = json.loads((LIBRARY.parent / "tests/certificates/accepted/agreed.json").read_text())
    checked, looser, stricter = 0, [], []
    for how, data in broken(case["certificate"]):
        try:
            certificate_from_dict(data)
            read = True
        except FileError:
            read = False
        valid = not complaints("certificate", data)
        looser += [how] if valid and not read else []
        stricter += [how] if read and not valid and "-1" not in how and "error" not in how else []
        checked += 1
    assert (looser, stricter, checked > 200) == ([], [], True)


def shipped():
    """Return the files of the library: instances and certificates."""
    return sorted(LIBRARY.glob("*/*.json"))


def schema_of(path):
    """Return the name of the schema a file must fit."""
    return "certificate" if path.name.endswith(".certificate.json") else "instance"


def test_some_shipped_files_are_valid():
    """A few files of the library, spread over it, fit their schemas."""
    some = shipped()[::60]
    wrong = {p.name: complaints(schema_of(p), json.loads(p.read_text())) for p in some}
    assert ({name for name, found in wrong.items() if found}, len(some) >= 4) == (set(), True)


@pytest.mark.slow
def test_all_shipped_files_are_valid():
    """Every file of the library fits its schema."""
    wrong = {p.name: complaints(schema_of(p), read_json(p)) for p in shipped()}
    assert ({name for name, found in wrong.items() if found}, len(wrong) >= 300) == (set(), True)


INSTANCES = [block for block in BLOCKS if block["schema"] == "slth-instance/1"]


def test_page_shows_every_kind_once():
    """The page has an example of each kind, in order, each with its best selection."""
    kinds = tuple(block["problem"]["kind"] for block in INSTANCES)
    assert (kinds, len(ANSWER.findall(PAGE))) == (KINDS, len(KINDS))


@pytest.mark.parametrize("number", range(len(KINDS)), ids=KINDS)
def test_examples_of_the_page_are_true(number):
    """An example is valid, read by the package and by the checker, and its answer is the best."""
    data = INSTANCES[number]
    indices, value, error = ANSWER.findall(PAGE)[number]
    chosen = tuple(map(int, indices.split(",")))
    problem = instance_from_dict(data).problem
    best, first = min(naive.legal_subsets(problem))
    assert complaints("instance", data) == []
    assert (int(value), chosen) == (best, first)
    assert (
        problem.grid.exact_string(problem.error(mask_of(chosen, problem.num_candidates))) == error
    )
    assert checker.judge(checker.problem_of(data["problem"]), set(chosen)) == (best, error)


def test_certificate_of_the_page_is_true(tmp_path):
    """The certificate shown is valid, and true of the first example."""
    (data,) = (block for block in BLOCKS if block["schema"] == "slth-certificate/1")
    assert complaints("certificate", data) == []
    report = verify(instance_from_dict(INSTANCES[0]).problem, certificate_from_dict(data))
    assert (report.is_optimal, report.reproven) == (True, True)
    assert verdict(tmp_path, INSTANCES[0], data) == 0


def test_digest_of_the_page_is_computed_from_its_text():
    """The text shown is what the digest is taken of, and the digest shown is its sha256."""
    (text,) = re.findall(r"```text\n(\{.*?\})\n```", PAGE)
    shown = re.search(r"and is `([0-9a-f]{64})`", PAGE)[1]
    assert json.loads(text) == INSTANCES[0]["problem"]
    assert hashlib.sha256(text.encode("ascii")).hexdigest() == shown
    assert instance_from_dict(INSTANCES[0]).problem.digest == shown


def test_seal_of_a_remark_outside_ascii_is_as_the_page_says():
    """Characters outside ASCII are escaped under the seal, those above U+FFFF as two."""
    (data,) = (block for block in BLOCKS if block["schema"] == "slth-certificate/1")
    content = {k: v for k, v in data.items() if k != "seal"} | {"remarks": ["ü 𝔽"]}
    assert "\\u00fc \\ud835\\udd3d" in json.dumps(content, sort_keys=True)
    sealed = {**content, "seal": checker.digest(content)}
    problem = instance_from_dict(INSTANCES[0]).problem
    assert verify(problem, certificate_from_dict(sealed)).reproven
