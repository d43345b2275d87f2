"""Arrays in and out of files: ``.npy`` read where it lies, ``.npz`` written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

from slth_opt.cli.inputs import read_weights
from slth_opt.errors import FileError
from slth_opt.json_files import name_of

if TYPE_CHECKING:
    import numpy as np

LARGEST_WHOLE = 2**53
"""Integers up to here are doubles."""


def read_array(source: str, what: str) -> np.ndarray:
    """Return the array of a ``.npy`` file, mapped and not read, or numbers typed for an option.

    Examples
    --------
    >>> read_array("0.5,-3", "--targets").tolist()
    [0.5, -3.0]
    """
    import numpy as np

    if source.endswith(".npy"):
        return _mapped(Path(source))
    try:
        numbers = read_weights(source)
    except FileError as refused:
        raise FileError(str(refused).replace("--weights", what)) from None
    array = np.array(numbers)
    if array.dtype.kind == "f":
        large = [v for v in numbers if isinstance(v, int) and abs(v) > LARGEST_WHOLE]
        if large:
            raise FileError(
                f"{what}: the integer {large[0]} stands among decimals, which are doubles, and may "
                "be none: type integers only, or store the numbers as .npy"
            )
    return array


def _mapped(path: Path) -> np.ndarray:
    import numpy as np

    if path.exists() and not path.is_file():
        raise FileError(f"{name_of(path)}: is not a regular file")
    with path.open("rb") as file:
        array: np.ndarray | None = None
        if file.read(6) == b"\x93NUMPY":
            try:
                # Mapping compares the declared shape with the file's length before any is read.
                array = np.load(path, mmap_mode="r", allow_pickle=False)
            except (ValueError, TypeError, OverflowError, EOFError, SyntaxError, TokenError):
                array = None
    if array is None:
        raise FileError(
            f"{name_of(path)}: not a whole .npy file of plain numbers (pickles are refused)"
        )
    return array


def source_of(source: str, array: np.ndarray) -> dict[str, Any]:
    """Say where an array came from: its file and that file's sha256, or the numbers typed.

    Examples
    --------
    >>> import numpy as np
    >>> source_of("0.5,1", np.array([0.5, 1.0]))
    {'typed': '0.5,1', 'shape': [2], 'dtype': 'float64'}
    """
    facts: dict[str, Any] = {"shape": list(array.shape), "dtype": str(array.dtype)}
    if not Path(source).is_file():
        return {"typed": source, **facts}
    with open(source, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": source, "sha256": digest, **facts}


def check_place(path: str, *sources: str) -> None:
    """Refuse a place that cannot be written to, before hours of work and not after.

    Examples
    --------
    >>> check_place("no/such/folder/answers.npz")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: no/such/folder/answers.npz: cannot be written: there is no folder \
no/such/folder
    """
    name, folder = name_of(path), Path(path).parent
    if not path or "\0" in path:
        raise FileError(f"{name!r} is no file name")
    if not folder.is_dir():
        raise FileError(f"{name}: cannot be written: there is no folder {name_of(folder)}")
    if Path(path).is_dir():
        raise FileError(f"{name}: cannot be written: it is a folder")
    if not os.access(folder, os.W_OK):
        raise FileError(f"{name}: cannot be written: the folder {name_of(folder)} is read-only")
    for source in sources:
        if os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise FileError(f"{name}: cannot be written: it is what is read")


def write_npz(
    path: str, arrays: Mapping[str, Any], *, check: Callable[[Mapping[str, Any]], int]
) -> int:
    """Write arrays beside the place, read them back and check them, then move them there.

    Returns what the check returned.

    Raises
    ------
    FileError
        If the file cannot be written; what was there before is untouched.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = str(Path(folder) / "a.npz")
    ...     write_npz(place, {"sizes": [1, 2]}, check=lambda read: int(read["sizes"][1]))
    ...     os.listdir(folder)
    2
    ['a.npz']
    """
    import numpy as np

    place = Path(path)
    beside = place.with_name(f".{place.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        try:
            with open(beside, "xb") as file:
                np.savez(file, **arrays)
                file.flush()
                os.fsync(file.fileno())
            with np.load(beside, allow_pickle=False) as read:
                checked = check(read)
            os.replace(beside, place)
        finally:  # after a Ctrl-C too; there is nothing left to remove when all went well
            beside.unlink(missing_ok=True)
    except OSError as failed:
        raise FileError(f"{name_of(path)}: cannot be written: {failed.strerror}") from None
    return checked
