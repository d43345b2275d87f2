"""Labelled images to measure accuracy on: the digits of scikit-learn, and local IDX files.

Nothing is ever downloaded.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING

from slth_opt.array_files import opened
from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import name_of

if TYPE_CHECKING:
    import numpy as np

MOST_BYTES = 2**31
"""More than this is no set of small images."""

_IDX_TYPES = {8: "|u1", 9: "|i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_CHUNK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledImages:
    """Images as rows of numbers from 0 to 1, for training and for testing, and their labels."""

    train_inputs: np.ndarray
    train_labels: np.ndarray
    test_inputs: np.ndarray
    test_labels: np.ndarray


def read_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the 1797 digits of 8 x 8 pixels that scikit-learn brings, and what they are.

    Pixels are sixteenths from 0 to 1, so float32 and float64 hold them exactly.

    Raises
    ------
    ProblemError
        If scikit-learn is not installed.

    Examples
    --------
    >>> inputs, labels = read_digits()
    >>> inputs.shape, float(inputs.max()), labels[:5].tolist()
    ((1797, 64), 1.0, [0, 1, 2, 3, 4])
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ProblemError(
            "the digits come with scikit-learn, which is missing: pip install 'slth-opt[data]'"
        ) from None
    inputs, labels = load_digits(return_X_y=True)
    return inputs / 16, labels


def split_rows(count: int, *, test: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows are for training and which for testing: the same for a seed, for ever.

    Examples
    --------
    >>> train, test = split_rows(5, test=2, seed=0)
    >>> train.tolist(), test.tolist()
    ([1, 0, 4], [3, 2])
    """
    import numpy as np

    if not 0 < test < count:
        raise ProblemError(f"of {count} rows, 1 to {count - 1} can be for testing, not {test}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ProblemError(f"a seed is an integer >= 0, got {seed!r}")
    # The bit stream of a generator is promised to stay, the ways to shuffle are not.
    order = np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable")
    return order[test:], order[:test]


def split_digits(*, seed: int = 0, test: int = 360) -> LabelledImages:
    """Return the digits of scikit-learn split in two.

    Examples
    --------
    >>> digits = split_digits()
    >>> digits.train_inputs.shape, digits.test_inputs.shape
    ((1437, 64), (360, 64))
    """
    inputs, labels = read_digits()
    train, held = split_rows(len(inputs), test=test, seed=seed)
    return LabelledImages(
        train_inputs=inputs[train],
        train_labels=labels[train],
        test_inputs=inputs[held],
        test_labels=labels[held],
    )


def read_idx(path: str | Path) -> np.ndarray:
    """Return the array of an IDX file, plain or packed with gzip.

    Raises
    ------
    FileError
        If the file is no IDX file, cut short, or longer than it says.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "labels.idx"
    ...     _ = place.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3]))
    ...     read_idx(place).tolist()
    [7, 3]
    """
    with opened(path) as (file, _):
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            if not packed:
                return _idx(file)
            with gzip.GzipFile(fileobj=file) as content:
                return _idx(content)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise FileError("not a whole gzip file") from None


def read_mnist(folder: str | Path) -> LabelledImages:
    """Return the images of four IDX files under their usual names, pixels divided by 255.

    Examples
    --------
    >>> read_mnist("/no/such/folder")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: /no/such/folder: has no train-images-idx3-ubyte, plain or .gz
    """
    train_inputs, train_labels = _labelled(Path(folder), "train")
    test_inputs, test_labels = _labelled(Path(folder), "t10k")
    if train_inputs.shape[1] != test_inputs.shape[1]:
        raise FileError(
            f"{name_of(folder)}: images for training have {train_inputs.shape[1]} pixels, those "
            f"for testing {test_inputs.shape[1]}"
        )
    return LabelledImages(
        train_inputs=train_inputs,
        train_labels=train_labels,
        test_inputs=test_inputs,
        test_labels=test_labels,
    )


def _labelled(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    images_at = _found(folder, f"{part}-images-idx3-ubyte")
    labels_at = _found(folder, f"{part}-labels-idx1-ubyte")
    images, labels = read_idx(images_at), read_idx(labels_at)
    for path, array, what, ndim in (
        (images_at, images, "images", 3),
        (labels_at, labels, "labels", 1),
    ):
        if array.dtype != np.uint8 or array.ndim != ndim or not array.size:
            raise FileError(
                f"{name_of(path)}: {what} are bytes in {ndim} dimensions, got {array.dtype} of "
                f"the shape {array.shape}"
            )
    if len(images) != len(labels):
        raise FileError(f"{name_of(labels_at)}: has {len(labels)} labels for {len(images)} images")
    if labels.max() > 9:
        raise FileError(f"{name_of(labels_at)}: holds the label {labels.max()}; digits go to 9")
    return images.reshape(len(images), -1) / np.float32(255), labels.astype(np.int64)


def _found(folder: Path, name: str) -> Path:
    for spelled in (name, name.replace("-idx", ".idx")):
        for path in (folder / spelled, folder / f"{spelled}.gz"):
            if path.exists():
                return path
    raise FileError(f"{name_of(folder)}: has no {name}, plain or .gz")


def _idx(content: IO[bytes] | gzip.GzipFile) -> np.ndarray:
    import numpy as np

    magic = content.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _IDX_TYPES or not magic[3]:
        raise FileError("not an IDX file: it does not start with two zeros, a type and dimensions")
    lengths = content.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise FileError("is cut short: its dimensions are missing")
    dtype = np.dtype(_IDX_TYPES[magic[2]])
    shape = tuple(int(length) for length in np.frombuffer(lengths, ">u4"))
    declared = prod(shape) * dtype.itemsize
    if declared > MOST_BYTES or len(shape) > 32:
        raise FileError(f"declares {declared} bytes in {len(shape)} dimensions, which is too large")
    data = bytearray()
    while len(data) <= declared:  # as far as the file goes, however much it declares
        chunk = content.read(min(_CHUNK, declared + 1 - len(data)))
        if not chunk:
            break
        data += chunk
    if len(data) != declared:
        least = "" if len(data) < declared else "at least "
        raise FileError(f"declares {declared} bytes of numbers and holds {least}{len(data)}")
    array: np.ndarray = np.frombuffer(bytes(data), dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)
