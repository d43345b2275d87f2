"""Count from how many bits on solvers in floating point get exported integers wrong.

Pools of ten numbers, of more and more bits, are exported; each third party reads the file and
chooses five of them, and the audit says what that is worth. The optima are those of looking at
every subset.

    python benchmarks/file_arithmetic.py [--draws N] [--seconds S]
"""

from __future__ import annotations

import argparse
import random
from collections import Counter

from slth_opt import SubsetSum, solve
from slth_opt.third_parties import READERS, check_file

BITS = (16, 20, 24, 26, 28, 30, 32, 36, 40, 46, 52, 56)
"""Of the numbers; the sums in a file have three or four more."""

CANDIDATES, SIZE = 10, 5


def drawn(bits: int, draw: int) -> SubsetSum:
    """Return a pool of numbers up to 2^bits."""
    rng = random.Random(f"{bits} {draw}")
    reach = 2**bits
    weights = tuple(rng.randint(-reach, reach) for _ in range(CANDIDATES))
    target = rng.randint(-reach, reach)
    return SubsetSum(weights=weights, target=target, fewest=SIZE, most=SIZE)


def main() -> None:
    """Print a line for each number of bits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    print(f"| bits | {' | '.join(reader.name for reader in READERS)} |")
    print(f"|--:|{'---|' * len(READERS)}")
    for bits in BITS:
        problems = [drawn(bits, draw) for draw in range(options.draws)]
        optima = [solve(problem, "enumeration").value for problem in problems]
        cells = []
        for reader in READERS:
            found = Counter(
                check_file(p, optimum, reader, reader.formats[0], seconds=options.seconds).verdict
                for p, optimum in zip(problems, optima, strict=True)
            )
            cells.append(", ".join(f"{count} {verdict}" for verdict, count in found.most_common()))
        print(f"| {bits} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
