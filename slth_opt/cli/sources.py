"""Where the numbers of a layer come from: a file of arrays, or a random example drawn by size."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from slth_opt.cli.arrays import check_place, source_of, write_npz
from slth_opt.cli.drawing import BITS, SEED, Wanted, draw
from slth_opt.cli.npz import read_npz
from slth_opt.errors import FileError, GridError, ProblemError
from slth_opt.json_files import name_of
from slth_opt.library import Instance, write_instance
from slth_opt.problems import Problem

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Arrays by name, and where they came from."""

    arrays: Mapping[str, np.ndarray]
    facts: Mapping[str, Any]

    def __getitem__(self, name: str) -> np.ndarray:
        """Return an array by its name."""
        return self.arrays[name]

    def in_words(self) -> str:
        """Say in a few words where the numbers came from."""
        if "file" in self.facts:
            return str(self.facts["file"])
        return (
            f"a random example: sizes {self.facts['sizes']}, seed {self.facts['seed']}, "
            f"multiples of 2^-{self.facts['bits']}"
        )


def add_source(parser: ArgumentParser, wanted: Wanted, file: str) -> None:
    """Add the options that name a file of arrays or draw an example."""
    described = _in_words(wanted)
    parser.add_argument("data", nargs="?", metavar=file, help=f"a file with {described}")
    parser.add_argument(
        "--draw",
        metavar="SIZES",
        help=f"draw a random example instead; SIZES are {wanted.sizes.replace(' x ', 'x')}",
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help=f"draws the example (default: {SEED})"
    )
    parser.add_argument(
        "--bits",
        type=int,
        metavar="B",
        help=f"draw multiples of 2^-B (default: {BITS}); fewer bits make an easier example",
    )
    parser.add_argument(
        "--round",
        metavar="BITS",
        type=int,
        help="round to BITS bits after the binary point (the answer then brackets the true error)",
    )


def read_source(options: Namespace, wanted: Wanted) -> Source:
    """Return the arrays of the file that was named, or of the example that was asked for."""
    if (options.data is None) is (options.draw is None):
        raise ProblemError("give a file of arrays, or --draw SIZES for a random example")
    if options.draw is not None:
        drawn, how = draw(options.draw, wanted, seed=options.seed, bits=options.bits)
        return Source(arrays=drawn, facts=how)
    for option in ("seed", "bits"):
        if getattr(options, option) is not None:
            raise ProblemError(f"--{option} is for a random example; drop it, or give --draw SIZES")
    arrays = read_npz(options.data, wanted.shapes)
    name = name_of(options.data)
    _check_names(arrays, wanted, name)
    _check_shapes(arrays, wanted, name)
    any_array = next(iter(arrays.values()))
    facts = source_of(options.data, any_array)
    shapes = {array: list(values.shape) for array, values in arrays.items()}
    return Source(arrays=arrays, facts={"file": name, "sha256": facts["sha256"], "shapes": shapes})


def check_places(options: Namespace) -> None:
    """Refuse places that cannot be written to, before any work."""
    sources = [] if options.data is None else [options.data]
    places = [p for p in (options.out, options.save) if p is not None]
    for place in places:
        check_place(place, *sources)
    if len(places) == 2 and places[0] == places[1]:
        raise FileError(f"{name_of(places[0])}: --out and --save cannot be the same file")


def save(
    options: Namespace, source: Source, problem: Problem | None, *, why_none: str = ""
) -> None:
    """Write what ``--save`` asks for: the arrays as ``.npz``, or the problem as an instance."""
    if options.save is None:
        return
    if options.save.endswith(".npz"):
        write_npz(options.save, source.arrays, check=len)
        return
    if problem is None:
        raise ProblemError(f"{why_none}; name a file that ends in .npz to save the arrays")
    facts = {"written_by": f"slth {options.command.name} --save", **source.facts}
    facts.pop("shapes", None)
    write_instance(options.save, Instance(problem=problem, provenance=tuple(facts.items())))


def naming_entries(refused: GridError, source: Source) -> GridError:
    """Say of numbers that do not fit together which are the finest and the largest of each array.

    Messages about anything else, which name an entry already, are left as they are.

    Examples
    --------
    >>> import numpy as np
    >>> source = Source(arrays={"first": np.array([1e-30, 4.0])}, facts={})
    >>> print(naming_entries(GridError("90 bits were missing"), source))
    90 bits were missing; the finest are first[0] = 1e-30, the largest first[1] = 4
    """
    text = str(refused)
    if not re.search(r"bits were missing|too fine", text):
        return refused
    finest, largest = [], []
    for name, array in source.arrays.items():
        entries = list(_entries(name, array))
        finest.append(max(entries, key=lambda entry: entry[1].as_integer_ratio()[1]))
        largest.append(max(entries, key=lambda entry: abs(entry[1])))
    shown = [", ".join(f"{where} = {v:.6g}" for where, v in those) for those in (finest, largest)]
    return GridError(f"{text}; the finest are {shown[0]}, the largest {shown[1]}")


def _entries(name: str, array: np.ndarray) -> Iterator[tuple[str, float | int]]:
    """Yield every entry with the words that point at it."""
    import numpy as np

    for index in np.ndindex(array.shape):
        yield name + "".join(f"[{i}]" for i in index), array[index].item()


def _in_words(wanted: Wanted) -> str:
    """Name the arrays with their shapes."""
    named = {name: f"{name} ({shape})" if shape else name for name, shape in wanted.shapes.items()}
    always = [words for name, words in named.items() if name not in wanted.either]
    return ", ".join(always) + "".join(
        f"{', and ' if i == 0 else ' or '}{named[name]}" for i, name in enumerate(wanted.either)
    )


def _check_names(arrays: Mapping[str, Any], wanted: Wanted, name: str) -> None:
    """Refuse a file that lacks an array, or has two where one is enough."""
    for array in wanted.shapes:
        if array not in arrays and array not in wanted.either:
            raise FileError(f"{name}: lacks the array '{array}'; it needs {_in_words(wanted)}")
    if wanted.either and sum(array in arrays for array in wanted.either) != 1:
        raise FileError(
            f"{name}: must have exactly one of the arrays {' and '.join(wanted.either)}"
        )


def _check_shapes(arrays: Mapping[str, np.ndarray], wanted: Wanted, name: str) -> None:
    """Refuse arrays of other dimensions, or that do not fit together."""
    said: dict[str, tuple[int, str]] = {}
    for array, values in arrays.items():
        if 0 in values.shape:
            raise FileError(f"{name}: {array} has shape {values.shape}, there is nothing in it")
        letters = wanted.shapes[array].split(" x ") if wanted.shapes[array] else []
        if letters and len(letters) != values.ndim:
            raise FileError(
                f"{name}: {array} has shape {values.shape}, it must be {wanted.shapes[array]}"
            )
        for letter, length in zip(letters, values.shape, strict=False):
            expected, where = said.setdefault(letter, (length, array))
            if length != expected:
                raise FileError(
                    f"{name}: {array} of shape {values.shape} does not match {where} of shape "
                    f"{arrays[where].shape}: {array} is {wanted.shapes[array]}, {where} is "
                    f"{wanted.shapes[where]}"
                )
