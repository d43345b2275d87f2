"""``.npz``: a zip archive of ``.npy`` members, none of them believed before its header is read."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO, TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from slth_opt.array_files.records import MOST_BYTES, NamedArrays, opened
from slth_opt.errors import FileError
from slth_opt.fields import shown
from slth_opt.json_files import write_whole

if TYPE_CHECKING:
    import numpy as np

MOST_RATIO = 1100
"""Deflate packs at most 1032 bytes into one; who declares more has not packed them."""

_MEMBER, _ENCRYPTED = ".npy", 1
_BROKEN = (
    BadZipFile, EOFError, NotImplementedError, OSError, OverflowError, RuntimeError, SyntaxError,
    TokenError, TypeError, ValueError, zlib.error,
)  # fmt: skip


def read(path: str | Path) -> NamedArrays:
    """Return the arrays and texts of a file.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/a.npz", w=[0.5], note="by hand")
    ...     found = read(f"{folder}/a.npz")
    >>> found.arrays["w"].tolist(), found.texts
    ([0.5], {'note': 'by hand'})
    """
    with opened(path) as (file, _):
        try:
            archive = ZipFile(file)
        except _BROKEN:
            raise FileError("not a whole .npz file of plain arrays (pickles are refused)") from None
        with archive:
            members = _members(archive)
            read = {name: _read(archive, info, name) for name, info in members.items()}
    return NamedArrays(
        arrays={name: found for name, found in read.items() if not isinstance(found, str)},
        texts={name: found for name, found in read.items() if isinstance(found, str)},
    )


def write(path: str | Path, arrays: Mapping[str, np.ndarray], texts: Mapping[str, str]) -> None:
    """Write arrays and texts, not packed.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/a.npz", {"w": np.ones(2)}, {"note": "by hand"})
    ...     str(np.load(f"{folder}/a.npz")["note"])
    'by hand'
    """
    import numpy as np

    whole = {**texts, **arrays}
    write_whole(path, lambda file: np.savez(file, allow_pickle=False, **whole))  # type: ignore[arg-type]


def _members(archive: ZipFile) -> dict[str, ZipInfo]:
    """Return the members by the names of their arrays; refuse a name twice and too much data."""
    found: dict[str, ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(_MEMBER)
        if name == info.filename:
            raise FileError(f"holds {shown(info.filename)}, which is no array")
        if name in found:
            raise FileError(f"holds the array {shown(name)} twice")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or info.flag_bits & _ENCRYPTED:
            raise FileError(f"the array {shown(name)} is packed in a way numpy does not write")
        if info.file_size > MOST_RATIO * info.compress_size + MOST_RATIO:
            raise _not_whole(name)
        found[name] = info
    if sum(info.file_size for info in found.values()) > MOST_BYTES:
        raise FileError(f"unpacks to more than {MOST_BYTES >> 30} GiB, which is too large")
    return found


def _read(archive: ZipFile, info: ZipInfo, name: str) -> np.ndarray | str:
    """Return one array or text; refuse what is broken or neither."""
    import numpy as np

    try:
        with archive.open(info) as member:
            shape, is_fortran, dtype = _header(member)
            plain = dtype.kind in "fiub" and dtype.itemsize <= 8
            text = dtype.kind == "U" and shape == ()
            known = plain or text
            if known and member.tell() + prod(shape) * dtype.itemsize != info.file_size:
                raise EOFError
            data = member.read() if known else b""
        if text:  # numpy itself would take bytes that are no characters
            order = "be" if dtype.str.startswith(">") else "le"
            return data.decode(f"utf-32-{order}").rstrip("\0")
        if plain:
            values = np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C")
            if dtype.kind == "b":  # other bytes than 0 and 1 would be true and not equal True
                values = values.view(np.uint8) != 0
            return values.astype(values.dtype.newbyteorder("="), order="C", copy=False)
    except _BROKEN:
        raise _not_whole(name) from None
    kind = "Python objects, which are refused" if dtype.hasobject else str(dtype)
    raise FileError(
        f"the array {shown(name)} must hold float32, float64 or integers; it holds {kind}"
    )


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


def _not_whole(name: str) -> FileError:
    return FileError(
        f"the array {shown(name)} is not whole, or no plain array (pickles are refused)"
    )
