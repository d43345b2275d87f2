"""Small, strict readers of the formats we write, made from the formats' descriptions.

They read integers only, know the whole meaning of RANGES, and stop at whatever they do not
know: the writers' slow twins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from slth_opt.programs.integer_program import IntegerProgram, Row, Variable

MPS_SECTIONS = ["NAME", "ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS", "ENDATA"]


def program_from(name, bounds, rows, objective):
    """Build a program from bounds and rows by name; zeros stand for nothing."""
    number = {variable: i for i, variable in enumerate(bounds)}

    def terms(coefficients):
        return tuple(sorted((number[v], c) for v, c in coefficients.items() if c))

    return IntegerProgram(
        name=name,
        variables=tuple(Variable(name=v, low=a, high=b) for v, (a, b) in bounds.items()),
        rows=tuple(Row(name=r, terms=terms(c), low=a, high=b) for r, (c, a, b) in rows.items()),
        objective=terms(objective),
        num_choices=1,
    )


def read_mps(text):
    """Read free MPS: every variable integer, with a lower and an upper bound."""
    name, section, seen, integer = None, None, [], False
    senses, columns, sides, ranges, bounds = {}, {}, {}, {}, {}
    for line in text.splitlines():
        fields = line.split()
        if not line.startswith(" "):
            section = fields[0]
            seen.append(section)
            if section == "NAME":
                name, layout = fields[1:]
                assert layout == "FREE"
        elif section == "ROWS":
            sense, row = fields
            assert row not in senses
            senses[row] = sense
        elif section == "COLUMNS":
            if fields[1] == "'MARKER'":
                assert integer == (fields[2] == "'INTEND'")
                integer = fields[2] == "'INTORG'"
            else:
                assert integer
                variable, row, number = fields
                assert columns == {} or variable == list(columns)[-1] or variable not in columns
                column = columns.setdefault(variable, {})
                assert row not in column
                column[row] = int(number)
        elif section in ("RHS", "RANGES"):
            _, row, number = fields
            table = sides if section == "RHS" else ranges
            assert row not in table
            table[row] = int(number)
        elif section == "BOUNDS":
            kind, _, variable, number = fields
            assert kind == ("UP" if variable in bounds else "LO")
            bounds.setdefault(variable, []).append(int(number))
        else:
            raise AssertionError(f"a line in no section: {line}")
    assert seen == [s for s in MPS_SECTIONS if s in seen]
    assert set(MPS_SECTIONS) - set(seen) <= {"RANGES"}
    assert list(bounds) == list(columns)
    (free,) = (row for row, sense in senses.items() if sense == "N")
    rows = {
        row: (
            {v: column[row] for v, column in columns.items() if row in column},
            *mps_sides(sense, sides.get(row, 0), ranges.get(row)),
        )
        for row, sense in senses.items()
        if sense != "N"
    }
    objective = {v: column[free] for v, column in columns.items() if free in column}
    return program_from(name, bounds, rows, objective)


def mps_sides(sense, side, width):
    """Return the two sides of a row as the MPS format defines them."""
    if width is None:
        return {"E": (side, side), "L": (None, side), "G": (side, None)}[sense]
    if sense == "E":
        return (side, side + width) if width > 0 else (side + width, side)
    return (side - abs(width), side) if sense == "L" else (side, side + abs(width))


def read_lp(text):
    """Read a CPLEX LP file of integer variables with two bounds; joins ``.low`` and ``.high``."""
    comment, *lines = text.splitlines()
    assert comment.startswith("\\ ")
    assert max(map(len, lines)) <= 510
    headings = ["Minimize", "Subject To", "Bounds", "Generals", "End"]
    at = [lines.index(heading) for heading in headings]
    assert at == sorted(at)
    assert (at[0], at[-1]) == (0, len(lines) - 1)
    objective, constraints, bound_lines, generals = (lines[a + 1 : b] for a, b in pairwise(at))
    order = " ".join(generals).split()
    bounds = {}
    for line in bound_lines:
        low, relation, variable, other, high = line.split()
        assert (relation, other) == ("<=", "<=")
        bounds[variable] = int(low), int(high)
    assert list(bounds) == order
    rows = {}
    for words in lp_statements(constraints):
        *terms, relation, side = words[1:]
        row, _, half = words[0][:-1].partition(".")
        sense = {"<=": "L", ">=": "G", "=": "E"}[relation]
        coefficients, (low, high) = lp_sum(terms), mps_sides(sense, int(side), None)
        if half == "high":
            assert rows[row][0] == coefficients
            low = rows.pop(row)[1]
            assert low != high
        else:
            assert row not in rows
            assert half in ("", "low")
        rows[row] = coefficients, low, high
    ((label, *goal),) = lp_statements(objective)
    assert label == "objective:"
    assert set(lp_sum(goal)).union(*(c for c, _, _ in rows.values())) == set(order)
    return program_from(comment[2:], bounds, rows, lp_sum(goal))


def lp_statements(lines):
    """Yield the words of every labelled statement, however many lines it takes."""
    words = []
    for word in " ".join(lines).split():
        if word.endswith(":") and words:
            yield words
            words = []
        words.append(word)
    if words:
        yield words


def lp_sum(words):
    """Return the coefficients of a sum written as sign, number, name, sign, number, name, ..."""
    assert len(words) % 3 == 0
    assert words
    triples = list(zip(words[::3], words[1::3], words[2::3], strict=True))
    coefficients = {v: {"+": 1, "-": -1}[sign] * int(number) for sign, number, v in triples}
    assert len(coefficients) == len(triples)
    return coefficients


@dataclass(frozen=True, slots=True, kw_only=True)
class PseudoBoolean:
    """An OPB file: constraints over bits numbered from 1, and what the comments say of them."""

    num_bits: int
    objective: dict
    offset: int
    constraints: list
    variables: dict

    def decode(self, bits):
        """Return the integer variables that 0/1 values of the bits stand for."""
        return tuple(low + at_bits(sum_, bits) for low, sum_ in self.variables.values())

    def is_feasible(self, bits):
        """Tell whether 0/1 values of the bits meet every constraint."""
        activities = [(at_bits(c, bits), relation, side) for c, relation, side in self.constraints]
        return all(a == side if r == "=" else a >= side for a, r, side in activities)


def at_bits(coefficients, bits):
    """Return a sum over bits at their values."""
    return sum(c * bits[bit - 1] for bit, c in coefficients.items())


def read_opb(text):
    """Read an OPB file and the comments in which our writer says what the bits mean."""
    lines = text.splitlines()
    assert max(map(len, lines)) <= 510
    mark, variables_label, num_bits, constraints_label, num_constraints = lines[0].split()
    assert (mark, variables_label, constraints_label) == ("*", "#variable=", "#constraint=")
    # A comment that goes on is indented once more.
    comments = " ".join(line for line in lines[2:] if line.startswith("*")).replace("*  ", "")
    statements = " ".join(line for line in lines if not line.startswith("*")).split(";")
    assert statements.pop().strip() == ""
    goal, *constraints = (statement.split() for statement in statements)
    assert goal[0] == "min:"
    assert len(constraints) == int(num_constraints)
    assert {words[-2] for words in constraints} <= {">=", "="}
    note, *described = (comment.split() for comment in comments.split("* ")[1:])
    assert note[:-1] == ["objective", "=", "minimised", "sum"]
    program = PseudoBoolean(
        num_bits=int(num_bits),
        objective=opb_sum(goal[1:]),
        offset=int(note[-1]),
        constraints=[(opb_sum(words[:-2]), words[-2], int(words[-1])) for words in constraints],
        variables={words[0]: (int(words[2]), opb_sum(words[3:])) for words in described},
    )
    sums = [program.objective, *(c for c, _, _ in program.constraints)]
    assert all(sums)
    assert {bit for c in sums for bit in c} <= set(range(1, program.num_bits + 1))
    return program


def opb_sum(words):
    """Return the coefficients of a sum written as number, bit, number, bit, ..."""
    coefficients = {}
    for number, bit in zip(words[::2], words[1::2], strict=True):
        assert bit[0] == "x"
        assert number[0] in "+-"
        assert int(bit[1:]) not in coefficients
        coefficients[int(bit[1:])] = int(number)
    return coefficients
