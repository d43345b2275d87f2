"""The arrays a command needs, out of a file of arrays: these names, real numbers, nothing else."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from slth_opt.array_files import read_arrays
from slth_opt.errors import FileError
from slth_opt.fields import shown
from slth_opt.json_files import name_of

if TYPE_CHECKING:
    import numpy as np


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
    name, found = name_of(path), read_arrays(path)
    for array in (*found.texts, *found.arrays):
        if array not in possible:
            raise FileError(
                f"{name}: has an unknown array {shown(array)}; possible are {', '.join(possible)}"
            )
    for array in found.texts:
        raise FileError(f"{name}: the array '{array}' must hold numbers; it holds text")
    for array, values in found.arrays.items():
        if values.dtype.kind not in "fiu":
            raise FileError(
                f"{name}: the array '{array}' must hold float32, float64 or integers; "
                f"it holds {values.dtype}"
            )
    return {array: found.arrays[array] for array in possible if array in found.arrays}
