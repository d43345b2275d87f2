"""The grid for whole arrays: the rules of `grid.py`, a million numbers at a time.

Pools share one grid; the targets may lie on a finer one, ``shift`` bits finer, because only
the last step of a solve ever needs their fraction. On the way back a float is either the
nearest one, or one that is certainly below or above.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slth_opt.errors import GridError
from slth_opt.grid import CAPACITY

if TYPE_CHECKING:
    import numpy as np

CHUNK = 2**20
"""Numbers looked at together: a few MiB of temporaries."""

ROOM = 2.0**CAPACITY * (1 - 2.0**-40)
"""Float sums of units stay below this; they may be off by one part in 2^45 or so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayGrid:
    """Pools in units of 2**-pools_exponent, targets in units of 2**-(pools_exponent + shift)."""

    pools_exponent: int
    shift: int
    rounded: bool = False

    @property
    def exponent(self) -> int:
        """The exponent of the targets' grid: the one errors are measured on."""
        return self.pools_exponent + self.shift


def as_reals(values: Any, *, what: str, one_row: bool = False) -> np.ndarray:
    """Return an array of finite real numbers as it is; refuse anything else by row.

    With `one_row`, a one-dimensional array is a row, not a column.

    Examples
    --------
    >>> as_reals([[0.5, 1]], what="pools").dtype.name
    'float64'
    """
    import numpy as np

    try:
        array = np.asarray(values)
    except (TypeError, ValueError, OverflowError):
        raise GridError(
            f"{what} must be an array of real numbers, with rows of one length"
        ) from None
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
        raise GridError(
            f"{what} must be an array of float32, float64 or integers, got {array.dtype}"
        )
    if array.dtype.kind == "f" and array.size:
        whole = array.ndim == 0 or (one_row and array.ndim == 1)
        flat = array.reshape(1 if whole else len(array), -1)
        rows = max(1, CHUNK // flat.shape[1])
        for first in range(0, len(flat), rows):
            finite = np.isfinite(flat[first : first + rows])
            if not finite.all():
                row, column = (int(i) for i in np.argwhere(~finite)[0])
                where = f"row {first + row}" + (f", column {column}" if flat.shape[1] > 1 else "")
                raise GridError(f"{what}, {where}: {flat[first + row, column]} is not finite")
    return array


def array_exponent(values: np.ndarray) -> int:
    """Return the smallest exponent >= 0 whose grid holds every number exactly.

    Examples
    --------
    >>> import numpy as np
    >>> array_exponent(np.array([0.75, 3.0]))
    2
    """
    import numpy as np

    if values.dtype.kind != "f":
        return 0
    flat = values.ravel(order="K")  # no copy, whichever index runs fastest
    chunks = [flat[first : first + CHUNK] for first in range(0, flat.size, CHUNK)]
    largest = max((float(np.abs(chunk).max()) for chunk in chunks), default=0.0)
    # On the finest grid that int64 allows, the common trailing zeros tell the coarsest one.
    finest = min(1000, CAPACITY - int(np.frexp(largest)[1]))
    digits = 0
    for chunk in chunks:
        scaled = chunk.astype(np.float64) * 2.0 ** max(0, finest)
        whole = scaled.astype(np.int64) if finest >= 0 else None
        if whole is None or not (whole == scaled).all():
            return max(int(_exponents_of(part).max()) for part in chunks)
        digits |= int(np.bitwise_or.reduce(whole))
    zeros = (digits & -digits).bit_length() - 1 if digits else finest
    return max(0, finest - zeros)


def _exponents_of(chunk: np.ndarray) -> np.ndarray:
    """Return the exponent of every number, for ranges that no int64 grid holds."""
    import numpy as np

    mantissa, power = np.frexp(chunk.astype(np.float64))
    digits = (mantissa * 2.0**53).astype(np.int64)
    zeros = np.frexp((digits & -digits).astype(np.float64))[1] - 1
    needed: np.ndarray = np.where(digits == 0, 0, np.maximum(0, 53 - power - zeros))
    return needed


def finest_row(values: np.ndarray) -> int:
    """Return the first row with a number that needs the finest grid of all.

    Examples
    --------
    >>> import numpy as np
    >>> finest_row(np.array([[0.5, 3.0], [0.125, 1.0]]))
    1
    """
    import numpy as np

    if values.dtype.kind != "f":
        return 0
    best, finest = 0, -1
    rows = CHUNK // max(1, values[:1].size) + 1
    for first in range(0, len(values), rows):
        part = values[first : first + rows]
        exponents = _exponents_of(part.reshape(len(part), -1)).max(axis=1)
        if int(exponents.max()) > finest:
            best, finest = first + int(np.argmax(exponents)), int(exponents.max())
    return best


def choose_array_grid(
    pools: np.ndarray, targets: np.ndarray, *, rounding: str, bits: int | None
) -> ArrayGrid:
    """Choose the exact grids of pools and targets, or the one rounding grid asked for.

    Examples
    --------
    >>> import numpy as np
    >>> choose_array_grid(np.array([[0.5]]), np.array([0.125]), rounding="exact", bits=None)
    ArrayGrid(pools_exponent=1, shift=2, rounded=False)
    """
    if rounding not in ("exact", "nearest"):
        raise GridError(f"rounding must be 'exact' or 'nearest', got {rounding!r}")
    coarse, fine = array_exponent(pools), array_exponent(targets)
    if rounding == "exact":
        if bits is not None:
            raise GridError("bits is only for rounding='nearest'; exact placing finds its own grid")
        return ArrayGrid(pools_exponent=coarse, shift=max(0, fine - coarse))
    if isinstance(bits, bool) or not isinstance(bits, int) or not 0 <= bits <= 1000:
        raise GridError(f"rounding='nearest' needs bits, an integer from 0 to 1000, got {bits!r}")
    return ArrayGrid(pools_exponent=bits, shift=0, rounded=max(coarse, fine) > bits)


def place_array(
    values: np.ndarray, exponent: int, *, what: str, rows: np.ndarray | None = None
) -> np.ndarray:
    """Return the values in units of 2**-exponent as int64, rounded to even where they must be.

    Rows lie one behind the other, however the values did: kernels are compiled for that.
    Refuses the first row whose absolute values add up to 2**62 units or more, by its number in
    `rows` (by default they are counted from 0).

    Examples
    --------
    >>> import numpy as np
    >>> place_array(np.array([[0.5, -1.25]]), 2, what="pools").tolist()
    [[2, -5]]
    """
    import numpy as np

    if not values.size:
        return np.zeros(values.shape, np.int64)
    table = values.reshape(len(values), -1)
    with np.errstate(over="ignore"):
        scaled = table.astype(np.float64, order="C") * 2.0 ** min(exponent, 1000)
        scaled *= 2.0 ** max(0, exponent - 1000)
        total = np.abs(scaled).sum(axis=1)
    too_large = np.flatnonzero(~(total < ROOM))
    if too_large.size:
        row = int(too_large[0])
        about = f"about 2^{np.log2(total[row]):.0f}" if total[row] < np.inf else "over 2^1023"
        raise GridError(
            f"{what}, row {row if rows is None else rows[row]}: the numbers add up to {about} "
            f"units of 2^-{exponent}; at most 2^{CAPACITY} are possible"
        )
    if values.dtype.kind != "f":
        return (table.astype(np.int64, order="C") << exponent).reshape(values.shape)
    return np.rint(scaled).astype(np.int64).reshape(values.shape)


def as_floats(units: np.ndarray, exponent: int) -> np.ndarray:
    """Return units of 2**-exponent as the nearest floats; NaN for -1, which stands for nothing.

    Examples
    --------
    >>> import numpy as np
    >>> as_floats(np.array([3, -1]), 2).tolist()
    [0.75, nan]
    """
    import numpy as np

    reals = np.ldexp(units.astype(np.float64), -exponent)
    reals[units < 0] = np.nan
    return reals


def float_below(units: np.ndarray, exponent: int) -> np.ndarray:
    """Return floats that are certainly not above units of 2**-exponent.

    Examples
    --------
    >>> import numpy as np
    >>> int(float_below(np.array([2**53 + 3]), 0)[0]) - 2**53
    2
    """
    import numpy as np

    near = units.astype(np.float64)
    near = np.where(near.astype(np.int64) > units, np.nextafter(near, -np.inf), near)
    reals = np.ldexp(near, -exponent)  # rounds again only among the subnormal numbers
    below: np.ndarray = np.where(
        np.ldexp(reals, exponent) > near, np.nextafter(reals, -np.inf), reals
    )
    return below


def float_above(units: np.ndarray, exponent: int) -> np.ndarray:
    """Return floats that are certainly not below units of 2**-exponent.

    Examples
    --------
    >>> import numpy as np
    >>> int(float_above(np.array([2**53 + 1]), 0)[0]) - 2**53
    2
    """
    above: np.ndarray = -float_below(-units, exponent)
    return above
