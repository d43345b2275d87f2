"""What is known about a `SharedBlock` before any solver is asked.

Let a *good* selection be a legal one that is at least as good as the start. At least one optimal
selection meets all of these rules; the start is made to meet them as well.

* **Smallest sizes.** An output needs at least as many neurons as its smallest subset within its
  tolerance (where the error is minimised: within the error of the start). This holds for every
  good selection.
* **Fewest neurons.** There are at least as many used neurons as any output chooses. Sets of that
  many, of one more, and so on are looked at one by one, as long as that is quick: until one of
  them suffices for all outputs, no good selection uses fewer.
* **Largest sizes.** Of the edges a good selection may have (the start's, or the budget) the other
  outputs need their smallest sizes, and the first layer a neuron for each that this one chooses.
  Where neurons are counted or have a budget no output chooses more than that many. This holds
  for every good selection.
* **Neurons that occur.** A neuron in no subset of an output between these sizes and within the
  tolerance is not chosen by it in any good selection.
* **The least error** of an output's subsets up to its largest size bounds that of the block.
* **Zero products.** A choice that adds zero is left out: no sum changes, nothing grows.
* **Equal outputs** (same products, target and tolerance) choose alike: whichever of them
  chooses fewer neurons is copied. No error is new, no neuron is, and there are no more edges.
* **Covered neurons.** Neuron k covers neuron m if their products agree wherever that of m is not
  zero. If m is used and k is not, all choices of m move to k: no sum changes. Each move brings
  the used neurons further forward in an order of all neurons in which k is before m, so moves
  come to an end; then k is used wherever m is. Equal outputs still choose alike.
* **Equal neurons** (same products throughout) are interchangeable: among them, choices are sorted
  in decreasing lexicographic order, so that the first output with products chooses them from
  the front. That exchanges used neurons with used ones, or moves unused ones to the back,
  where the covered ones among them already are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from slth_opt.problems import SharedBlock
from slth_opt.problems.legality import indices_of, mask_of
from slth_opt.programs import program_of
from slth_opt.programs.integer_program import IntegerProgram, Row, Terms
from slth_opt.strengthening.independent import improved, own_choices
from slth_opt.strengthening.outputs import fewest_neurons, smallest_offers, survey_sizes
from slth_opt.strengthening.records import Stronger

MOST_COMPARISONS = 10**7
"""Products compared to find covered neurons, at most: about a second."""


def strengthen_block(problem: SharedBlock, start: tuple[int, ...] | None) -> Stronger:
    """Bound the outputs by what they could do alone, fix, order, and find a start.

    Examples
    --------
    >>> block = SharedBlock(products=((4, 1, 3), (2, 2, 5)), targets=(4, 5), minimise="edges",
    ...     tolerances=(0, 0))
    >>> stronger = strengthen_block(block, None)
    >>> stronger.bound, stronger.start
    (4, (0, 5))
    """
    smallest = _smallest_sizes(problem, problem.tolerances) if problem.tolerances else None
    beyond = problem.num_neurons + 1
    if smallest is not None and beyond in smallest:
        program = _tightened(problem, _size_rows(problem, smallest, None, 0), (), 0)
        return Stronger(program=program, bound=problem.impossible or 0, start=None)
    pairs = _covering(problem)
    mask = _best_start(problem, start, smallest, pairs)
    if smallest is None:
        reached = 0 if mask is None else problem.error(mask)
        allowed = (reached,) * len(problem.products)
        smallest = _smallest_sizes(problem, allowed)
    else:
        allowed = problem.tolerances or ()
    fewest, enough = _fewest_neurons(problem, allowed, smallest, mask)
    if enough is not None and problem.minimise == "neurons":
        found = _within(problem, enough)
        mask = mask if found is None else _settled(problem, found, pairs)
    value = None if mask is None else problem.value(mask)
    largest = _largest_sizes(problem, smallest, fewest, value)
    idle, error = _idle_choices(problem, allowed, smallest, largest)
    bound = {
        "edges": fewest + sum(smallest),
        "neurons": fewest,
        "error": error,
    }[problem.minimise]
    rows = (
        *_size_rows(problem, smallest, largest, fewest),
        *_order_rows(problem, pairs),
        *_equal_rows(problem),
    )
    return Stronger(
        program=_tightened(problem, rows, idle, error),
        bound=max(bound, problem.free_bound()),
        start=None if mask is None else indices_of(mask),
    )


def _smallest_sizes(problem: SharedBlock, allowed: tuple[int, ...]) -> tuple[int, ...]:
    """Return the smallest size within tolerance of every output, or less if it is not known."""
    outputs = zip(problem.products, problem.targets, allowed, strict=True)
    return tuple(smallest_offers(row, target, most)[0] for row, target, most in outputs)


def _fewest_neurons(
    problem: SharedBlock,
    allowed: tuple[int, ...],
    smallest: tuple[int, ...],
    mask: tuple[int, ...] | None,
) -> tuple[int, tuple[int, ...] | None]:
    """Return how many neurons a good selection needs, and a set of so many if one was found."""
    # Those with large smallest subsets are the first to rule a set out.
    order = sorted(range(len(smallest)), key=smallest.__getitem__, reverse=True)
    rows = tuple(problem.products[i] for i in order)
    targets = tuple(problem.targets[i] for i in order)
    most = tuple(allowed[i] for i in order)
    low = max(smallest)
    # The start's own number is known to suffice.
    high = problem.num_neurons + 1 if mask is None else len(problem.used(mask))
    return fewest_neurons(rows, targets, most, range(low, max(low, high)))


def _within(problem: SharedBlock, neurons: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return every output's smallest legal subset of a few neurons that suffice.

    Of so many that not all subsets can be looked at, None.
    """
    mask: list[int] = []
    tolerances = problem.tolerances or ()
    for row, target, most in zip(problem.products, problem.targets, tolerances, strict=True):
        own = tuple(row[k] for k in neurons)
        _, offers = smallest_offers(own, target, most)
        if not offers:
            return None
        places = {neurons[j] for j in offers[0].neurons}
        mask += [int(k in places) for k in range(problem.num_neurons)]
    return tuple(mask)


def _largest_sizes(
    problem: SharedBlock, smallest: tuple[int, ...], fewest: int, value: int | None
) -> tuple[int, ...]:
    """Return the largest size an output may have in a good selection; `value` is the start's."""
    h = problem.num_neurons
    edges, neurons = problem.most_edges, problem.most_neurons
    if problem.minimise == "edges":
        edges = value
    elif problem.minimise == "neurons":
        neurons = value
    most = h if neurons is None else min(h, neurons)
    if edges is None:
        return (most,) * len(smallest)
    rooms = [edges - (sum(smallest) - size) for size in smallest]
    # So many edges are left for its choices and for neurons: no fewer than it chooses.
    return tuple(min(most, room - fewest, room // 2) for room in rooms)


def _idle_choices(
    problem: SharedBlock,
    allowed: tuple[int, ...],
    smallest: tuple[int, ...],
    largest: tuple[int, ...],
) -> tuple[list[int], int]:
    """Return choices that can be left out, and the largest of the outputs' least errors."""
    h, idle, bound = problem.num_neurons, list[int](), 0
    for i, (row, target) in enumerate(zip(problem.products, problem.targets, strict=True)):
        # For the least error the smaller sizes count as well.
        least = 0 if problem.minimise == "error" else smallest[i]
        found = survey_sizes(row, target, allowed[i], range(least, largest[i] + 1))
        occurring = range(h) if found is None else found.occurring
        idle += (i * h + k for k, p in enumerate(row) if not p or k not in occurring)
        if found is not None:
            bound = max(bound, min(offer.error for offer in found.offers))
    free = problem.free_bound() if problem.minimise == "error" else 0
    return idle, max(bound, free)


def _best_start(
    problem: SharedBlock,
    start: tuple[int, ...] | None,
    smallest: tuple[int, ...] | None,
    pairs: list[tuple[int, int]],
) -> tuple[int, ...] | None:
    """Return the better of the start and the outputs' own choices, improved and settled."""
    masks = []
    nothing = () if problem.minimise == "error" else None  # an error has no rule against it
    for tried in (start, own_choices(problem), nothing):
        if tried is not None:
            mask = mask_of(tried, problem.num_candidates)
            if smallest is not None:
                mask = improved(problem, mask, smallest)
            masks.append(_settled(problem, mask, pairs))
    return min(masks, key=lambda mask: (problem.value(mask), problem.edges(mask)), default=None)


def _settled(
    problem: SharedBlock, mask: tuple[int, ...], pairs: list[tuple[int, int]]
) -> tuple[int, ...]:
    """Make a selection meet the rules about zeros, equal outputs, and which neurons go first."""
    h = problem.num_neurons
    flat = [p for row in problem.products for p in row]
    chosen = [int(bool(x and p)) for x, p in zip(mask, flat, strict=True)]
    for group in _equal_outputs(problem):
        rows = [chosen[i * h : (i + 1) * h] for i in group]
        for i in group:
            chosen[i * h : (i + 1) * h] = min(rows, key=sum)
    moving = True
    while moving:
        moving = False
        for k, m in pairs:
            if any(chosen[m::h]) and not any(chosen[k::h]):
                chosen[k::h], chosen[m::h] = chosen[m::h], chosen[k::h]
                moving = True
    for group in _equal_neurons(problem):
        columns = sorted((chosen[k::h] for k in group), reverse=True)
        for k, column in zip(group, columns, strict=True):
            chosen[k::h] = column
    return tuple(chosen)


def _equal_outputs(problem: SharedBlock) -> list[list[int]]:
    tolerances = problem.tolerances or (0,) * len(problem.products)
    return _groups(list(zip(problem.products, problem.targets, tolerances, strict=True)))


def _equal_neurons(problem: SharedBlock) -> list[list[int]]:
    """Return groups of neurons with the same products, not all of them zero."""
    columns = list(zip(*problem.products, strict=True))
    return [group for group in _groups(columns) if any(columns[group[0]])]


def _groups(items: Sequence[tuple[object, ...]]) -> list[list[int]]:
    """Return the places of equal items, where there are several, in increasing order."""
    places: dict[tuple[object, ...], list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault(item, []).append(place)
    return [group for group in places.values() if len(group) > 1]


def _covering(problem: SharedBlock) -> list[tuple[int, int]]:
    """Return pairs (k, m) where neuron k covers m: equal ones in order, and larger ones first."""
    columns = list(zip(*problem.products, strict=True))
    pairs = [pair for g in _equal_neurons(problem) for pair in pairwise(g)]
    partly = [m for m, column in enumerate(columns) if any(column) and not all(column)]
    if len(partly) * problem.num_candidates > MOST_COMPARISONS:
        return pairs
    for m in partly:
        for k, column in enumerate(columns):
            needed = zip(column, columns[m], strict=True)
            if column != columns[m] and all(p in (q, 0) for q, p in needed):
                pairs.append((k, m))
    return pairs


def _size_rows(
    problem: SharedBlock,
    smallest: tuple[int, ...],
    largest: tuple[int, ...] | None,
    fewest: int,
) -> Iterator[Row]:
    """Yield how many neurons each output needs and may choose, and how many all of them need."""
    h, n = problem.num_neurons, problem.num_candidates
    for i, size in enumerate(smallest):
        if problem.minimise == "neurons" and size <= h:
            continue  # there they say nothing about the objective, and slowed CP-SAT to a half
        most = h if largest is None else largest[i]
        if size > 0 or most < h:
            ones: Terms = tuple((i * h + k, 1) for k in range(h))
            yield Row(name=f"size{i}", terms=ones, low=size, high=most if most < h else None)
    if fewest > 0:
        neurons: Terms = tuple((n + k, 1) for k in range(h))
        yield Row(name="used", terms=neurons, low=fewest, high=None)


def _order_rows(problem: SharedBlock, pairs: list[tuple[int, int]]) -> Iterator[Row]:
    """Yield that a neuron is used if one it covers is, and equal ones are chosen in order."""
    h, n = problem.num_neurons, problem.num_candidates
    for k, m in pairs:
        yield _not_before(f"cover{k}_{m}", n + k, n + m)
    for group in _equal_neurons(problem):
        i = next(i for i, row in enumerate(problem.products) if row[group[0]])
        for k, m in pairwise(group):
            yield _not_before(f"order{k}_{m}", i * h + k, i * h + m)


def _not_before(name: str, first: int, second: int) -> Row:
    """Return the row that says that the second variable is 1 only if the first one is."""
    ordered = sorted(((first, 1), (second, -1)))
    return Row(name=name, terms=tuple(ordered), low=0, high=None)


def _equal_rows(problem: SharedBlock) -> Iterator[Row]:
    """Yield that equal outputs choose alike."""
    h = problem.num_neurons
    for group in _equal_outputs(problem):
        for i, j in pairwise(group):
            for k in range(h):
                terms = ((i * h + k, 1), (j * h + k, -1))
                yield Row(name=f"equal{j}_{k}", terms=terms, low=0, high=0)


def _tightened(
    problem: SharedBlock, rows: Iterable[Row], idle: Iterable[int], error: int
) -> IntegerProgram:
    """Add rows, fix choices and the neurons without any left, and raise the error's low end."""
    program, n, h = program_of(problem), problem.num_candidates, problem.num_neurons
    fixed = set(idle)
    fixed |= {n + k for k in range(h) if fixed.issuperset(range(k, n, h))}
    variables = [replace(v, high=0) if i in fixed else v for i, v in enumerate(program.variables)]
    if problem.minimise == "error":
        variables[-1] = replace(variables[-1], low=error)
    return replace(program, variables=tuple(variables), rows=(*program.rows, *rows))
