"""Network files come back as they went, and what is no network is refused in one line."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from slth_opt.array_files import read_arrays, write_arrays
from slth_opt.errors import FileError, ProblemError
from slth_opt.networks import (
    Fan,
    Layer,
    Network,
    cyclic_basis,
    network_from_state_dict,
    read_digits,
    read_idx,
    read_mnist,
    read_network,
    read_provenance,
    run,
    shifts_2d,
    split_digits,
    split_rows,
    unit_basis,
    write_network,
)

SUFFIXES = (".npz", ".safetensors")


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def every_kind():
    """Return a network with each kind of layer: convolution, fan, cyclic, dense with a skip."""
    return Network(
        layers=(
            Layer(coefficients=drawn(1, 2, 1, 4), basis=shifts_2d(3, 3, 2), bias=drawn(2, 2)),
            Fan(weights=drawn(3, 2, 3).astype(np.float32), features=4),
            Layer(coefficients=drawn(4, 2, 6, 4), basis=cyclic_basis(4), relu=False, skip=2),
            Layer(coefficients=drawn(5, 8, 8, 1), basis=unit_basis(), skip=1),
        )
    )


def save(path, arrays):
    """Write plain arrays as other programs do."""
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def refusal(path, read=read_network):
    """Return the one line a file is refused with; it names the file."""
    with pytest.raises(FileError) as refused:
        read(path)
    said = str(refused.value)
    assert said.isprintable()
    assert said.startswith(f"{path}: ")
    return said.removeprefix(f"{path}: ")


# Files of our own.


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_kind_of_layer_comes_back(tmp_path, suffix):
    """A network read from its file has the digest of the one written."""
    network = every_kind()
    write_network(tmp_path / f"a{suffix}", network)
    assert read_network(tmp_path / f"a{suffix}").digest == network.digest


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_types_come_back(tmp_path, suffix):
    """Float32 stays float32 and float64 stays float64."""
    write_network(tmp_path / f"a{suffix}", every_kind())
    first, fan, *_ = read_network(tmp_path / f"a{suffix}").layers
    assert (first.coefficients.dtype, fan.weights.dtype) == (np.float64, np.float32)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_provenance_comes_back(tmp_path, suffix):
    """Strings and integers about the origin are read as they were written."""
    facts = {"script": "by hand", "seed": 2**70}
    write_network(tmp_path / f"a{suffix}", every_kind(), provenance=facts)
    assert read_provenance(tmp_path / f"a{suffix}") == facts


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_network_gives_the_same_bytes(tmp_path, suffix):
    """Nothing in a file depends on when it was written."""
    facts = {name: name for name in "zyxwvu"}
    for name in "ab":
        write_network(tmp_path / f"{name}{suffix}", every_kind(), provenance=facts)
    one, other = ((tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
    assert one == other


def test_the_safetensors_library_reads_what_is_written(tmp_path):
    """The library finds the same arrays in our file, whatever their types."""
    types = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")
    arrays = {f"a{t}": np.arange(6).reshape(2, 3).astype(t) for t in types}
    arrays["scalar"] = np.array(3.0)
    arrays["empty"] = np.zeros((0, 3))
    write_arrays(tmp_path / "a.safetensors", arrays, {"note": "x"})
    found = load_file(tmp_path / "a.safetensors")
    assert {n: (a.dtype, a.shape, a.tolist()) for n, a in found.items()} == {
        n: (a.dtype, a.shape, a.tolist()) for n, a in arrays.items()
    }


def test_what_the_safetensors_library_writes_is_read(tmp_path):
    """We find the same arrays and texts in the library's file, whatever their types."""
    types = ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")
    arrays = {f"a{t}": np.arange(6).reshape(2, 3).astype(t) for t in types}
    save_file(arrays, tmp_path / "a.safetensors", {"note": "x\ny"})
    found = read_arrays(tmp_path / "a.safetensors")
    assert found.texts == {"note": "x\ny"}
    assert {n: (a.dtype, a.tolist()) for n, a in found.arrays.items()} == {
        n: (a.dtype, a.tolist()) for n, a in arrays.items()
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch, suffix):
    """If the disk fails before the new file is whole, the old one stays and nothing beside it."""
    place = tmp_path / f"a{suffix}"
    write_network(place, every_kind())
    before = place.read_bytes()

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError, match="cannot be written: No space left on device"):
        write_network(place, Network(layers=every_kind().layers[:1]))
    assert (place.read_bytes(), os.listdir(tmp_path)) == (before, [place.name])


def test_a_name_of_another_format_is_refused(tmp_path):
    """A pickle of torch is neither read nor written; the line says what is."""
    path = tmp_path / "net.pt"
    assert "read from files that end in .npz or .safetensors" in refusal(path)
    with pytest.raises(FileError, match="written to files that end in"):
        write_network(path, every_kind())


# Descriptions that lie.

TINY = {
    "arrays": {
        "0.coefficients": np.ones((1, 2, 1)),
        "0.basis": np.ones((1, 1, 1), np.uint8),
        "0.bias": np.ones(1),
        "1.weights": np.ones((1, 2)),
    },
    "text": {
        "schema": "slth-network/1",
        "layers": [
            {"kind": "layer", "relu": True, "skip": 0, "bias": True},
            {"kind": "fan", "features": 1, "relu": False},
        ],
        "provenance": {},
    },
}


def told(path, arrays=None, layers=None, text=None, **changed):
    """Write TINY with some of it changed; None drops an array."""
    described = {**TINY["text"], **changed}
    if layers:
        described["layers"] = [
            {**one, **other} for one, other in zip(described["layers"], layers, strict=True)
        ]
    held = {**TINY["arrays"], **(arrays or {})}
    held = {name: array for name, array in held.items() if array is not None}
    write_arrays(path, held, {"slth-network": text or json.dumps(described)})


def test_the_tiny_file_is_read(tmp_path):
    """The file all lies below start from is a network."""
    told(tmp_path / "a.npz")
    assert read_network(tmp_path / "a.npz").num_coefficients == 2 + 1 + 2


LIES = {
    "another version": ({"schema": "slth-network/2"}, "schema must be one of slth-network/1"),
    "no version": ({"text": '{"layers": []}'}, "lacks the field 'schema'"),
    "no layers": ({"text": '{"schema": "slth-network/1"}'}, "lacks the field 'layers'"),
    "no list of layers": ({"text": json.dumps({**TINY["text"], "layers": 3})}, "must be a list"),
    "none at all": ({"text": json.dumps({**TINY["text"], "layers": []})}, "unknown array"),
    "no object": ({"text": "[]"}, "must be an object, got a list"),
    "no JSON": ({"text": "{"}, "is not JSON"),
    "a real number": ({"provenance": {"accuracy": 0.5}}, "only integers may stand"),
    "another field": ({"date": "today"}, "unknown field 'date'"),
    "another kind": ({"layers": [{"kind": "pool"}, {}]}, "kind of layer 0 must be one of layer"),
    "relu 1": ({"layers": [{"relu": 1}, {}]}, "layer 0: relu must be true or false, got 1"),
    "skip true": ({"layers": [{"skip": True}, {}]}, "layer 0: skip must be an integer"),
    "skip too far": ({"layers": [{"skip": 9}, {}]}, "layer 0 skips 9 layers back"),
    "no features": ({"layers": [{}, {"features": 0}]}, "layer 1: features must be an integer >= 1"),
    "too many features": ({"layers": [{}, {"features": 10**30}]}, "layer 1 takes 1" + "0" * 30),
    "a fan with a skip": ({"layers": [{}, {"skip": 0}]}, "layer 1 has an unknown field 'skip'"),
    "no coefficients": ({"arrays": {"0.coefficients": None}}, "'0.coefficients' is missing"),
    "no basis": ({"arrays": {"0.basis": None}}, "layer 0: the array '0.basis' is missing"),
    "no bias": ({"arrays": {"0.bias": None}}, "layer 0: the array '0.bias' is missing"),
    "no weights": ({"arrays": {"1.weights": None}}, "layer 1: the array '1.weights' is missing"),
    "a bias too many": ({"layers": [{"bias": False}, {}]}, "unknown array '0.bias'"),
    "a layer too many": ({"arrays": {"2.weights": np.ones((1, 1))}}, "unknown array '2.weights'"),
    "a two in the basis": (
        {"arrays": {"0.basis": np.full((1, 1, 1), 2, np.uint8)}},
        "layer 0: the array '0.basis' must hold only 0 and 1",
    ),
    "a real basis": ({"arrays": {"0.basis": np.ones((1, 1, 1))}}, "must hold only 0 and 1, as"),
    "a flat basis": ({"arrays": {"0.basis": np.ones((1, 1), np.uint8)}}, "layer 0: a basis must"),
    "flat coefficients": ({"arrays": {"0.coefficients": np.ones((1, 2))}}, "got (1, 2)"),
    "a long bias": ({"arrays": {"0.bias": np.ones(2)}}, "layer 0: bias must hold 1 numbers"),
    "no chain": ({"arrays": {"1.weights": np.ones((2, 1))}}, "layer 0 puts out 1 numbers, layer 1"),
    "NaN": (
        {"arrays": {"0.coefficients": np.array([[[1.0], [np.nan]]])}},
        "the array '0.coefficients' holds nan at [0, 1, 0]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("change", "fragment"), LIES.values(), ids=LIES)
def test_a_description_that_does_not_fit_is_refused(tmp_path, suffix, change, fragment):
    """Fields, arrays and shapes that do not fit together are refused by name."""
    told(tmp_path / f"a{suffix}", **change)
    assert fragment in refusal(tmp_path / f"a{suffix}")


def test_provenance_of_other_types_is_refused(tmp_path):
    """Provenance holds strings and integers, not lists."""
    with pytest.raises(FileError, match="provenance 'seeds' must be a string, got a list"):
        write_network(tmp_path / "a.npz", every_kind(), provenance={"seeds": [1]})


# Plain matrices by name.


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_plain_matrices_follow_in_natural_order(tmp_path, suffix):
    """layer2 comes before layer10, whatever the order in the file; all but the last have a ReLU."""
    sizes = [5, 4, 3, 2, 6, 7, 3, 2, 4, 5, 1]
    matrices = {f"layer{k}": drawn(k, sizes[k], sizes[k - 1]) for k in range(1, 11)}
    save(tmp_path / f"a{suffix}", dict(sorted(matrices.items())))
    network = read_network(tmp_path / f"a{suffix}")
    x = drawn(0, 3, 5)
    expected = x
    for k in range(1, 11):
        expected = expected @ matrices[f"layer{k}"].T
        expected = np.maximum(expected, 0) if k < 10 else expected
    np.testing.assert_allclose(run(network, x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("names", [("0", "2"), ("fc1", "fc2"), ("net.fc1", "net.fc2")])
def test_weights_and_biases_of_torch_are_dense_layers(tmp_path, suffix, names):
    """``x.weight`` and ``x.bias`` make one layer."""
    one, other, b, c = drawn(1, 4, 3), drawn(2, 2, 4), drawn(3, 4), drawn(4, 2)
    first, last = names
    held = {f"{first}.weight": one, f"{first}.bias": b, f"{last}.weight": other, f"{last}.bias": c}
    save(tmp_path / f"a{suffix}", held)
    x = drawn(5, 6, 3)
    reached = run(read_network(tmp_path / f"a{suffix}"), x)
    np.testing.assert_allclose(reached, np.maximum(x @ one.T + b, 0) @ other.T + c, rtol=1e-12)


def test_the_state_dict_of_one_layer_is_read():
    """The names of a single layer have no dot in them."""
    network = network_from_state_dict({"weight": [[1.0, 2.0]], "bias": [3.0]})
    assert run(network, [[1.0, 1.0]]).tolist() == [[6.0]]


def test_plain_files_keep_their_types(tmp_path):
    """Matrices of float32 give coefficients of float32."""
    np.savez(tmp_path / "a.npz", w=np.ones((1, 2), np.float32))
    assert read_network(tmp_path / "a.npz").layers[0].coefficients.dtype == np.float32


def test_plain_files_tell_no_provenance(tmp_path):
    """A file of matrices says nothing of its origin."""
    np.savez(tmp_path / "a.npz", w=np.ones((1, 2)))
    assert read_provenance(tmp_path / "a.npz") == {}


def test_columns_first_are_the_same_matrix(tmp_path):
    """A matrix stored column by column is read as the matrix it is."""
    matrix = drawn(1, 3, 2)
    np.savez(tmp_path / "a.npz", w=np.asfortranarray(matrix))
    read = read_network(tmp_path / "a.npz").layers[0].coefficients[:, :, 0]
    assert read.tolist() == matrix.tolist()


SQUARE = np.ones((2, 2))
STRANGE = {
    "a 2-D convolution": ({"c.weight": np.ones((2, 1, 3, 3))}, "shifts_2d"),
    "a 1-D convolution": ({"c.weight": np.ones((2, 1, 3))}, "shifts_1d"),
    "a scale": ({"n.weight": np.ones(3)}, "'n.weight' has 1 dimensions: that is a normalisation"),
    "five dimensions": ({"w": np.ones((1,) * 5)}, "'w' has 5 dimensions: that is no layer known"),
    "running mean": ({"bn.running_mean": np.ones(3)}, "a batch normalisation, which is not"),
    "batches": ({"bn.num_batches_tracked": np.array(3)}, "fold it into the layer before it"),
    "pruned": ({"fc.weight_orig": SQUARE, "fc.weight_mask": SQUARE}, "prune.remove"),
    "recurrent": ({"rnn.weight_ih_l0": SQUARE}, "a recurrent layer"),
    "attention": ({"a.in_proj_weight": SQUARE}, "an attention layer"),
    "a flat bias name": ({"w1": SQUARE, "b1": np.ones(2)}, "'b1' has 1 dimensions"),
    "a wide bias": ({"a.weight": SQUARE, "a.bias": SQUARE}, "'a.bias' has 2 dimensions, a bias"),
    "a long bias": (
        {"a.weight": SQUARE, "a.bias": np.ones(3)},
        "'a.bias' holds 3 numbers, its weight has 2 rows",
    ),
    "a lone bias": ({"a.weight": SQUARE, "b.bias": np.ones(2)}, "'b.bias' has no weight beside"),
    "two weights": ({"a.weight": SQUARE, "a": SQUARE}, "two weights for the layer 'a'"),
    "nothing": ({}, "there is no matrix of weights"),
    "an empty matrix": ({"w": np.ones((0, 3))}, "'w' is empty: its shape is (0, 3)"),
    "no chain": (
        {"layer1": np.ones((4, 3)), "layer2": np.ones((2, 5))},
        "layer 'layer1' (4 x 3) puts out 4 numbers, the next one 'layer2' (2 x 5) takes 5",
    ),
    "other names": (
        {"out": np.ones((2, 4)), "hidden": np.ones((4, 4)), "in": np.ones((4, 3))},
        "rename them so, as in layer1, layer2",
    ),
    "transposed": (
        {"layer1": np.ones((3, 4)), "layer2": np.ones((4, 2))},
        "would fit transposed: store them as outputs x inputs",
    ),
    "open order": (
        {"hidden": SQUARE, "first": SQUARE},
        "fit together as 'hidden', 'first' and as 'first', 'hidden': rename them",
    ),
    "NaN": ({"w": np.array([[1.0, 2.0], [3.0, np.nan]])}, "the array 'w' holds nan at [1, 1]"),
    "infinity": ({"w": np.array([[-np.inf]])}, "the array 'w' holds -inf at [0, 0]"),
}  # fmt: skip


@pytest.mark.parametrize(("arrays", "fragment"), STRANGE.values(), ids=STRANGE)
def test_arrays_that_are_no_dense_network_are_refused_by_name(tmp_path, arrays, fragment):
    """What cannot be a dense layer is named, with what to do about it."""
    save(tmp_path / "a.npz", arrays)
    assert fragment in refusal(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("values", "fragment"),
    [("abc", "array 'w' must be an array of float32"), ([[1.0, np.nan]], "row 0, column 1: nan")],
)
def test_a_state_dict_of_other_things_is_refused(values, fragment):
    """Values that are no real numbers are refused by the name of their array."""
    with pytest.raises(ProblemError, match=fragment):
        network_from_state_dict({"w": values})


def test_numbers_alone_give_the_order_of_square_layers():
    """Names that differ in numbers only leave nothing open, in whatever order they come."""
    one, other = drawn(1, 2, 2), drawn(2, 2, 2)
    network = network_from_state_dict({"layer10": other, "layer9": one})
    assert network.layers[0].coefficients[:, :, 0].tolist() == one.tolist()


# Bytes that are no file of arrays.


def npy(array):
    written = io.BytesIO()
    np.save(written, array, allow_pickle=True)
    return written.getvalue()


def npy_declaring(shape, dtype="<f8"):
    """Return the header of a .npy file with one number behind it."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(8)


def zipped(*members, packing=zipfile.ZIP_STORED):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", packing) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return written.getvalue()


def packed_lie():
    """Return an archive whose directory says that a small member unpacks to 3 GiB."""
    data = bytearray(zipped(("w.npy", npy_declaring((2**28, 1))), packing=zipfile.ZIP_DEFLATED))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 3 * 2**30)
    return bytes(data)


def flipped():
    """Return an archive in which one bit of a number is another one."""
    data = bytearray(zipped(("w.npy", npy(np.ones((2, 2))))))
    data[data.index(np.float64(1).tobytes()) + 7] ^= 1
    return bytes(data)


GOOD_NPZ = zipped(("w.npy", npy(np.ones((2, 2)))))
BAD_NPZ = {
    "empty": (b"", "not a whole .npz file"),
    "a pickle": (pickle.dumps([1.0]), "not a whole .npz file of plain arrays (pickles"),
    "text": (b"layer1 layer2", "not a whole .npz file"),
    "cut short": (GOOD_NPZ[:-9], "not a whole .npz file"),
    "a flipped bit": (flipped(), "the array 'w' is not whole"),
    "objects": (zipped(("w.npy", npy(np.array([{}], object)))), "it holds Python objects"),
    "a pickled member": (zipped(("w.npy", pickle.dumps([1.0]))), "'w' is not whole, or no plain"),
    "complex": (zipped(("w.npy", npy(np.ones((1, 1), complex)))), "it holds complex128"),
    "long double": (zipped(("w.npy", npy(np.ones((1, 1), np.longdouble)))), "it holds float"),
    "words": (zipped(("w.npy", npy(np.array(["a", "b"])))), "'w' must hold float32"),
    "a huge shape": (zipped(("w.npy", npy_declaring((2**40, 2**40)))), "'w' is not whole"),
    "a huge empty shape": (zipped(("w.npy", npy_declaring((0, 10**30))[:-8])), "'w' is not whole"),
    "a negative shape": (zipped(("w.npy", npy_declaring((-1, -1)))), "'w' is not whole"),
    "a huge text": (zipped(("w.npy", npy_declaring((), "<U400000000"))), "'w' is not whole"),
    "no character": (zipped(("w.npy", npy_declaring((), "<U2")[:-8] + b"\xff" * 8)), "'w' is not"),
    "a declared bomb": (packed_lie(), "'w' is not whole"),
    "another file": (zipped(("w.txt", b"1")), "holds 'w.txt', which is no array"),
    "bz2": (zipped(("w.npy", npy(np.ones((1, 1)))), packing=zipfile.ZIP_BZIP2), "packed in a way"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "fragment"), BAD_NPZ.values(), ids=BAD_NPZ)
def test_a_bad_npz_file_is_refused(tmp_path, data, fragment):
    """Bytes that are no archive of whole, plain arrays are refused in one line."""
    (tmp_path / "a.npz").write_bytes(data)
    assert fragment in refusal(tmp_path / "a.npz")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_array_twice_is_refused(tmp_path):
    """Which of two arrays of one name is meant cannot be known."""
    member = ("w.npy", npy(np.ones((1, 1))))
    (tmp_path / "a.npz").write_bytes(zipped(member, member))
    assert "holds the array 'w' twice" in refusal(tmp_path / "a.npz")


def test_a_packed_npz_file_is_read(tmp_path):
    """What numpy packs is unpacked, zeros too."""
    np.savez_compressed(tmp_path / "a.npz", layer1=np.zeros((300, 700)), layer2=np.ones((1, 300)))
    assert read_network(tmp_path / "a.npz").num_inputs == 700


def tensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(shape=(1, 1), begin=0, end=8, dtype="F64"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


ONE = np.ones(1).tobytes()
BAD_TENSORS = {
    "empty": (b"", "not a whole .safetensors file"),
    "seven bytes": (bytes(7), "not a whole .safetensors file"),
    "a pickle": (pickle.dumps([1.0] * 9), "not a whole .safetensors file (pickles are refused)"),
    "no header": (bytes(8), "not a whole .safetensors file"),
    "a header beyond the end": (tensors({}, length=9), "not a whole .safetensors file"),
    "a huge header": (tensors({}, length=2**63), "not a whole .safetensors file"),
    "no JSON": (tensors(b"{]"), "no safetensors header: is not JSON"),
    "no text": (tensors(b"\xff\xfe"), "no safetensors header: is not UTF-8"),
    "a list": (tensors([]), "the header must be an object, got a list"),
    "deep": (tensors(b"[" * 100_000), "nested too deeply"),
    "a name twice": (
        tensors(b'{"w": 1, "w": 2}'),
        "no safetensors header: gives the key 'w' twice",
    ),
    "no object": (tensors({"w": 3}), "the array 'w' must be an object, got 3"),
    "no offsets": (tensors({"w": {"dtype": "F64", "shape": [1]}}), "lacks the field 'data_off"),
    "bfloat16": (tensors({"w": entry(end=2, dtype="BF16")}, bytes(2)), "'w' holds 'BF16'; poss"),
    "cut short": (tensors({"w": entry()}, ONE[:-1]), "the arrays take 8 bytes, the file has 7"),
    "trailing bytes": (tensors({"w": entry()}, ONE + b"x"), "take 8 bytes, the file has 9 for"),
    "other bytes": (tensors({"w": entry(end=4)}, ONE[:4]), "other bytes than its shape and type"),
    "a huge shape": (tensors({"w": entry((2**60, 2**60))}, ONE), "impossible shape"),
    "a huge array": (
        tensors({"w": entry((2**32, 2**4), end=2**39)}, ONE),
        "the arrays take 549755813888 bytes, the file has 8",
    ),
    "a huge empty shape": (tensors({"w": entry((0, 10**30), end=0)}), "impossible shape"),
    "a negative shape": (tensors({"w": entry((-1, -1))}, ONE), "impossible shape"),
    "a flag for a length": (tensors({"w": entry((True, 1))}, ONE), "must be an integer, got true"),
    "40 dimensions": (tensors({"w": entry((1,) * 40)}, ONE), "impossible shape"),
    "three offsets": (
        tensors({"w": {**entry(), "data_offsets": [0, 8, 8]}}, ONE),
        "other bytes than its shape",
    ),
    "negative offsets": (tensors({"w": entry(begin=-8, end=0)}, ONE), "does not start where"),
    "an overlap": (tensors({"a": entry(), "b": entry()}, ONE), "'b' does not start where"),
    "a gap": (tensors({"a": entry(), "b": entry(begin=9, end=17)}, ONE * 3), "'b' does not start"),
    "odd metadata": (tensors({"__metadata__": 3}), "__metadata__ must be an object, got 3"),
    "a number in metadata": (tensors({"__metadata__": {"a": 3}}), "'a' must be a string, got 3"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "fragment"), BAD_TENSORS.values(), ids=BAD_TENSORS)
def test_a_bad_safetensors_file_is_refused(tmp_path, data, fragment):
    """Bytes that are no header with its arrays are refused in one line."""
    (tmp_path / "a.safetensors").write_bytes(data)
    assert fragment in refusal(tmp_path / "a.safetensors")


@pytest.mark.parametrize("name", ["a.npz", "a.safetensors"])
def test_every_true_is_the_same_true(tmp_path, name):
    """A byte of 2 where a flag belongs is read as true, and as equal to true."""
    archive = zipped(("flag.npy", npy(np.array([1], bool)).replace(b"\n\x01", b"\n\x02")))
    header = tensors({"flag": entry((1,), end=1, dtype="BOOL")}, b"\x02")
    (tmp_path / name).write_bytes(archive if name == "a.npz" else header)
    assert read_arrays(tmp_path / name).arrays["flag"].view(np.uint8).tolist() == [1]


HUNGRY = {
    "a.npz": (zipped(("w.npy", npy_declaring((2**40, 2**40)))), packed_lie()),
    "a.safetensors": (
        tensors({"w": entry((2**30, 2**2), end=2**35)}, ONE),
        tensors({}, length=2**40),
    ),
}


@pytest.mark.parametrize(
    ("name", "data"), [(name, data) for name, files in HUNGRY.items() for data in files]
)
def test_no_memory_is_asked_for_on_the_word_of_a_header(tmp_path, name, data):
    """Declared gibibytes that are not in the file are never allocated."""
    (tmp_path / name).write_bytes(data)
    tracemalloc.start()
    try:
        refusal(tmp_path / name)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2**23


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_no_file_is_refused(tmp_path, suffix):
    """A missing file, a folder and a pipe are refused, and none is waited for."""
    missing, folder, pipe = (tmp_path / f"{name}{suffix}" for name in ("no", "folder", "pipe"))
    folder.mkdir()
    os.mkfifo(pipe)
    said = [refusal(path) for path in (missing, folder, pipe)]
    assert said == [
        "cannot be read: No such file or directory",
        "is a folder, not a file",
        "is not a regular file",
    ]


def test_a_path_with_a_zero_byte_is_refused():
    """A path no system has is refused like any other."""
    with pytest.raises(FileError, match="cannot be read: embedded null byte"):
        read_network("a\0b.npz")


# Data.


def test_digits_are_sixteenths():
    """Pixels are multiples of 1/16 from 0 to 1, labels the ten digits."""
    inputs, labels = read_digits()
    assert set((16 * inputs).ravel().tolist()) == set(range(17))
    assert (inputs.shape, set(labels.tolist())) == ((1797, 64), set(range(10)))


def test_a_split_is_every_row_once():
    """Training and testing rows are all rows, none in both."""
    train, test = split_rows(1797, test=360, seed=3)
    assert len(test) == 360
    assert sorted([*train.tolist(), *test.tolist()]) == list(range(1797))


def test_a_seed_decides_the_split():
    """The same seed splits alike, another one does not."""
    one, same, other = (split_digits(seed=seed).test_labels.tolist() for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize(("test", "seed"), [(0, 1), (5, 1), (2, -1), (2, 0.5), (2, True)])
def test_an_impossible_split_is_refused(test, seed):
    """No rows for testing, all of them, and seeds that are none are refused."""
    with pytest.raises(ProblemError, match=r"of 5 rows|a seed is an integer >= 0"):
        split_rows(5, test=test, seed=seed)


def test_without_scikit_learn_the_line_says_what_to_install(monkeypatch):
    """The digits need an extra, which the error names."""
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(ProblemError, match=r"pip install 'slth-opt\[data\]'"):
        read_digits()


def idx(array, code=8):
    """Return an array as the bytes of an IDX file."""
    dtype = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[code]
    lengths = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, code, array.ndim]) + lengths + array.astype(dtype).tobytes()


@pytest.mark.parametrize("code", [8, 9, 11, 12, 13, 14])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_idx_file_is_read(tmp_path, code, pack):
    """Every type of the format is read, plain and packed."""
    array = np.arange(24).reshape(2, 3, 4)
    (tmp_path / "a").write_bytes(pack(idx(array, code)))
    assert read_idx(tmp_path / "a").tolist() == array.tolist()


LABELS = idx(np.arange(5))
BAD_IDX = {
    "empty": (b"", "not an IDX file"),
    "text": (b"labels", "not an IDX file"),
    "another type": (b"\0\0\x0a\x01" + LABELS[4:], "not an IDX file"),
    "no dimensions": (b"\0\0\x08\0", "not an IDX file"),
    "no sizes": (LABELS[:6], "is cut short: its dimensions are missing"),
    "cut short": (LABELS[:-1], "declares 5 bytes of numbers and holds 4"),
    "trailing bytes": (LABELS + b"xyz", "declares 5 bytes of numbers and holds at least 6"),
    "huge": (b"\0\0\x08\x02" + b"\xff" * 8, "which is too large"),
    "declared only": (b"\0\0\x08\x01" + b"\x70\0\0\0", "declares 1879048192 bytes of numbers"),
    "cut gzip": (gzip.compress(LABELS)[:-9], "not a whole gzip file"),
    "cut packed": (gzip.compress(LABELS[:-1]), "declares 5 bytes of numbers and holds 4"),
    "trailing packed": (gzip.compress(LABELS + b"x"), "holds at least 6"),
    "a flipped bit": (
        gzip.compress(LABELS)[:-8] + bytes([gzip.compress(LABELS)[-8] ^ 1])
        + gzip.compress(LABELS)[-7:],
        "not a whole gzip file",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "fragment"), BAD_IDX.values(), ids=BAD_IDX)
def test_a_bad_idx_file_is_refused(tmp_path, data, fragment):
    """Magic, sizes, and bytes too few or too many are checked."""
    (tmp_path / "a").write_bytes(data)
    assert fragment in refusal(tmp_path / "a", read_idx)


IMAGES = np.arange(24, dtype=np.uint8).reshape(3, 2, 4) * 11


def mnist(folder, **changed):
    """Write four small files under the usual names, some changed."""
    files = {
        "train-images-idx3-ubyte": idx(IMAGES),
        "train-labels-idx1-ubyte.gz": gzip.compress(idx(np.array([7, 0, 9]))),
        "t10k-images.idx3-ubyte": idx(IMAGES[1:]),
        "t10k-labels-idx1-ubyte": idx(np.array([1, 2])),
    }
    names = dict(zip(("a", "b", "c", "d"), files, strict=True))
    for name, data in {**files, **{names[k]: data for k, data in changed.items()}}.items():
        if data is not None:
            (folder / name).write_bytes(data)


def test_mnist_is_four_files(tmp_path):
    """Images become rows of numbers from 0 to 1, labels stay with them."""
    mnist(tmp_path)
    read = read_mnist(tmp_path)
    assert (read.train_inputs.dtype, read.train_inputs.shape) == (np.float32, (3, 8))
    np.testing.assert_allclose(read.train_inputs * 255, IMAGES.reshape(3, 8), rtol=1e-6)
    assert (read.train_labels.tolist(), read.test_labels.tolist()) == ([7, 0, 9], [1, 2])


BAD_MNIST = {
    "no labels": ({"d": None}, "has no t10k-labels-idx1-ubyte, plain or .gz"),
    "other counts": ({"a": idx(IMAGES[:2])}, "has 3 labels for 2 images"),
    "labels for images": ({"c": LABELS}, "images are bytes in 3 dimensions, got uint8"),
    "real images": ({"a": idx(IMAGES, 13)}, "images are bytes in 3 dimensions, got float32"),
    "label 10": ({"d": idx(np.array([1, 10]))}, "holds the label 10; digits go to 9"),
    "none": ({"c": idx(IMAGES[:0]), "d": idx(np.zeros(0))}, "images are bytes in 3 dimensions"),
    "other pixels": ({"c": idx(IMAGES[1:, :1])}, "for training have 8 pixels, those for testing 4"),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "fragment"), BAD_MNIST.values(), ids=BAD_MNIST)
def test_a_bad_mnist_folder_is_refused(tmp_path, changed, fragment):
    """Files that are missing or do not belong together are refused by name."""
    mnist(tmp_path, **changed)
    with pytest.raises(FileError) as refused:
        read_mnist(tmp_path)
    assert fragment in str(refused.value)
    assert str(refused.value).startswith(str(Path(tmp_path)))
