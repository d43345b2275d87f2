"""What a file of answers holds, and its check: docs/batch.md says what everything means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from slth_opt import __version__
from slth_opt.batch import Batch, Profiles, Smallest
from slth_opt.cli.outputs import number
from slth_opt.cli.words import subsets_in_words
from slth_opt.errors import ClaimRejected
from slth_opt.grid import Grid
from slth_opt.tables import Table, parts_of

if TYPE_CHECKING:
    import numpy as np

Answer = Batch | Profiles | Smallest


def table_of(answer: Answer) -> Table:
    """Return the problems that were solved.

    Examples
    --------
    >>> import slth_opt
    >>> table_of(slth_opt.nearest_subsets([3, 5, 9], [13], size=2)).most
    2
    """
    return answer.batch.table if isinstance(answer, Smallest) else answer.table


def asked_in_words(answer: Answer) -> str:
    """Say in one line what was asked of every row.

    Examples
    --------
    >>> import slth_opt
    >>> asked_in_words(slth_opt.nearest_subsets([3, 5, 9], [13], size=2))
    'best of the subsets of 2 out of 3 weights'
    """
    table = table_of(answer)
    n = table.num_candidates
    if isinstance(answer, Profiles):
        return f"best subset of every size out of {n} weights"
    if isinstance(answer, Smallest):
        tolerance = number(Grid(exponent=table.grid.exponent).real(answer.tolerance))
        return f"smallest subset of {n} weights with an error of at most {tolerance}"
    return f"best of the {subsets_in_words(table.fewest, table.most, n)}"


def arrays_of(answer: Answer, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything the file holds, by name.

    Examples
    --------
    >>> import slth_opt
    >>> held = arrays_of(slth_opt.nearest_subsets([3, 5, 11], [13], size=2), {})
    >>> held["masks"].tolist(), held["error_units"].tolist()
    ([[5]], [1])
    """
    import numpy as np

    table = table_of(answer)
    found = answer.batch if isinstance(answer, Smallest) else answer
    arrays: dict[str, Any] = {
        "errors": found.errors,
        "error_units": found.error_units,
        "exponent": table.grid.exponent,
        "num_candidates": table.num_candidates,
    }
    if isinstance(found, Profiles):
        arrays["masks"] = packed(found.bits, table.num_candidates)
        arrays["sizes"] = np.arange(table.num_candidates + 1)
    else:
        arrays["masks"] = np.packbits(found.masks, axis=1, bitorder="little")
        arrays["sizes"] = answer.sizes if isinstance(answer, Smallest) else found.sizes
    if isinstance(answer, Smallest):
        arrays["tolerance_units"] = answer.tolerance
    if table.grid.rounded:
        arrays["true_error_low"], arrays["true_error_high"] = found.brackets
    facts = {
        "written_by": f"slth batch {__version__}",
        "question": asked_in_words(answer),
        **provenance,
    }
    arrays["provenance"] = json.dumps(facts, indent=2)
    return arrays


def packed(subsets: np.ndarray, num_candidates: int) -> np.ndarray:
    """Return subsets given as bits, of any length, as bytes along a new last axis.

    Examples
    --------
    >>> import numpy as np
    >>> packed(np.array([[3, 256]]), 9).tolist()
    [[[3, 0], [0, 1]]]
    """
    import numpy as np

    length = (num_candidates + 7) // 8
    if subsets.dtype == object:
        data = b"".join(int(bits).to_bytes(length, "little") for bits in subsets.reshape(-1))
        return np.frombuffer(data, np.uint8).reshape(*subsets.shape, length)
    words = np.ascontiguousarray(subsets.astype("<i8"))
    return words.view(np.uint8).reshape(*subsets.shape, 8)[..., :length]


def recheck(read: Mapping[str, Any], answer: Answer) -> int:
    """Add up every subset of a file once more; return how many, or raise for the first wrong row.

    Examples
    --------
    >>> import numpy as np
    >>> import slth_opt
    >>> found = slth_opt.nearest_subsets([3, 5, 11], [13], size=2)
    >>> recheck(arrays_of(found, {}), found)
    1
    >>> recheck({**arrays_of(found, {}), "masks": np.array([[3]], np.uint8)}, found)
    Traceback (most recent call last):
    ...
    slth_opt.errors.ClaimRejected: row 0 as written: the subset has 2 weights and 5 error units, \
not 2 and 1
    """
    import numpy as np

    table = table_of(answer)
    masks, sizes, units = (np.asarray(read[name]) for name in ("masks", "sizes", "error_units"))
    columns = units.shape[1] if units.ndim == 2 else 1
    masks, units = (
        masks.reshape(*units.shape[:1], columns, masks.shape[-1]),
        units.reshape(-1, columns),
    )
    sizes = np.broadcast_to(sizes.reshape(-1, columns), units.shape)
    for first, last in parts_of(len(masks), table.num_candidates):
        placed = table.placed(first, last)
        for column in range(columns):
            bits = np.unpackbits(masks[first:last, column], axis=1, bitorder="little")
            counted = bits.sum(axis=1, dtype=np.int64)
            errors = placed.errors_of(bits[:, : table.num_candidates].astype(bool))
            size, said = sizes[first:last, column], units[first:last, column]
            right = (counted == size) & (errors == said) & _legal(answer, counted, errors)
            if isinstance(answer, Smallest):  # proven: there is no subset
                right |= (size == -1) & (said == -1) & (counted == 0)
            if not right.all():
                row = int(right.argmin())
                raise ClaimRejected(
                    f"row {first + row} as written: the subset has {counted[row]} weights and "
                    f"{errors[row]} error units, not {size[row]} and {said[row]}"
                )
    return int(units.size)


def _legal(answer: Answer, sizes: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Tell which subsets of a row are what was asked for."""
    table = table_of(answer)
    legal: np.ndarray = (sizes >= table.fewest) & (sizes <= table.most)
    return legal & (errors <= answer.tolerance) if isinstance(answer, Smallest) else legal
