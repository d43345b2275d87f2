"""`SharedBlock` as an integer program: choices, used neurons, and the errors of the outputs.

``x_ik <= y_k`` says that a neuron some output chooses is used; it is the fixed charge that
couples the outputs.
"""

from __future__ import annotations

from collections.abc import Sequence

from slth_opt.problems import SharedBlock
from slth_opt.programs.error_programs import worst_error
from slth_opt.programs.integer_program import IntegerProgram, Row, Terms, Variable


def program(problem: SharedBlock) -> IntegerProgram:
    """Return the program with variables x (choices), y (neurons) and, for an error, z.

    Examples
    --------
    >>> built = program(SharedBlock(products=((4, 1),), targets=(4,), minimise="edges",
    ...     tolerances=(1,)))
    >>> [variable.name for variable in built.variables], built.rows[-1].low, built.rows[-1].high
    (['x0', 'x1', 'y0', 'y1'], 3, 5)
    """
    n, h = problem.num_candidates, problem.num_neurons
    rows = [
        Row(name=f"use{i}", terms=((i, 1), (n + i % h, -1)), low=None, high=0) for i in range(n)
    ]
    variables = [Variable(name=f"x{i}", low=0, high=1) for i in range(n)]
    variables += [Variable(name=f"y{k}", low=0, high=1) for k in range(h)]
    neurons: Terms = tuple((n + k, 1) for k in range(h))
    edges: Terms = (*((i, 1) for i in range(n)), *neurons)
    if problem.minimise == "error":
        highest = max(
            worst_error(row, t) for row, t in zip(problem.products, problem.targets, strict=True)
        )
        variables.append(Variable(name="z", low=0, high=highest))
        for name, terms, most in (
            ("edges", edges, problem.most_edges),
            ("neurons", neurons, problem.most_neurons),
        ):
            if most is not None:
                rows.append(Row(name=name, terms=terms, low=None, high=most))
    for i, (products, target) in enumerate(zip(problem.products, problem.targets, strict=True)):
        chosen = tuple((i * h + k, p) for k, p in enumerate(products) if p)
        if problem.tolerances is not None:
            allowed = problem.tolerances[i]
            # Drawn in to what the sums reach, so that no side is longer than they are.
            reach = sum(p for p in products if p < 0), sum(p for p in products if p > 0)
            low = max(target - allowed, min(target, reach[0]))
            high = min(target + allowed, max(target, reach[1]))
            rows.append(Row(name=f"near{i}", terms=chosen, low=low, high=high))
        else:
            z = n + h
            rows.append(Row(name=f"above{i}", terms=(*chosen, (z, -1)), low=None, high=target))
            rows.append(Row(name=f"below{i}", terms=(*chosen, (z, 1)), low=target, high=None))
    objective = {"edges": edges, "neurons": neurons, "error": ((n + h, 1),)}[problem.minimise]
    return IntegerProgram(
        name=problem.kind,
        variables=tuple(variables),
        rows=tuple(rows),
        objective=objective,
        num_choices=n,
    )


def point(problem: SharedBlock, mask: Sequence[int]) -> tuple[int, ...]:
    """Extend a mask by the neurons it uses, and by its error where that is minimised.

    Examples
    --------
    >>> block = SharedBlock(products=((4, 1),), targets=(4,), minimise="error", most_edges=2)
    >>> point(block, (0, 1))
    (0, 1, 0, 1, 3)
    """
    used = set(problem.used(mask))
    neurons = tuple(int(k in used) for k in range(problem.num_neurons))
    errors = (problem.error(mask),) if problem.minimise == "error" else ()
    return (*mask, *neurons, *errors)
