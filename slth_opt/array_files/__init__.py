"""Named arrays in files, ``.npz`` and ``.safetensors``: read with suspicion, written whole.

What a file declares is held against the bytes it has before any memory is asked for; a pickle is
never opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from slth_opt.array_files import npz, safe_tensors
from slth_opt.array_files.records import NamedArrays, opened
from slth_opt.errors import FileError
from slth_opt.json_files import name_of

if TYPE_CHECKING:
    import numpy as np

READERS = {".npz": npz.read, ".safetensors": safe_tensors.read}
WRITERS = {".npz": npz.write, ".safetensors": safe_tensors.write}
"""By the end of a file's name."""


def read_arrays(path: str | Path) -> NamedArrays:
    """Return all arrays and texts of a file, by name.

    Raises
    ------
    FileError
        In one line that names the file, and the array where it is about one.

    Examples
    --------
    >>> read_arrays("weights.pt")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: weights.pt: arrays are read from files that end in .npz or \
.safetensors
    """
    return READERS[_suffix(path, "read from")](path)


def write_arrays(
    path: str | Path, arrays: Mapping[str, np.ndarray], texts: Mapping[str, str] | None = None
) -> None:
    """Write arrays and texts so that the file is, at any moment, the old one or the new one.

    The same arrays and texts give the same file, byte for byte.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = f"{folder}/layer.safetensors"
    ...     write_arrays(place, {"w": np.ones((1, 2))}, {"note": "by hand"})
    ...     read = read_arrays(place)
    >>> read.arrays["w"].tolist(), read.texts
    ([[1.0, 1.0]], {'note': 'by hand'})
    """
    WRITERS[_suffix(path, "written to")](path, arrays, texts or {})


def _suffix(path: str | Path, done: str) -> str:
    suffix = Path(path).suffix
    if suffix not in READERS:
        raise FileError(
            f"{name_of(path)}: arrays are {done} files that end in .npz or .safetensors"
        )
    return suffix


__all__ = ["NamedArrays", "opened", "read_arrays", "write_arrays"]
