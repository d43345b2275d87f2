"""Shared blocks: all methods side by side, and choosing together beside one after the other.

One input, h hidden neurons, some outputs: first weights uniform in [0, 1], second ones in
[-1, 1], targets in [-1/2, 1/2], all multiples of 2^-23; tolerance 0.01 (for the smallest error
a budget of three edges per output instead).

    python benchmarks/blocks.py [--shapes 15x4 20x10] [--seeds N] [--seconds S] [--only NAME ...]
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from slth_opt import Effort, Result, SharedBlock, solve
from slth_opt.backends import backend_named
from slth_opt.blocks import independent_block
from slth_opt.solving import why_not

ONE = 2.0**23
METHODS = (
    "neuron_sets", "cp_sat", "cp_sat_strong", "cbc", "cbc_strong", "highs", "highs_strong",
    "scip", "scip_strong",
)  # fmt: skip
OBJECTIVES = ("edges", "neurons", "error")


def draw(neurons: int, outputs: int, seed: int, minimise: str) -> SharedBlock:
    """Draw a block."""
    rng = np.random.default_rng((seed, neurons, outputs))
    first = np.rint(rng.uniform(0, 1, neurons) * ONE) / ONE
    second = np.rint(rng.uniform(-1, 1, (outputs, neurons)) * ONE) / ONE
    targets = np.rint(rng.uniform(-0.5, 0.5, outputs) * ONE) / ONE
    rules: dict[str, Any] = {"tolerance": 0.01}
    if minimise == "error":
        rules = {"most_edges": 3 * outputs}
    return SharedBlock.from_reals(first, second, targets, minimise=minimise, **rules)


def shown(problem: SharedBlock, number: int) -> str:
    """Return a value of the objective, rounded if it is an error."""
    real = float(problem.objective_grid.real(number))
    return f"{real:.3g}" if problem.minimise == "error" else str(number)


def cell(result: Result) -> str:
    """Return the value, the proven bound where it is less, and the seconds."""
    problem, value = result.problem, result.value
    assert isinstance(problem, SharedBlock)
    if value is None:
        return f"nothing, {result.seconds:.2g} s"
    words = shown(problem, value)
    if not result.is_optimal and backend_named(result.backend).exact:
        words += f" (at least {shown(problem, result.lower_bound)})"
    return f"{words}, {result.seconds:.2g} s"


def compare(shape: tuple[int, int], args: argparse.Namespace) -> None:
    """Print a row for each block and objective, a column for each method."""
    methods = [name for name in METHODS if args.only is None or name in args.only]
    for name in methods:
        for minimise in OBJECTIVES:
            solve(draw(3, 2, 0, minimise), name)  # load and compile
    for minimise in args.minimise:
        for seed in range(args.seeds):
            problem = draw(*shape, seed, minimise)
            cells = []
            for name in methods:
                refused = why_not(backend_named(name), problem, Effort(seconds=args.seconds))
                result = None if refused else solve(problem, name, Effort(seconds=args.seconds))
                cells.append("-" if result is None else cell(result))
            print(f"| {shape[0]}, {shape[1]} | {minimise} | {' | '.join(cells)} |", flush=True)


def gains(shape: tuple[int, int], args: argparse.Namespace) -> None:
    """Print what one after the other costs, and what together."""
    for seed in range(args.seeds):
        problem = draw(*shape, seed, "edges")
        alone = independent_block(problem)
        method = {"backend": args.only[0]} if args.only else {}
        edges = solve(problem, **method)
        neurons = solve(draw(*shape, seed, "neurons"), **method)
        assert edges.is_optimal
        assert neurons.is_optimal
        assert edges.mask is not None
        print(
            f"| {shape[0]}, {shape[1]} | {alone.second_edges} + {alone.neurons} = {alone.edges} "
            f"| {edges.size} + {len(problem.used(edges.mask))} = {edges.value} "
            f"| {neurons.value} ({neurons.size}) |",
            flush=True,
        )


def main() -> None:
    """Read the options and print rows of a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shapes", nargs="+", default=["15x4", "15x10", "20x4", "20x10"])
    parser.add_argument("--minimise", nargs="+", choices=OBJECTIVES, default=OBJECTIVES)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--only", nargs="+", choices=METHODS)
    parser.add_argument("--gains", action="store_true", help="together beside one by one")
    args = parser.parse_args()
    for words in args.shapes:
        neurons, outputs = map(int, words.split("x"))
        (gains if args.gains else compare)((neurons, outputs), args)


if __name__ == "__main__":
    main()
