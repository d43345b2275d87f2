"""Plain JSON values read strictly: each field there, no other, each of the type it must have.

A field that is missing, unknown or of another type is a `FileError` that names the field.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from slth_opt.errors import FileError


def record(value: Any, names: Collection[str], *, what: str) -> dict[str, Any]:
    """Return a JSON object that has exactly the fields named.

    Examples
    --------
    >>> record({"a": 1}, ["a"], what="the pair")
    {'a': 1}
    >>> record({"a": 1, "c": 2}, ["a", "b"], what="the pair")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: the pair lacks the field 'b'
    """
    if not isinstance(value, dict):
        raise FileError(f"{what} must be an object, got {shown(value)}")
    for name in names:
        if name not in value:
            raise FileError(f"{what} lacks the field '{name}'")
    for name in value:
        if name not in names:
            possible = ", ".join(names)
            raise FileError(f"{what} has an unknown field {shown(name)}; possible are {possible}")
    return value


def listing(value: Any, *, what: str) -> list[Any]:
    """Return a JSON list.

    Examples
    --------
    >>> listing([1, "a"], what="rows")
    [1, 'a']
    """
    if not isinstance(value, list):
        raise FileError(f"{what} must be a list, got {shown(value)}")
    return value


def integer(value: Any, *, what: str) -> int:
    """Return a JSON integer; a boolean is none.

    Examples
    --------
    >>> integer(-3, what="target")
    -3
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise FileError(f"{what} must be an integer, got {shown(value)}")
    return value


def integers(value: Any, *, what: str) -> tuple[int, ...]:
    """Return a JSON list of integers as a tuple.

    Examples
    --------
    >>> integers([2, 0], what="weights")
    (2, 0)
    """
    items = listing(value, what=what)
    return tuple(integer(item, what=f"{what}[{i}]") for i, item in enumerate(items))


def boolean(value: Any, *, what: str) -> bool:
    """Return a JSON true or false; 0 and 1 are neither.

    Examples
    --------
    >>> boolean(True, what="rounded")
    True
    """
    if not isinstance(value, bool):
        raise FileError(f"{what} must be true or false, got {shown(value)}")
    return value


def text(value: Any, *, what: str) -> str:
    """Return a JSON string that prints on one line.

    Examples
    --------
    >>> text("normal", what="distribution")
    'normal'
    """
    if not isinstance(value, str):
        raise FileError(f"{what} must be a string, got {shown(value)}")
    if not value.isprintable():
        raise FileError(f"{what} must be printable text on one line, got {shown(value)}")
    return value


def one_of(value: Any, possible: Collection[str], *, what: str) -> str:
    """Return a JSON string that is one of a few.

    Examples
    --------
    >>> one_of("l1", ("l1", "linf"), what="norm")
    'l1'
    """
    if not isinstance(value, str) or value not in possible:
        raise FileError(f"{what} must be one of {', '.join(possible)}; got {shown(value)}")
    return value


def shown(value: Any, *, most: int = 60) -> str:
    """Show any JSON value in a message: on one line, in ASCII, cut to a readable length.

    Examples
    --------
    >>> shown([1.5, None]), shown("a" * 100, most=10)
    ('a list', "'aaaaaa...")
    """
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    form = ascii(value)
    return form if len(form) <= most else form[: most - 3] + "..."
