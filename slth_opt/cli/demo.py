"""``slth demo``: one weight, from a random pool to a verified proof, in a few seconds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from slth_opt.certificates import verify
from slth_opt.certifying import certify
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.outputs import listed, print_json, print_table, waiting
from slth_opt.cli.profile import profile
from slth_opt.cli.words import verified_in_words
from slth_opt.errors import ProblemError
from slth_opt.grid import Grid
from slth_opt.library import (
    Instance,
    certificate_path,
    read_certificate,
    read_instance,
    write_certificate,
    write_instance,
)
from slth_opt.problems import SubsetSum
from slth_opt.results import Result

EXPONENT = 23
"""Weights are multiples of 2^-23, the float32 grid of numbers below one."""
POOL, SIZE, DRAWS = 20, 10, 1000
DEMO_TARGET = 0.3


def random_pool(seed: int) -> SubsetSum:
    """Draw a pool of uniform weights in [-1, 1] and a problem of fixed size.

    Examples
    --------
    >>> random_pool(1) == random_pool(1), random_pool(1) == random_pool(2)
    (True, False)
    """
    import numpy as np

    one = 2**EXPONENT
    weights = np.random.default_rng(seed).integers(-one, one, size=POOL, endpoint=True)
    return SubsetSum(
        weights=tuple(weights.tolist()),
        target=round(DEMO_TARGET * one),
        fewest=SIZE,
        most=SIZE,
        grid=Grid(exponent=EXPONENT),
    )


def best_drawn(problem: SubsetSum, seed: int) -> list[int]:
    """Return the best error, for every size, of `DRAWS` subsets drawn at random.

    Examples
    --------
    >>> pool = random_pool(1)
    >>> drawn = best_drawn(pool, seed=1)
    >>> len(drawn), drawn[0] == abs(pool.target)
    (21, True)
    """
    import numpy as np

    weights = np.array(problem.weights, np.int64)
    shuffled = np.random.default_rng(seed).permuted(np.tile(weights, (DRAWS, 1)), axis=1)
    sums = np.concatenate([np.zeros((DRAWS, 1), np.int64), shuffled.cumsum(axis=1)], axis=1)
    return [int(best) for best in np.abs(sums - problem.target).min(axis=0)]


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=2024, metavar="S", help="draws the pool")
    parser.add_argument(
        "--out", default="out/demo", metavar="DIR", help="where files go (default: out/demo)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    if options.seed < 0:
        raise ProblemError(f"the seed must be an integer >= 0, got {options.seed}")
    problem = random_pool(options.seed)
    with waiting("solving every size (the first run compiles)"):
        results, drawn = profile(problem), best_drawn(problem, options.seed)
    if not options.json:
        _print_sizes(results, drawn, options.seed)
    instance = Path(options.out) / "pool.json"
    place = certificate_path(instance)
    instance.parent.mkdir(parents=True, exist_ok=True)
    write_instance(instance, Instance(problem=problem, provenance=_facts(options.seed)))
    with waiting("certifying"):
        write_certificate(place, certify(problem))
    report = verify(read_instance(instance).problem, read_certificate(place))
    if options.json:
        print_json(
            {
                "instance": str(instance),
                "certificate": str(place),
                "verified": report.summary(),
                "sizes": [result.summary() for result in results],
                "best_drawn": [float(problem.grid.real(error)) for error in drawn],
            }
        )
        return DONE
    print(f"\nThe best {SIZE} of {POOL}, proven, written down and read back:")
    print("\n".join(f"  {line}" for line in verified_in_words(problem, report)))
    print(f"\nWritten: {instance} and {place}. Go on with")
    print("\n".join(f"  slth {word} {instance}" for word in ("solve", "verify", "audit")))
    return DONE


def _facts(seed: int) -> tuple[tuple[str, str | int], ...]:
    return (
        ("generator", "numpy.random.default_rng, integers"),
        ("seed", seed),
        ("distribution", f"uniform on the multiples of 2^-{EXPONENT} in [-1, 1]"),
    )


def _print_sizes(results: tuple[Result, ...], drawn: list[int], seed: int) -> None:
    """Print the best error of every size beside what random draws reach."""
    print(
        f"{POOL} random weights in [-1, 1], seed {seed}; target {DEMO_TARGET}.\n"
        f"The best subset of every size, and the best of {DRAWS} subsets drawn at random:\n"
    )
    rows = []
    for result, error in zip(results, drawn, strict=True):
        assert result.value is not None
        rows.append(
            (
                str(result.size),
                f"{float(result.real_error or 0):.3g}",
                "optimal" if result.is_optimal else "open",
                f"{float(result.problem.grid.real(error)):.3g}",
                f"{error / result.value:.0f} x" if result.value else "-",
                listed(result.indices, most=10),
            )
        )
    print_table(("size", "best error", "proven", "best drawn", "worse by", "indices"), rows)


COMMAND = Command(
    name="demo",
    summary="one weight end to end: every size, a proof by two methods, a verified certificate",
    examples=("slth demo", "slth demo --seed 7 --out out/seven"),
    arguments=_arguments,
    run=_run,
)
