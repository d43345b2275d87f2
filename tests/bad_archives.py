"""Files that end in .npz and hold no layer, each made from the arrays of a good one."""

from __future__ import annotations

import io
import os
import pickle
import warnings
import zipfile

import numpy as np


def npy_of(array):
    """Return an array as the bytes of a .npy file, objects as a pickle."""
    written = io.BytesIO()
    np.save(written, array, allow_pickle=True)
    return written.getvalue()


def zipped(path, members, compression=zipfile.ZIP_STORED):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name twice
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in members:
                archive.writestr(name, data)


def members_of(arrays, **changed):
    """Return the members of an archive, some of them as other bytes."""
    return [(f"{name}.npy", changed.get(name, npy_of(a))) for name, a in arrays.items()]


def last_of(arrays):
    return list(arrays)[-1]


def plain_pickle(path, arrays):
    path.write_bytes(pickle.dumps(arrays))


def empty_file(path, arrays):
    path.write_bytes(b"")


def one_npy(path, arrays):
    path.write_bytes(npy_of(next(iter(arrays.values()))))


def truncated(path, arrays):
    np.savez(path, **arrays)
    path.write_bytes(path.read_bytes()[:-60])


def a_folder(path, arrays):
    os.mkdir(path)


def pickled_array(path, arrays):
    zipped(path, members_of(arrays, **{last_of(arrays): npy_of(np.array([{}], object))}))


def pickle_inside(path, arrays):
    zipped(path, members_of(arrays, **{last_of(arrays): pickle.dumps([1.0])}))


def short_array(path, arrays):
    name = last_of(arrays)
    zipped(path, members_of(arrays, **{name: npy_of(arrays[name])[:-8]}))


def long_array(path, arrays):
    name = last_of(arrays)
    zipped(path, members_of(arrays, **{name: npy_of(arrays[name]) + b"12345678"}))


def huge_shape(path, arrays):
    name = last_of(arrays)
    shape = f"{arrays[name].shape}, }}".encode()
    huge = b"(9999999999999, 9999999999999), }"
    data = npy_of(arrays[name]).replace(shape + b" " * (len(huge) - len(shape)), huge)
    assert huge in data
    zipped(path, members_of(arrays, **{name: data}))


def negative_shape(path, arrays):
    name = last_of(arrays)
    shape = f"{arrays[name].shape}, }}".encode()
    bad = b"(-1, -1), }"
    data = npy_of(arrays[name]).replace(shape + b" " * (len(bad) - len(shape)), bad)
    assert bad in data
    zipped(path, members_of(arrays, **{name: data}))


def broken_header(path, arrays):
    name = last_of(arrays)
    data = npy_of(arrays[name]).replace(b"{'descr'", b"{{descr'")
    zipped(path, members_of(arrays, **{name: data}))


def complex_numbers(path, arrays):
    zipped(path, members_of(arrays, **{last_of(arrays): npy_of(np.array([1j]))}))


def words(path, arrays):
    zipped(path, members_of(arrays, **{last_of(arrays): npy_of(np.array(["a"]))}))


def booleans(path, arrays):
    zipped(path, members_of(arrays, **{last_of(arrays): npy_of(np.array([True]))}))


def text(path, arrays):
    zipped(path, members_of(arrays | {"targets": np.array("hello")}))


def structured(path, arrays):
    data = npy_of(np.zeros(1, [("a", "f8")]))
    zipped(path, members_of(arrays, **{last_of(arrays): data}))


def unknown_array(path, arrays):
    zipped(path, [*members_of(arrays), ("colour.npy", npy_of(np.ones(1)))])


def another_file(path, arrays):
    zipped(path, [*members_of(arrays), ("notes.txt", b"hello")])


def name_twice(path, arrays):
    zipped(path, [*members_of(arrays), members_of(arrays)[0]])


def other_packing(path, arrays):
    zipped(path, members_of(arrays), zipfile.ZIP_BZIP2)


def too_large(path, arrays):
    """Declare, of the last array, five GiB in the archive's own table."""
    np.savez(path, **arrays)
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(bytes(data))


WHOLE = "not a whole .npz file"
ARCHIVES = {
    plain_pickle: WHOLE,
    empty_file: WHOLE,
    one_npy: WHOLE,
    truncated: WHOLE,
    a_folder: "is a folder, not a file",
    pickled_array: "it holds Python objects, which are refused",
    pickle_inside: "is not whole, or no plain array (pickles are refused)",
    short_array: "is not whole",
    long_array: "is not whole",
    huge_shape: "is not whole",
    negative_shape: "is not whole",
    broken_header: "is not whole",
    complex_numbers: "it holds complex128",
    words: "it holds <U1",
    booleans: "it holds bool",
    structured: "it holds [('a', '<f8')]",
    text: "the array 'targets' must hold numbers; it holds text",
    unknown_array: "has an unknown array 'colour'",
    another_file: "holds 'notes.txt', which is no array",
    name_twice: "twice",
    other_packing: "packed in a way numpy does not write",
    too_large: "is not whole",
}
"""How each is written, and what is said of it."""
