"""From options to a problem: a file, or a pool and a target typed by hand."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from tokenize import TokenError
from typing import Any

from slth_opt.errors import FileError, GridError, ProblemError
from slth_opt.library import read_instance
from slth_opt.problems import Problem, SmallestSubset, SubsetSum
from slth_opt.problems.legality import Size
from slth_opt.results import Effort

MOST_TEXT = 2**28
"""The largest text file of numbers that is read, in bytes."""


def add_pool(parser: ArgumentParser) -> None:
    """Add the options that name a pool and a target."""
    add_weights(parser)
    parser.add_argument("--target", metavar="X", help="the number to approximate")


def add_weights(parser: ArgumentParser) -> None:
    """Add the options that name a pool."""
    parser.add_argument(
        "--weights",
        metavar="W",
        help="the pool: numbers like 0.31,-0.72,0.5, a one-dimensional .npy file, or a text file",
    )
    parser.add_argument(
        "--round",
        metavar="BITS",
        type=int,
        help="round to BITS bits after the binary point (the answer then brackets the true error)",
    )


def add_size(parser: ArgumentParser) -> None:
    """Add the options that say which sizes are allowed."""
    parser.add_argument("--size", metavar="K", type=int, help="choose exactly K weights")
    parser.add_argument("--at-most", metavar="K", type=int, help="choose at most K weights")
    parser.add_argument(
        "--between", nargs=2, metavar=("LO", "HI"), type=int, help="choose LO to HI weights"
    )
    parser.add_argument("--any-size", action="store_true", help="choose any number of weights")


def add_effort(parser: ArgumentParser) -> None:
    """Add the options that choose a method and limit its work."""
    parser.add_argument(
        "--backend", default="auto", metavar="NAME", help="the method (default: the first able one)"
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="stop after S seconds")
    parser.add_argument("--workers", type=int, metavar="N", help="use N threads")


def read_effort(options: Namespace) -> Effort:
    """Return the limits the options ask for."""
    return Effort(seconds=options.seconds, workers=options.workers)


def read_problem(options: Namespace) -> Problem:
    """Return the problem of an instance file, or of a pool typed by hand."""
    rules = _size_rules(options)
    by_hand = [
        *(f"--{name}" for name in ("weights", "target", "round") if given(options, name)),
        *(rule for rule, _ in rules),
        *(f"--{name}" for name in ("smallest", "tolerance") if given(options, name)),
    ]
    if options.instance is not None:
        if by_hand:
            raise ProblemError(
                f"an instance file says everything about its problem; drop {' '.join(by_hand)}"
            )
        return read_instance(options.instance).problem
    if options.weights is None or options.target is None:
        raise ProblemError("give an instance file, or --weights and --target")
    if options.smallest or options.tolerance is not None:
        return _smallest(options, rules)
    return read_subset_sum(options, read_size(options, "; or --smallest with --tolerance E"))


def read_size(options: Namespace, otherwise: str = "") -> Size:
    """Return the one size rule that was given."""
    rules = _size_rules(options)
    if len(rules) != 1:
        names = f", not {' and '.join(name for name, _ in rules)}" if rules else ""
        raise ProblemError(
            f"give exactly one of --size K, --at-most K, --between LO HI, --any-size{names}"
            f"{otherwise}"
        )
    return rules[0][1]


def read_subset_sum(options: Namespace, size: Size) -> SubsetSum:
    """Return the subset sum of a pool and a target typed by hand."""
    weights, target = read_weights(options.weights), read_number(options.target, "--target")
    try:
        return SubsetSum.from_reals(weights, target, size=size, **read_rounding(options))
    except GridError as refused:
        raise in_option_words(refused) from None


def _smallest(options: Namespace, rules: list[tuple[str, Size]]) -> SmallestSubset:
    if not options.smallest or options.tolerance is None or rules:
        drop = f"; drop {' '.join(name for name, _ in rules)}" if rules else ""
        raise ProblemError(f"--smallest and --tolerance E go together, without a size{drop}")
    weights, target = read_weights(options.weights), read_number(options.target, "--target")
    tolerance = read_number(options.tolerance, "--tolerance")
    try:
        return SmallestSubset.from_reals(
            weights, target, tolerance=tolerance, **read_rounding(options)
        )
    except GridError as refused:
        raise in_option_words(refused) from None


def _size_rules(options: Namespace) -> list[tuple[str, Size]]:
    """Return the size rules that were given, each with its option."""
    rules: list[tuple[str, Size]] = []
    if options.size is not None:
        rules.append(("--size", options.size))
    if options.at_most is not None:
        rules.append(("--at-most", (0, options.at_most)))
    if options.between is not None:
        rules.append(("--between", (options.between[0], options.between[1])))
    if options.any_size:
        rules.append(("--any-size", None))
    return rules


def given(options: Namespace, name: str) -> bool:
    """Tell whether an option was given; 0 is a number like any other.

    Examples
    --------
    >>> given(Namespace(budget=0), "budget"), given(Namespace(curve=False), "curve")
    (True, False)
    """
    value = getattr(options, name)
    return value is not None and value is not False


def read_rounding(options: Namespace) -> dict[str, Any]:
    """Return how to place reals, as `SubsetSum.from_reals` takes it."""
    return {} if options.round is None else {"rounding": "nearest", "bits": options.round}


def in_option_words(refused: GridError) -> GridError:
    """Say what to do in the words of the command line."""
    words = (
        ("rounding='nearest' with bits <= ", "--round "),
        ("rounding='nearest' with bits", "--round BITS"),
        ("rounding='nearest'", "--round"),
        ("bits=", "--round "),
        ("use bits <= ", "use --round "),
    )
    text = str(refused)
    for python, option in words:
        text = text.replace(python, option)
    return GridError(text)


def read_weights(source: str) -> list[Any]:
    """Return the numbers of a comma-separated list, a ``.npy`` file or a text file, exactly.

    Examples
    --------
    >>> read_weights("0.5,-3, 1e-3")
    [0.5, -3, 0.001]
    """
    if source.endswith(".npy"):
        return _read_npy(Path(source))
    typed = _numbers(source)
    if typed is not None:
        return typed
    path = Path(source)
    if not path.exists():
        raise FileError(
            f"--weights {source!r} is neither numbers (like 0.31,-0.72,0.5) nor a file there is"
        )
    if path.stat().st_size > MOST_TEXT:
        raise FileError(f"{source}: too long for a text file of numbers; store it as .npy")
    try:
        read = _numbers(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        read = None
    if read is None:
        raise FileError(f"{source}: not a text file of numbers separated by commas or spaces")
    return read


def _numbers(text: str) -> list[int | float] | None:
    """Read numbers separated by commas or white space; None if there is anything else."""
    try:
        return [_read_number(word) for word in text.replace(",", " ").split()]
    except ValueError:
        return None


def read_number(text: str, what: str) -> int | float:
    """Return the number typed for an option.

    Examples
    --------
    >>> read_number("1e-3", "--tolerance")
    0.001
    """
    try:
        return _read_number(text)
    except ValueError:
        raise ProblemError(f"{what} must be a number, got {text!r}") from None


def _read_number(word: str) -> int | float:
    """Read an integer in full, anything else as the nearest double."""
    try:
        return int(word)
    except ValueError:
        return float(word)


def _read_npy(path: Path) -> list[Any]:
    import numpy as np

    with path.open("rb") as file:
        whole = file.read(6) == b"\x93NUMPY"
    try:
        # Mapping the file compares the declared shape with its length before any is read.
        array = np.load(path, mmap_mode="r", allow_pickle=False) if whole else None
    except (ValueError, TypeError, OverflowError, EOFError, SyntaxError, TokenError):
        array = None
    if array is None:
        raise FileError(f"{path}: not a whole .npy file of plain numbers (pickles are refused)")
    if array.ndim != 1:
        raise FileError(f"{path}: a pool has one dimension, this file has shape {array.shape}")
    if array.dtype.kind not in "fiu":
        raise FileError(f"{path}: a pool holds real numbers, this file holds {array.dtype}")
    return list(array.tolist())
