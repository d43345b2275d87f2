"""``.safetensors``: the length of a JSON header, the header, and the numbers one after the other.

Read and written by the format's description, so that every refusal names its array and the same
arrays give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from slth_opt import fields
from slth_opt.array_files.records import MOST_BYTES, NamedArrays, opened
from slth_opt.errors import FileError
from slth_opt.json_files import parse_json, write_whole

if TYPE_CHECKING:
    import numpy as np

TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "|i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
"""The types of the format that numpy has too."""

MOST_HEADER = 2**24
"""Bytes; enough for a hundred thousand arrays."""

MOST_DIMENSIONS = 32
"""As many as every numpy can have."""

_METADATA = "__metadata__"
_LENGTH = 8  # bytes in front that hold the length of the header; numbers start at multiples of it


def read(path: str | Path) -> NamedArrays:
    """Return the arrays and texts of a file.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from safetensors.numpy import save_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_file({"w": np.ones(2)}, f"{folder}/a.safetensors", {"note": "by hand"})
    ...     found = read(f"{folder}/a.safetensors")
    >>> found.arrays["w"].tolist(), found.texts
    ([1.0, 1.0], {'note': 'by hand'})
    """
    with opened(path) as (file, size):
        header, start = _header(file, size)
        texts = _texts(header.pop(_METADATA, {}))
        entries = {name: _entry(name, entry) for name, entry in header.items()}
        _check_tiling(entries, size - start)
        arrays = {name: _read(file, start, *entry) for name, entry in entries.items()}
    return NamedArrays(arrays=arrays, texts=texts)


def write(path: str | Path, arrays: Mapping[str, np.ndarray], texts: Mapping[str, str]) -> None:
    """Write arrays and texts: the widest numbers first, then by name.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from safetensors.numpy import load_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/a.safetensors", {"w": np.ones(2)}, {})
    ...     load_file(f"{folder}/a.safetensors")["w"].tolist()
    [1.0, 1.0]
    """
    import numpy as np

    names = {np.dtype(dtype): name for name, dtype in TYPES.items()}
    header: dict[str, Any] = {_METADATA: dict(texts)} if texts else {}
    ordered = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    end = 0
    for name in ordered:
        array = arrays[name]
        begin, end = end, end + array.nbytes
        header[name] = {
            "dtype": names[array.dtype.newbyteorder("<")],
            "shape": list(array.shape),
            "data_offsets": [begin, end],
        }
    content = json.dumps(header, separators=(",", ":")).encode()
    content += b" " * (-len(content) % _LENGTH)

    def put(file: IO[bytes]) -> None:
        file.write(len(content).to_bytes(_LENGTH, "little") + content)
        for name in ordered:
            array = arrays[name]
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())

    write_whole(path, put)


def _header(file: IO[bytes], size: int) -> tuple[dict[str, Any], int]:
    """Return the header and where the numbers start."""
    length = int.from_bytes(file.read(_LENGTH), "little")
    if size < _LENGTH or length > size - _LENGTH or not length:
        raise FileError("not a whole .safetensors file (pickles are refused)")
    if length > MOST_HEADER:
        raise FileError(f"has a header of {length} bytes; at most {MOST_HEADER} are possible")
    try:
        header = parse_json(file.read(length))
    except FileError as refused:
        raise FileError(f"no safetensors header: {refused}") from None
    if not isinstance(header, dict):
        raise FileError(f"the header must be an object, got {fields.shown(header)}")
    return header, _LENGTH + length


def _texts(metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, dict):
        raise FileError(f"{_METADATA} must be an object, got {fields.shown(metadata)}")
    for name, text in metadata.items():
        if not isinstance(text, str):
            raise FileError(
                f"{_METADATA} {fields.shown(name)} must be a string, got {fields.shown(text)}"
            )
    return metadata


def _entry(name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """Return the type, the shape and the place of an array, as far as they agree."""
    what = f"the array {fields.shown(name)}"
    entry = fields.record(entry, ("dtype", "shape", "data_offsets"), what=what)
    if not isinstance(entry["dtype"], str) or entry["dtype"] not in TYPES:
        raise FileError(
            f"{what} holds {fields.shown(entry['dtype'])}; possible are {', '.join(TYPES)}"
        )
    shape = fields.integers(entry["shape"], what=f"the shape of {what}")
    place = fields.integers(entry["data_offsets"], what=f"data_offsets of {what}")
    if not all(0 <= length <= MOST_BYTES for length in shape) or len(shape) > MOST_DIMENSIONS:
        raise FileError(f"{what} has an impossible shape")
    dtype = TYPES[entry["dtype"]]
    if len(place) != 2 or place[1] - place[0] != prod(shape) * int(dtype[2:]):
        raise FileError(f"{what} has other bytes than its shape and type need")
    return dtype, shape, place[0], place[1]


def _check_tiling(entries: Mapping[str, tuple[str, tuple[int, ...], int, int]], size: int) -> None:
    """Refuse arrays that overlap, leave a gap, or are not all in the file."""
    reached = 0
    for name, (_, _, begin, end) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if begin != reached:
            raise FileError(f"the array {fields.shown(name)} does not start where the last ends")
        reached = end
    if reached != size:
        raise FileError(f"the arrays take {reached} bytes, the file has {size} for them")


def _read(
    file: IO[bytes], start: int, dtype: str, shape: tuple[int, ...], begin: int, end: int
) -> np.ndarray:
    import numpy as np

    file.seek(start + begin)
    data = file.read(end - begin)
    if dtype == TYPES["BOOL"]:  # other bytes than 0 and 1 would be true and not equal True
        flags: np.ndarray = np.frombuffer(data, np.uint8) != 0
        return flags.reshape(shape)
    array: np.ndarray = np.frombuffer(data, dtype).reshape(shape)
    return array.astype(array.dtype.newbyteorder("="), copy=False)
