"""Named arrays out of a ``.npz`` file, none of them believed before its header is read.

A pickle is never opened, and what a header declares is held against what the file holds before
any memory is asked for.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO, TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from slth_opt.errors import FileError
from slth_opt.json_files import name_of

if TYPE_CHECKING:
    import numpy as np

MOST_BYTES = 2**32
"""More than this is no layer: a file of a few bytes may unpack to as many as its writer likes."""

_MEMBER, _ENCRYPTED = ".npy", 1
_BROKEN = (
    BadZipFile, EOFError, NotImplementedError, OSError, OverflowError, RuntimeError, SyntaxError,
    TokenError, TypeError, ValueError, zlib.error,
)  # fmt: skip


def read_npz(path: str, possible: Collection[str]) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name, in the order of `possible`; refuse any other.

    Raises
    ------
    FileError
        In one line that names the file, and the array where it is about one.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/layer.npz", targets=[0.5], pools=[[1, 2]])
    ...     read = read_npz(f"{folder}/layer.npz", ("pools", "targets"))
    >>> list(read), read["pools"].tolist()
    (['pools', 'targets'], [[1, 2]])
    """
    name = name_of(path)
    if not path or "\0" in path:
        raise FileError(f"{name!r} is no file name")
    if Path(path).exists() and not Path(path).is_file():
        raise FileError(f"{name}: is not a regular file")
    with open(path, "rb") as file:
        try:
            archive = ZipFile(file)
        except _BROKEN:
            raise FileError(
                f"{name}: not a whole .npz file of plain arrays (pickles are refused)"
            ) from None
        with archive:
            members = _members(archive, possible, name)
            return {wanted: _read(archive, members[wanted], wanted, name) for wanted in members}


def _members(archive: ZipFile, possible: Collection[str], name: str) -> dict[str, ZipInfo]:
    """Return the members by the names of their arrays; refuse unknown ones and a name twice."""
    found: dict[str, ZipInfo] = {}
    for info in archive.infolist():
        array = info.filename.removesuffix(_MEMBER)
        if array not in possible or array == info.filename:
            raise FileError(
                f"{name}: has an unknown array {ascii(array)[:60]}; possible are "
                f"{', '.join(possible)}"
            )
        if array in found:
            raise FileError(f"{name}: holds the array '{array}' twice")
        found[array] = info
    if sum(info.file_size for info in found.values()) > MOST_BYTES:
        raise FileError(f"{name}: unpacks to more than {MOST_BYTES >> 30} GiB, too large a layer")
    return {array: found[array] for array in possible if array in found}


def _read(archive: ZipFile, info: ZipInfo, array: str, name: str) -> np.ndarray:
    """Return one array; refuse one that is broken or holds no real numbers."""
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or info.flag_bits & _ENCRYPTED:
        raise FileError(f"{name}: the array '{array}' is packed in a way numpy does not write")
    try:
        with archive.open(info) as member:
            shape, is_fortran, dtype = _header(member)
            plain = dtype.kind in "fiu" and dtype.itemsize <= 8
            if plain and member.tell() + prod(shape) * dtype.itemsize != info.file_size:
                raise EOFError
            data = member.read() if plain else b""
    except _BROKEN:
        raise FileError(
            f"{name}: the array '{array}' is not whole, or no plain array (pickles are refused)"
        ) from None
    if not plain:
        kind = "Python objects, which are refused" if dtype.hasobject else str(dtype)
        raise FileError(
            f"{name}: the array '{array}' must hold float32, float64 or integers; it holds {kind}"
        )
    import numpy as np

    values = np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C")
    return values.astype(dtype.newbyteorder("="), order="C", copy=False)


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read the header of an array, which a pickle does not have."""
    from numpy.lib import format as written

    readers = {(1, 0): written.read_array_header_1_0, (2, 0): written.read_array_header_2_0}
    version = written.read_magic(member)
    if version not in readers:
        raise ValueError(version)
    shape, is_fortran, dtype = readers[version](member)
    if any(length < 0 for length in shape):
        raise ValueError(shape)
    return shape, is_fortran, dtype
