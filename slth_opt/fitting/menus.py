"""What a row can be had for: its best error for every number of edges, solved when asked.

With at most k edges the best error can only fall as k grows. So an optimum that keeps fewer
edges than it may is the optimum of all sizes in between, and a bound for k holds below k too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from slth_opt.errors import ClaimRejected
from slth_opt.problems import VectorSum
from slth_opt.problems.legality import mask_of
from slth_opt.results import Effort, Result, Stop

Ask = Callable[[VectorSum, tuple[int, ...], Effort], Result]
"""How one `VectorSum` is solved: the problem, a selection to start from, the effort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How much may still be done, and why no more if so.

    `stopped` holds the reason once there is one.
    """

    effort: Effort
    deadline: float | None
    stopped: list[Stop]

    def share(self, parts: int) -> Effort:
        """Return the effort for one of so many parts of what is left."""
        if self.deadline is None:
            return self.effort
        left = max(0.0, self.deadline - time.perf_counter())
        return replace(self.effort, seconds=left / max(1, parts))

    def note(self, stop: Stop) -> None:
        """Remember why a search ended, if it did not finish."""
        if stop is not Stop.FINISHED:
            self.stopped.append(stop)

    @property
    def interrupted(self) -> bool:
        """Whether somebody pressed Ctrl-C: then nothing more is searched."""
        return Stop.INTERRUPTED in self.stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """One row: its problem, the most edges it may have, and the sizes solved so far."""

    problem: VectorSum
    most: int
    ask: Ask
    clock: Clock
    solved: dict[int, Result]

    def best(self, size: int, parts: int = 1) -> Result:
        """Return the best with at most `size` edges, solving it with a share of what is left."""
        size = min(size, self.most)
        known = self._known(size)
        if known is None:
            problem, start = replace(self.problem, most=size), self._start(size)
            if self.clock.interrupted:
                known = unsolved(problem, start)
            else:
                known = self.ask(problem, start, self.clock.share(parts))
                self.clock.note(known.stop)
            self.solved[size] = known
        return known

    def bound(self, size: int) -> int:
        """Return a bound on the error with at most `size` edges, without solving anything."""
        size = min(size, self.most)
        return max((r.lower_bound for most, r in self.solved.items() if most >= size), default=0)

    def within(self, size: int) -> Result:
        """Return the best selection known with at most `size` edges, without solving anything."""
        fitting = [r for r in self.solved.values() if size_of(r) <= size]
        return min(fitting, key=lambda r: (value_of(r), size_of(r)))

    def _known(self, size: int) -> Result | None:
        """Return the answer to a size that follows from another: a larger budget, not used up."""
        if size in self.solved:
            return self.solved[size]
        for most, result in self.solved.items():
            if most > size and result.is_optimal and size_of(result) <= size:
                return result
        return None

    def _start(self, size: int) -> tuple[int, ...]:
        """Return the best selection known that fits, or one that is cut down to fit."""
        found = [self.within(size).indices or ()]
        larger = [r for most, r in self.solved.items() if most > size and size_of(r) > size]
        if larger:
            chosen = set(min(larger, key=size_of).indices or ())
            while len(chosen) > size:
                chosen.remove(min(chosen, key=lambda j: self._value(chosen - {j})))
            found.append(tuple(sorted(chosen)))
        return min(found, key=lambda indices: self._value(set(indices)))

    def _value(self, chosen: set[int]) -> int:
        return self.problem.value(mask_of(chosen, self.problem.num_candidates))


def open_menu(problem: VectorSum, most: int, ask: Ask, clock: Clock) -> Menu:
    """Return the menu of a row; what it costs to keep no edge is known at once.

    Examples
    --------
    >>> problem = VectorSum(rows=((3, 5),), targets=(4,), norm="l1", fewest=0, most=2)
    >>> clock = Clock(effort=Effort(), deadline=None, stopped=[Stop.INTERRUPTED])
    >>> open_menu(problem, 2, print, clock).best(0).value
    4
    """
    nothing = unsolved(replace(problem, most=0), ())
    known = replace(nothing, lower_bound=value_of(nothing), stop=Stop.FINISHED)
    return Menu(problem=problem, most=most, ask=ask, clock=clock, solved={0: known})


def unsolved(problem: VectorSum, indices: tuple[int, ...]) -> Result:
    """Return what is known of a selection without a search.

    Examples
    --------
    >>> problem = VectorSum(rows=((3, 5),), targets=(4,), norm="l1", fewest=0, most=2)
    >>> result = unsolved(problem, (0,))
    >>> result.value, result.lower_bound
    (1, 0)
    """
    return Result(
        problem=problem, backend="none", indices=indices,
        value=problem.value(mask_of(indices, problem.num_candidates)), lower_bound=0,
        infeasible=False, stop=Stop.INTERRUPTED, seconds=0.0, nodes=0,
    )  # fmt: skip


def size_of(result: Result) -> int:
    """Return how many edges a result keeps.

    Examples
    --------
    >>> problem = VectorSum(rows=((3, 5),), targets=(4,), norm="l1", fewest=0, most=2)
    >>> size_of(unsolved(problem, (0,)))
    1
    """
    return len(result.indices or ())


def value_of(result: Result) -> int:
    """Return the error of a result; a row always has one, some selection is always legal.

    Examples
    --------
    >>> problem = VectorSum(rows=((3, 5),), targets=(4,), norm="l1", fewest=0, most=2)
    >>> value_of(unsolved(problem, (0,)))
    1
    """
    if result.value is None:
        raise ClaimRejected(f"backend '{result.backend}' found no selection, though all are legal")
    return result.value
