"""`JointLayer` as an integer program: the product of two choices becomes a variable of its own.

``w <= a``, ``w <= b`` and ``w >= a + b - 1`` make w the product of the 0/1 variables a and b.
"""

from __future__ import annotations

from collections.abc import Sequence

from slth_opt.problems import JointLayer
from slth_opt.programs.error_programs import worst_error
from slth_opt.programs.integer_program import IntegerProgram, Row, Variable


def program(problem: JointLayer) -> IntegerProgram:
    """Return the program with variables a, b (the masks), w (their products) and z (errors).

    Examples
    --------
    >>> built = program(JointLayer(first=((2, 1),), second=((3,),), targets=((4, 0),),
    ...     norm="linf", most=3))
    >>> [variable.name for variable in built.variables]
    ['a0_0', 'a0_1', 'b0_0', 'w0_0_0', 'w0_0_1', 'z0']
    """
    outputs, hidden, inputs = problem.shape
    variables = [
        Variable(name=f"a{k}_{j}", low=0, high=1) for k in range(hidden) for j in range(inputs)
    ]
    variables += [
        Variable(name=f"b{i}_{k}", low=0, high=1) for i in range(outputs) for k in range(hidden)
    ]
    num_choices = len(variables)
    rows: list[Row] = []
    if problem.most < num_choices:
        every = tuple((i, 1) for i in range(num_choices))
        rows.append(Row(name="budget", terms=every, low=None, high=problem.most))
    sides = []
    for (i, j), products, target in problem.entries():
        chosen = []
        for k, product in enumerate(products):
            if product:
                w, name = len(variables), f"{i}_{k}_{j}"
                a, b = k * inputs + j, hidden * inputs + i * hidden + k
                variables.append(Variable(name=f"w{name}", low=0, high=1))
                rows += [
                    Row(name=f"first{name}", terms=((a, -1), (w, 1)), low=None, high=0),
                    Row(name=f"second{name}", terms=((b, -1), (w, 1)), low=None, high=0),
                    Row(name=f"both{name}", terms=((a, 1), (b, 1), (w, -1)), low=None, high=1),
                ]
                chosen.append((w, product))
        sides.append((tuple(chosen), target, worst_error(products, target)))
    first_error = len(variables)
    worst = [bound for _, _, bound in sides]
    highest = [max(worst)] if problem.norm == "linf" else worst
    variables += [Variable(name=f"z{e}", low=0, high=bound) for e, bound in enumerate(highest)]
    for e, (terms, target, _) in enumerate(sides):
        z = first_error + (0 if problem.norm == "linf" else e)
        rows.append(Row(name=f"above{e}", terms=(*terms, (z, -1)), low=None, high=target))
        rows.append(Row(name=f"below{e}", terms=(*terms, (z, 1)), low=target, high=None))
    return IntegerProgram(
        name=problem.kind,
        variables=tuple(variables),
        rows=tuple(rows),
        objective=tuple((first_error + e, 1) for e in range(len(highest))),
        num_choices=num_choices,
    )


def point(problem: JointLayer, mask: Sequence[int]) -> tuple[int, ...]:
    """Extend both masks by their products and the errors.

    Examples
    --------
    >>> layer = JointLayer(first=((2, 1),), second=((3,),), targets=((4, 0),), norm="l1", most=3)
    >>> point(layer, (1, 0, 1))
    (1, 0, 1, 1, 0, 2, 0)
    """
    first, second = problem.split(mask)
    products = tuple(
        int(bool(second[i][k] and first[k][j]))
        for (i, j), pool, _ in problem.entries()
        for k, product in enumerate(pool)
        if product
    )
    errors = problem.errors(mask)
    return (*mask, *products, *((max(errors),) if problem.norm == "linf" else errors))
