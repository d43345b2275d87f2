r"""Rows of results as CSV that reads back equal: strings in quotes, everything else plain.

Other programs read these files as they read any CSV. `rows_from_csv` does more: a string that looks
like a number stays a string, an integer stays one, and what is missing is None again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slth_opt.errors import FileError, ProblemError
from slth_opt.json_files import name_of

Row = dict[str, Any]
"""A line of results: names and plain JSON values."""

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)')
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows that all have the same columns as CSV.

    Examples
    --------
    >>> print(as_csv([{"n": 3, "law": "1", "share": 0.5}]), end="")
    n,law,share
    3,"1",0.5
    """
    if not rows:
        return ""
    columns = list(rows[0])
    for name in columns:
        if not _NAME.fullmatch(name):
            raise ProblemError(f"a column is named by letters, digits and _, not {name!r}")
    lines = [",".join(columns)]
    for number, row in enumerate(rows):
        if row.keys() != set(columns):
            raise ProblemError(f"row {number} has the columns {list(row)}, row 0 has {columns}")
        lines.append(",".join(_written(value) for value in map(row.__getitem__, columns)))
    return "".join(f"{line}\n" for line in lines)


def rows_from_csv(text: str) -> list[Row]:
    r"""Return the rows that `as_csv` wrote, equal in values and types.

    Examples
    --------
    >>> rows_from_csv('n,law,share\n3,"1",0.5\n')
    [{'n': 3, 'law': '1', 'share': 0.5}]
    """
    head, _, rest = text.partition("\n")
    columns = head.split(",") if head else []
    rows: list[Row] = []
    values: list[Any] = []
    place = 0
    while place < len(rest):
        field = _FIELD.match(rest, place)
        if field is None:
            raise FileError(f"row {len(rows)} is no row of a table of this package")
        values.append(_read(field, len(rows)))
        place = field.end()
        if field[3] == "\n":
            if len(values) != len(columns):
                raise FileError(
                    f"row {len(rows)} has {len(values)} values for {len(columns)} columns"
                )
            rows.append(dict(zip(columns, values, strict=True)))
            values = []
    if values:
        raise FileError("the last row is cut short")
    return rows


def read_rows(path: str | Path) -> list[Row]:
    """Return the rows of a CSV file that a study wrote.

    Examples
    --------
    >>> read_rows("/no/such/rows.csv")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: /no/such/rows.csv: cannot be read: No such file or directory
    """
    try:
        return rows_from_csv(Path(path).read_bytes().decode("utf-8"))
    except FileError as refused:
        raise FileError(f"{name_of(path)}: {refused}") from None
    except OSError as failed:
        raise FileError(f"{name_of(path)}: cannot be read: {failed.strerror}") from None
    except UnicodeDecodeError as failed:
        raise FileError(f"{name_of(path)}: is not UTF-8 text: byte {failed.start}") from None


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise ProblemError(f"a table holds numbers, strings and None, not {type(value).__name__}")


def _read(field: re.Match[str], row: int) -> Any:
    quoted, plain = field[1], field[2]
    if quoted is not None:
        return quoted.replace('""', '"')
    if plain == "":
        return None
    try:
        return json.loads(plain)
    except ValueError:
        raise FileError(f"row {row} holds {plain!r}, which is no number") from None
