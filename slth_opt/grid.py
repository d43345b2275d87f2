"""Reals at the border, integers inside.

A float is a dyadic rational, so a power-of-two unit holds it exactly or not at all. A
`Grid` is such a unit, 2**-exponent. Rounding happens here or nowhere, and only when asked
for by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slth_opt.errors import GridError, ProblemError

CAPACITY = 62
"""Problems keep every sum below 2**CAPACITY, so int64 kernels need no guard."""

COARSEST, FINEST = -960, 1100
"""Exponents of a grid: below, large integers would overflow a float; above is no float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The integers in units of 2**-exponent.

    Examples
    --------
    >>> grid = Grid(exponent=3)
    >>> grid.place([0.125, -2.5])
    (1, -20)
    >>> grid.real(-20)
    Fraction(-5, 2)
    """

    exponent: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.exponent, bool) or not isinstance(self.exponent, int):
            raise GridError(f"the grid exponent must be an integer, got {self.exponent!r}")
        if not COARSEST <= self.exponent <= FINEST:
            raise GridError(
                f"the grid exponent must lie in {COARSEST}..{FINEST}, got {self.exponent}"
            )

    def place(self, values: Iterable[Any], *, what: str = "value") -> tuple[int, ...]:
        """Map reals to integers exactly; raise `GridError` for the first that is off the grid.

        Examples
        --------
        >>> Grid(exponent=1).place([0.5, 3])
        (1, 6)
        """
        scaled = [value * self._scale() for value in as_fractions(values, what=what)]
        for i, s in enumerate(scaled):
            if s.denominator != 1:
                raise GridError(
                    f"{what} {i} is not a multiple of 2^-{self.exponent}: "
                    f"{_missing(s)} bits were missing; use rounding='nearest' to round it"
                )
        return tuple(int(s) for s in scaled)

    def nearest(self, values: Iterable[Any], *, what: str = "value") -> tuple[int, ...]:
        """Map reals to the nearest integers, halves to the even one.

        Examples
        --------
        >>> Grid(exponent=2).nearest([0.3, 0.375])
        (1, 2)
        """
        return tuple(round(value * self._scale()) for value in as_fractions(values, what=what))

    def real(self, integer: int) -> Fraction:
        """Give the exact real number an integer stands for.

        Examples
        --------
        >>> Grid(exponent=4).real(3)
        Fraction(3, 16)
        """
        return Fraction(integer) / self._scale()

    def exact_string(self, integer: int) -> str:
        """Write an integer of this grid as ``"p/2^q"`` in lowest terms, or as a plain integer.

        Examples
        --------
        >>> Grid(exponent=4).exact_string(12), Grid(exponent=4).exact_string(-32)
        ('3/2^2', '-2')
        """
        value = self.real(integer)
        if value.denominator == 1:
            return str(value.numerator)
        return f"{value.numerator}/2^{value.denominator.bit_length() - 1}"

    def _scale(self) -> Fraction:
        return Fraction(2) ** self.exponent


def as_fraction(value: Any, *, what: str = "value") -> Fraction:
    """Read any finite number exactly: int, float, numpy scalar, `Fraction`, `Decimal`.

    Examples
    --------
    >>> as_fraction(0.75)
    Fraction(3, 4)
    """
    value = unwrapped(value, what=what)
    if isinstance(value, (bool, str, bytes, complex)) or value is None:
        raise GridError(f"{what} must be a real number, got {value!r}")
    try:
        return Fraction(value)
    except (TypeError, ValueError, OverflowError):
        raise GridError(f"{what} must be a finite real number, got {value!r}") from None


def as_fractions(values: Iterable[Any], *, what: str = "value") -> list[Fraction]:
    """Read a sequence of finite numbers exactly.

    Examples
    --------
    >>> as_fractions([0.75, 2])
    [Fraction(3, 4), Fraction(2, 1)]
    """
    return [as_fraction(v, what=f"{what} {i}") for i, v in enumerate(listed(values, what=what))]


def listed(values: Iterable[Any], *, what: str) -> list[Any]:
    """Return the values as a list; refuse what is not a sequence.

    Examples
    --------
    >>> listed((1, 2), what="weight")
    [1, 2]
    """
    try:
        return list(values)
    except TypeError:
        several = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
        raise ProblemError(f"{several} must be given as a sequence, got {values!r}") from None


def unwrapped(value: Any, *, what: str) -> Any:
    """Turn a numpy scalar into the Python number it holds; refuse arrays.

    Examples
    --------
    >>> unwrapped(3, what="target")
    3
    """
    if isinstance(value, (int, float)) or not hasattr(value, "item"):
        return value
    if getattr(value, "ndim", 0):
        raise ProblemError(f"{what} must be one number, got an array of shape {value.shape}")
    return value.item()


def finest_exponent(values: Iterable[Fraction]) -> int:
    """Return the smallest exponent >= 0 whose grid holds every value exactly.

    Examples
    --------
    >>> finest_exponent([Fraction(3, 8), Fraction(5)])
    3
    """
    exponent = 0
    for value in values:
        if value.denominator & (value.denominator - 1):
            raise GridError(
                f"{value} lies on no power-of-two grid; use rounding='nearest' to round it"
            )
        exponent = max(exponent, value.denominator.bit_length() - 1)
    return exponent


def bits_needed(values: Iterable[Fraction]) -> int:
    """Return how many bits the sum of the absolute values takes above the binary point.

    Negative for sums below one half.

    Examples
    --------
    >>> bits_needed([Fraction(3), Fraction(-2)]), bits_needed([Fraction(1, 4)])
    (3, -1)
    """
    total = sum((abs(v) for v in values), Fraction(0))
    if total == 0:
        return 0
    bits = total.numerator.bit_length() - total.denominator.bit_length()
    return bits + 1 if total >= Fraction(2) ** bits else bits


def _missing(scaled: Fraction) -> int | str:
    denominator = scaled.denominator
    is_dyadic = denominator & (denominator - 1) == 0
    return denominator.bit_length() - 1 if is_dyadic else "infinitely many"


def choose_grid(values: list[Fraction], *, rounding: str, bits: int | None) -> Grid:
    """Choose the grid for a set of reals: exact, or the rounding grid that was asked for.

    Parameters
    ----------
    values
        All numbers that will live on the grid.
    rounding
        ``"exact"`` (every value must fit) or ``"nearest"``.
    bits
        How many bits after the binary point. Only with ``"nearest"``; by default as many as
        the capacity allows.

    Examples
    --------
    >>> choose_grid([Fraction(1, 2)], rounding="exact", bits=None)
    Grid(exponent=1)
    >>> choose_grid([Fraction(1, 3)], rounding="nearest", bits=20)
    Grid(exponent=20)
    """
    if rounding not in ("exact", "nearest"):
        raise GridError(f"rounding must be 'exact' or 'nearest', got {rounding!r}")
    room = CAPACITY - bits_needed(values)
    if rounding == "exact":
        if bits is not None:
            raise GridError("bits is only for rounding='nearest'; exact placing finds its own grid")
        exponent = finest_exponent(values)
        if exponent > room:
            raise GridError(
                f"the numbers need 2^-{exponent} to be exact and sums up to "
                f"2^{bits_needed(values)}: {exponent - room} bits were missing (at most "
                f"{CAPACITY} are possible); use rounding='nearest' with bits <= {room - 1}"
            )
        return Grid(exponent=exponent)
    if bits is None:
        bits = min(room - 1, FINEST)
    if isinstance(bits, bool) or not isinstance(bits, int):
        raise GridError(f"bits must be an integer, got {bits!r}")
    # Rounding can add half a unit per number, never more than one more bit in all.
    if bits > room - 1:
        raise GridError(
            f"bits={bits} is too fine for these magnitudes: at most {room - 1} bits after the "
            f"binary point keep all sums below 2^{CAPACITY}"
        )
    return Grid(exponent=bits)
