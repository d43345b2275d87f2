"""Bases of linear maps between feature spaces: what the coefficients of a layer multiply.

A basis is a stack of 0/1 matrices, one for each coefficient between two channels: a single 1 for
a dense layer, shifts for a convolution, and for a symmetry the orbits of its group. Maps of an
orbit basis commute with the group whatever the coefficients are, also when most are pruned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from slth_opt.errors import ProblemError

if TYPE_CHECKING:
    import numpy as np


def unit_basis() -> np.ndarray:
    """Return the basis of a dense layer: one map, from one feature to one.

    Examples
    --------
    >>> unit_basis().shape
    (1, 1, 1)
    """
    import numpy as np

    return np.ones((1, 1, 1), bool)


def shifts_1d(length: int, kernel: int, *, stride: int = 1, padding: int = 0) -> np.ndarray:
    """Return the basis of a 1-D convolution: one shift for each place of the kernel.

    Examples
    --------
    >>> shifts_1d(3, 2)[1].astype(int).tolist()
    [[0, 1, 0], [0, 0, 1]]
    """
    import numpy as np

    outputs = _output_length(length, kernel, stride, padding)
    basis = np.zeros((kernel, outputs, length), bool)
    for place in range(kernel):
        for out in range(outputs):
            source = out * stride + place - padding
            if 0 <= source < length:
                basis[place, out, source] = True
    return basis


def shifts_2d(
    height: int, width: int, kernel: int, *, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """Return the basis of a 2-D convolution with a square kernel, features row by row.

    Examples
    --------
    >>> shifts_2d(8, 8, 3, stride=2).shape
    (9, 9, 64)
    """
    import numpy as np

    rows = shifts_1d(height, kernel, stride=stride, padding=padding)
    columns = shifts_1d(width, kernel, stride=stride, padding=padding)
    basis = np.einsum("pyh,qxw->pqyxhw", rows, columns)
    features = rows.shape[1] * columns.shape[1], height * width
    flat: np.ndarray = basis.reshape(kernel * kernel, *features)
    return flat


def orbit_basis(
    generators_in: Sequence[Sequence[int]], generators_out: Sequence[Sequence[int]]
) -> np.ndarray:
    """Return all linear maps that commute with a group of permutations, one per orbit.

    Parameters
    ----------
    generators_in
        Permutations that generate the group, as it acts on the input features: feature f of
        the permuted input is feature ``p[f]`` of the input.
    generators_out
        The same generators, as they act on the output features.

    Examples
    --------
    >>> orbit_basis([[1, 2, 0]], [[1, 2, 0]]).shape
    (3, 3, 3)
    """
    import numpy as np

    if len(generators_in) != len(generators_out) or not generators_in:
        raise ProblemError(
            f"give each generator for inputs and for outputs: got {len(generators_in)} and "
            f"{len(generators_out)}"
        )
    inputs, outputs = len(generators_in[0]), len(generators_out[0])
    if not inputs or not outputs:
        raise ProblemError("a group acts on at least one feature, got none")
    for what, size, generators in (("in", inputs, generators_in), ("out", outputs, generators_out)):
        for g, permutation in enumerate(generators):
            if sorted(permutation) != list(range(size)):
                raise ProblemError(f"generator {g} ({what}) is no permutation of 0..{size - 1}")
    orbit = np.arange(outputs * inputs)
    changed = True
    while changed:  # give every pair the smallest number among the pairs it is moved to
        before = orbit.copy()
        for p, q in zip(generators_in, generators_out, strict=True):
            moved = (np.asarray(q)[:, None] * inputs + np.asarray(p)[None, :]).ravel()
            least = np.minimum(orbit, orbit[moved])
            np.minimum.at(least, moved, orbit)
            orbit = least
        changed = bool((orbit != before).any())
    names = np.unique(orbit)
    basis: np.ndarray = (orbit[None, :] == names[:, None]).reshape(-1, outputs, inputs)
    return basis


def cyclic_basis(length: int) -> np.ndarray:
    """Return the maps that commute with cyclic shifts of a sequence.

    Examples
    --------
    >>> cyclic_basis(5).shape
    (5, 5, 5)
    """
    shift = [(f + 1) % length for f in range(length)]
    return orbit_basis([shift], [shift])


def rotation_basis(side: int) -> np.ndarray:
    """Return the maps that commute with quarter turns of a square image.

    Examples
    --------
    >>> rotation_basis(2).shape
    (4, 4, 4)
    """
    turn = quarter_turn(side)
    return orbit_basis([turn], [turn])


def quarter_turn(side: int) -> list[int]:
    """Return the quarter turn of a square image as a permutation of its pixels.

    Examples
    --------
    >>> quarter_turn(2)
    [1, 3, 0, 2]
    """
    return [x * side + (side - 1 - y) for y in range(side) for x in range(side)]


def set_basis(elements: int) -> np.ndarray:
    """Return the maps that commute with all permutations of a set: own value, sum of the others.

    Examples
    --------
    >>> set_basis(3).astype(int).tolist()[0]
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    if elements == 1:
        return unit_basis()
    swap = [1, 0, *range(2, elements)]
    cycle = [(f + 1) % elements for f in range(elements)]
    return orbit_basis([swap, cycle], [swap, cycle])


def _output_length(length: int, kernel: int, stride: int, padding: int) -> int:
    if min(length, kernel, stride) < 1 or padding < 0:
        raise ProblemError(
            f"a convolution needs lengths and strides of at least 1 and padding of at least 0, "
            f"got length {length}, kernel {kernel}, stride {stride}, padding {padding}"
        )
    outputs = (length + 2 * padding - kernel) // stride + 1
    if outputs < 1:
        raise ProblemError(
            f"a kernel of {kernel} does not fit into {length} features padded by {padding}"
        )
    return outputs
