"""Files are whole or not there, and a bad one is one clear line."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from slth_opt import (
    Grid,
    JointLayer,
    LayerBudget,
    SharedBlock,
    SmallestSubset,
    SubsetSum,
    VectorSum,
    json_files,
)
from slth_opt.errors import FileError, ProblemError, SlthError
from slth_opt.json_files import MOST_BYTES, read_json, write_json
from slth_opt.library import (
    Instance,
    certificate_path,
    instance_from_dict,
    instance_to_dict,
    problem_from_dict,
    read_certificate,
    read_instance,
    write_certificate,
    write_instance,
)
from slth_opt.problems import PROBLEMS
from tests import forging
from tests.strategies import problems

SUBSET = SubsetSum(
    weights=(3, -5, 9, 14, 22), target=7, fewest=2, most=2, grid=Grid(exponent=3), rounded=True
)
SMALLEST = SmallestSubset(weights=(3, -5, 9), target=7, tolerance=1)
VECTOR = VectorSum(rows=((3, -5, 9), (2, 7, -4)), targets=(7, 6), norm="l1", fewest=0, most=3)
BUDGET = LayerBudget(
    pools=((3, -5), (2, 7)), targets=(4, 9), norm="squares", most=3, grid=Grid(exponent=2)
)
BLOCK = SharedBlock(
    products=((4, 1, 3), (2, 2, 5)), targets=(4, 5), minimise="edges", tolerances=(1, 0)
)
PRECISE = SharedBlock(products=((4, 1, 3),), targets=(4,), minimise="error", most_neurons=2)
JOINT = JointLayer(first=((2, 1), (3, -1)), second=((1, 2),), targets=((8, -1),), norm="l1", most=6)
EXAMPLES = (SUBSET, SMALLEST, VECTOR, BUDGET, BLOCK, PRECISE, JOINT)
ORIGIN = (("generator", "PCG64"), ("seed", 2**127), ("note", "drawn ünder 'test'"))


@pytest.fixture
def place(tmp_path):
    """A path for one file in a folder of its own."""
    return tmp_path / "pool.json"


def stored(place, problem=SUBSET):
    write_instance(place, Instance(problem=problem, provenance=ORIGIN))
    return place


def refusal_of(path, kind=FileError, **options):
    """Return the message of the refusal of a file, after checking that it is one line."""
    with pytest.raises(SlthError) as refusal:
        read_instance(path, **options)
    message = str(refusal.value)
    assert (refusal.type, str(path) in message, "\n" in message) == (kind, True, False)
    return message


@pytest.mark.parametrize("problem", EXAMPLES, ids=lambda problem: problem.kind)
def test_instance_comes_back(place, problem):
    """An instance read from its file equals the one written, provenance and all."""
    sent = Instance(problem=problem, provenance=ORIGIN)
    write_instance(place, sent)
    assert read_instance(place) == sent


def test_every_kind_of_problem_has_a_form():
    """No kind of problem is missing from the examples, hence from the reader."""
    assert {type(problem) for problem in EXAMPLES} == set(PROBLEMS)


@given(problem=problems())
def test_digest_survives_the_written_form(problem):
    """A problem read from its canonical form, by way of text, has the same digest."""
    again = problem_from_dict(json.loads(json.dumps(problem.canonical())))
    assert again.digest == problem.digest


def test_certificate_comes_back(place):
    """A certificate read from its file equals the one written."""
    sent = forging.certificate_of(replace(SUBSET, grid=Grid()), (1, 3), 2)
    write_certificate(certificate_path(place), sent)
    assert read_certificate(place.with_name("pool.certificate.json")) == sent


def test_file_is_laid_out_to_be_compared(place):
    """One field a line, one list of integers a line, keys in a fixed order, a final newline."""
    write_instance(place, Instance(problem=VECTOR, provenance=(("seed", 7),)))
    assert place.read_text(encoding="utf-8") == (
        """{
  "schema": "slth-instance/1",
  "problem": {
    "kind": "vector_sum",
    "exponent": 0,
    "rounded": false,
    "rows": [
      [3, -5, 9],
      [2, 7, -4]
    ],
    "targets": [7, 6],
    "norm": "l1",
    "fewest": 0,
    "most": 3
  },
  "provenance": {
    "seed": 7
  }
}
"""
    )


WHOLE = json.dumps(instance_to_dict(Instance(problem=SUBSET, provenance=ORIGIN)))

REFUSED = {
    "empty": ("", FileError, "is not JSON: Expecting value at line 1, column 1"),
    "truncated": (WHOLE[:70], FileError, "is not JSON"),
    "no json": ("weights: 1, 2", FileError, "is not JSON"),
    "a list": ("[1, 2]", FileError, "the instance must be an object, got a list"),
    "a key twice": (
        WHOLE.replace('"target": 7', '"target": 7, "target": 8'),
        FileError,
        "gives the key 'target' twice",
    ),
    "not a number": (
        WHOLE.replace('"target": 7', '"target": NaN'),
        FileError,
        "holds the number NaN where only integers may stand",
    ),
    "infinity": (
        WHOLE.replace('"target": 7', '"target": -Infinity'),
        FileError,
        "holds the number -Infinity",
    ),
    "a float": (WHOLE.replace('"target": 7', '"target": 7.0'), FileError, "holds the number 7.0"),
    "an exponent": (WHOLE.replace('"target": 7', '"target": 7e0'), FileError, "the number 7e0"),
    "a boolean": (
        WHOLE.replace('"target": 7', '"target": true'),
        FileError,
        "target must be an integer, got true",
    ),
    "a string": (
        WHOLE.replace("14,", '"14",'),
        FileError,
        "weights[3] must be an integer, got '14'",
    ),
    "a null": (WHOLE.replace("14,", "null,"), FileError, "weights[3] must be an integer, got null"),
    "a field missing": (
        WHOLE.replace('"target": 7, ', ""),
        FileError,
        "the problem lacks the field 'target'",
    ),
    "a field too many": (
        WHOLE.replace('"target": 7', '"target": 7, "goal": 7'),
        FileError,
        "the problem has an unknown field 'goal'; possible are kind, exponent, rounded, weights",
    ),
    "a field of another kind": (
        WHOLE.replace('"target": 7', '"target": 7, "tolerance": 7'),
        FileError,
        "unknown field 'tolerance'",
    ),
    "no provenance": (
        re.sub(r', "provenance.*', "}", WHOLE),
        FileError,
        "the instance lacks the field 'provenance'",
    ),
    "a list as provenance": (
        re.sub(r'"provenance.*', '"provenance": []}', WHOLE),
        FileError,
        "provenance must be an object, got a list",
    ),
    "a list in provenance": (
        WHOLE.replace('"PCG64"', '["PCG64"]'),
        FileError,
        "provenance 'generator' must be a string or an integer, got a list",
    ),
    "two lines in provenance": (
        WHOLE.replace('"PCG64"', '"PCG\\n64"'),
        FileError,
        "provenance 'generator' must be printable text on one line",
    ),
    "half a character": (
        WHOLE.replace('"PCG64"', '"\\ud800"'),
        FileError,
        "provenance 'generator' must be printable text on one line",
    ),
    "another schema": (
        WHOLE.replace("instance/1", "instance/2"),
        FileError,
        "the schema must be one of slth-instance/1; got 'slth-instance/2'",
    ),
    "a certificate": (
        WHOLE.replace("slth-instance/1", "slth-certificate/1"),
        FileError,
        "the schema must be one of slth-instance/1; got 'slth-certificate/1'",
    ),
    "no schema": (WHOLE.replace('"schema"', '"scheme"'), FileError, "lacks the field 'schema'"),
    "an unknown kind": (
        WHOLE.replace("subset_sum", "knapsack"),
        FileError,
        "must be one of subset_sum, smallest_subset, vector_sum, layer_budget, shared_block, "
        "joint_layer; got 'knapsack'",
    ),
    "no kind": (WHOLE.replace('"kind"', '"sort"'), FileError, "the problem lacks the field 'kind'"),
    "a list as kind": (WHOLE.replace('"subset_sum"', "[1]"), FileError, "got a list"),
    "nested too deeply": ("[" * 10**5, FileError, "is nested too deeply"),
    "a huge integer": (
        WHOLE.replace('"target": 7', f'"target": {"7" * 5000}'),
        FileError,
        "holds an integer of 5000 digits; at most 40 are possible",
    ),
    "a large integer": (
        WHOLE.replace('"target": 7', f'"target": {2**62}'),
        ProblemError,
        "the absolute values add up to 63 bits, at most 62 are possible",
    ),
    "a negative size": (
        WHOLE.replace('"fewest": 2', '"fewest": -1'),
        ProblemError,
        "size -1..2 is impossible: a pool of 5 weights allows 0..5",
    ),
    "a size above n": (
        WHOLE.replace('"most": 2', '"most": 6'),
        ProblemError,
        "size 2..6 is impossible: a pool of 5 weights allows 0..5",
    ),
    "crossed sizes": (
        WHOLE.replace('"fewest": 2', '"fewest": 3'),
        ProblemError,
        "the size range is empty: lowest size 3 is above highest 2",
    ),
    "an empty pool": (
        re.sub(r'"weights": \[[^]]*\]', '"weights": []', WHOLE),
        ProblemError,
        "the pool is empty",
    ),
    "a grid too fine": (
        WHOLE.replace('"exponent": 3', '"exponent": 99999'),
        ProblemError,
        "the grid exponent must lie in",
    ),
    "an integer for rounded": (
        WHOLE.replace('"rounded": true', '"rounded": 1'),
        FileError,
        "rounded must be true or false, got 1",
    ),
}
"""A name, what the file holds, the type of the error, and what it says."""


@pytest.mark.parametrize(("content", "kind", "says"), REFUSED.values(), ids=REFUSED)
def test_bad_content_is_refused(place, content, kind, says):
    """A file with this content is refused in one line that names it and says why."""
    assert content != WHOLE
    place.write_text(content, encoding="utf-8")
    assert says in refusal_of(place, kind)


def test_other_encodings_are_refused(place):
    """A file that is not UTF-8 is refused, with the place of the first bad byte."""
    place.write_bytes(b'{"schema": "\xff"}')
    assert refusal_of(place).endswith("is not UTF-8 text: bad byte at position 12")


def test_missing_file_is_refused(place):
    """A file that is not there is said to be so."""
    assert refusal_of(place).endswith("cannot be read: No such file or directory")


def test_folder_is_refused(tmp_path):
    """A folder is not a file."""
    assert refusal_of(tmp_path).endswith("is a folder, not a file")


def test_path_through_a_file_is_refused(place):
    """A path that leads through a file leads nowhere."""
    place.write_text("{}", encoding="utf-8")
    assert "cannot be read" in refusal_of(place / "inner.json")


def test_named_pipe_is_refused(place):
    """A named pipe is refused at once; nobody waits for a writer."""
    os.mkfifo(place)
    assert refusal_of(place).endswith("is not a regular file")


def test_device_is_refused():
    """An endless device is not read."""
    assert refusal_of(Path("/dev/zero")).endswith("is not a regular file")


def test_zero_byte_in_a_path_is_refused():
    """A path no file can have is refused like any other."""
    with pytest.raises(FileError, match=r"^'pool\\x00.json': cannot be read: embedded null byte$"):
        read_instance("pool\0.json")


def test_circle_of_links_is_refused(place):
    """A symbolic link to itself leads nowhere."""
    place.symlink_to(place)
    assert "cannot be read" in refusal_of(place, within=place.parent)


def test_unreadable_file_is_refused(place, monkeypatch):
    """A file that may not be read is refused with the system's reason."""
    stored(place)

    def denied(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    assert refusal_of(place).endswith("cannot be read: Permission denied")


def test_huge_file_is_refused_unread(place, monkeypatch):
    """A file above the limit is refused without being opened."""
    with place.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    monkeypatch.delattr("builtins.open")
    assert refusal_of(place).endswith(f"is larger than 64 MiB: it has {MOST_BYTES + 1} bytes")


def test_link_out_of_the_folder_is_refused(tmp_path):
    """A link in an instances folder that points out of it is refused."""
    inside = tmp_path / "instances"
    inside.mkdir()
    secret = stored(tmp_path / "secret.json")
    link = inside / "pool.json"
    link.symlink_to(secret)
    assert "leads out of the folder" in refusal_of(link, within=inside)


def test_linked_folder_is_no_way_out(tmp_path):
    """A linked folder inside the instances folder leads out just as a linked file does."""
    inside, outside = tmp_path / "instances", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    stored(outside / "pool.json")
    (inside / "family").symlink_to(outside)
    path = inside / "family" / "pool.json"
    assert "leads out of the folder" in refusal_of(path, within=inside)


def test_neighbour_folder_with_the_same_beginning_is_outside(tmp_path):
    """`instances-old` is not within `instances`."""
    (tmp_path / "instances").mkdir()
    (tmp_path / "instances-old").mkdir()
    path = stored(tmp_path / "instances-old" / "pool.json")
    assert "leads out of the folder" in refusal_of(path, within=tmp_path / "instances")


def test_link_inside_the_folder_is_followed(tmp_path):
    """A link that stays in the folder is read like the file it points to."""
    stored(tmp_path / "pool.json")
    (tmp_path / "same.json").symlink_to("pool.json")
    assert read_instance(tmp_path / "same.json", within=tmp_path).problem == SUBSET


def test_odd_name_is_shown_on_one_line(tmp_path):
    """A newline in the name of a file does not break the line of the message."""
    with pytest.raises(FileError) as refusal:
        read_instance(tmp_path / "two\nlines.json")
    assert "two\\nlines.json" in str(refusal.value)


def outcome(place, data):
    """Return what reading some bytes comes to: "legal", "refused", or the error that leaked."""
    place.write_bytes(data)
    try:
        instance = read_instance(place)
    except (FileError, ProblemError) as refusal:
        return "leaked a newline" if "\n" in str(refusal) else "refused"
    except Exception as leaked:
        return f"leaked {leaked!r}"
    return "legal" if instance_from_dict(instance_to_dict(instance)) == instance else "unstable"


def test_damaged_bytes_never_leak(place):
    """Truncated, flipped, cut and repeated bytes make a refusal or a legal instance."""
    rng = np.random.default_rng(8)
    whole = [stored(place, problem).read_bytes() for problem in EXAMPLES]
    found = {}
    for number in range(1400):
        data = bytearray(whole[number % len(whole)])
        low, high = sorted(int(i) for i in rng.integers(len(data), size=2))
        way = number // len(whole) % 4
        if way == 0:
            del data[low:]
        elif way == 1:
            data[low] ^= 1 << int(rng.integers(8))
        elif way == 2:
            del data[low:high]
        else:
            data[low:low] = data[low:high]
        found.setdefault(outcome(place, bytes(data)), []).append(way)
    assert (set(found), len(found["refused"]) > 900) == ({"refused", "legal"}, True)


def test_damaged_values_never_leak(place):
    """A value changed to another, or another type, at any depth is refused or legal."""
    rng = np.random.default_rng(9)
    found = {}
    for number in range(1400):
        problem = EXAMPLES[number % len(EXAMPLES)]
        data = instance_to_dict(Instance(problem=problem, provenance=ORIGIN))
        changed, field = forging.mutated(data, rng)
        found.setdefault(outcome(place, json.dumps(changed).encode()), []).append(field)
    assert (set(found), len(found["refused"]) > 460) == ({"refused", "legal"}, True)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_interrupted_write_leaves_nothing(place, monkeypatch, moment, stop):
    """Stopped before the end, a write leaves the old file whole and nothing beside it."""
    before = stored(place).read_bytes()

    def stopped(*args):
        raise stop

    monkeypatch.setattr(json_files.os, moment, stopped)
    with pytest.raises((KeyboardInterrupt, FileError)):
        write_instance(place, Instance(problem=SMALLEST))
    assert (place.read_bytes(), os.listdir(place.parent)) == (before, [place.name])


def test_full_disk_is_one_line(place, monkeypatch):
    """A write the system refuses is a refusal that names the file and the reason."""

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json_files.os, "fsync", full)
    with pytest.raises(FileError, match=f"^{place}: cannot be written: No space left on device$"):
        write_instance(place, Instance(problem=SUBSET))


def test_write_into_a_missing_folder_is_one_line(tmp_path):
    """A folder that is not there is not made silently."""
    with pytest.raises(FileError, match=r"cannot be written: No such file or directory$"):
        write_instance(tmp_path / "nowhere" / "pool.json", Instance(problem=SUBSET))


def test_write_over_a_folder_is_refused(tmp_path):
    """A folder in the way stays, and nothing is left beside it."""
    (tmp_path / "pool.json").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        write_instance(tmp_path / "pool.json", Instance(problem=SUBSET))
    assert os.listdir(tmp_path) == ["pool.json"]


@pytest.mark.parametrize(
    "fact", [10**40, 1.5, True, None, "two\nlines"], ids=lambda fact: str(fact)[:8]
)
def test_what_could_not_be_read_back_is_not_written(place, fact):
    """Provenance the reader would refuse is refused before a byte is written."""
    with pytest.raises(FileError, match="cannot be written: provenance 'seed'"):
        write_instance(place, Instance(problem=SUBSET, provenance=(("seed", fact),)))
    assert not place.exists()


def test_file_too_large_to_read_is_not_written(place, monkeypatch):
    """A file above the limit of the reader is not written."""
    monkeypatch.setattr(json_files, "MOST_BYTES", 100)
    with pytest.raises(FileError, match="cannot be written: it would be larger than"):
        write_json(place, list(range(100)))
    assert not place.exists()


def test_written_file_follows_the_umask(place):
    """The file has the permissions any new file has, not those of a temporary one."""
    old = os.umask(0o022)
    try:
        stored(place)
    finally:
        os.umask(old)
    assert place.stat().st_mode & 0o777 == 0o644


def test_integers_keep_every_digit(place):
    """Integers of up to 40 digits come back as they were; they never pass through a float."""
    values = [2**62 - 1, -(2**53) - 1, 10**40 - 1]
    write_json(place, values)
    assert read_json(place) == values
