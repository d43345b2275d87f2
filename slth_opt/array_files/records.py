"""What a file of arrays holds, and how such a file is opened and put in its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from slth_opt.errors import FileError
from slth_opt.json_files import name_of

if TYPE_CHECKING:
    import numpy as np

MOST_BYTES = 2**32
"""More than this is no network: a file of a few bytes may unpack to as many as its writer likes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NamedArrays:
    """The arrays of a file, in its order, and its texts.

    Parameters
    ----------
    arrays
        Numbers and booleans of at most eight bytes each.
    texts
        The metadata of a safetensors file; in an npz file the arrays that are one string each.
    """

    arrays: Mapping[str, np.ndarray]
    texts: Mapping[str, str]


@contextmanager
def opened(path: str | Path) -> Iterator[tuple[IO[bytes], int]]:
    """Open a regular file of at most 4 GiB and tell its length; errors name the file.

    Examples
    --------
    >>> with opened("/no/such/file.npz"):
    ...     pass
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: /no/such/file.npz: cannot be read: No such file or directory
    """
    name = name_of(path)
    try:
        try:
            status = os.stat(path)
        except ValueError as failed:  # a path with a zero byte in it
            raise FileError(f"cannot be read: {failed}") from None
        _check_regular(status)  # opening a named pipe would wait for a writer
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            _check_regular(status)
            yield file, status.st_size
    except FileError as refused:
        raise FileError(f"{name}: {refused}") from None
    except OSError as failed:
        raise FileError(f"{name}: cannot be read: {failed.strerror or failed}") from None


def _check_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise FileError("is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise FileError("is not a regular file")
    if status.st_size > MOST_BYTES:
        raise FileError(f"is larger than {MOST_BYTES >> 30} GiB: it has {status.st_size} bytes")
