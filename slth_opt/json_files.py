"""JSON files read with suspicion and written whole or not at all.

Only integers, strings, booleans, nulls, lists and objects pass: a decimal number, NaN, a key
given twice or a file that is not what it seems becomes one line that names the file.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Never

from slth_opt.errors import FileError
from slth_opt.fields import shown

MOST_BYTES = 64 * 2**20
"""Larger files are refused before they are read."""

_TOO_LARGE = f"larger than {MOST_BYTES // 2**20} MiB"

MOST_DIGITS = 40
"""Numbers of a problem have at most 19 digits; seeds may have 39."""


def read_json(path: str | Path, *, within: str | Path | None = None) -> Any:
    """Read one JSON value from a file.

    Parameters
    ----------
    path
        The file.
    within
        A folder the file must really lie in, after all symbolic links are followed.

    Raises
    ------
    FileError
        If the file cannot be read, is larger than 64 MiB, or is not strict JSON.

    Examples
    --------
    >>> read_json("/no/such/file.json")
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: /no/such/file.json: cannot be read: No such file or directory
    """
    name = name_of(path)
    try:
        if within is not None:
            _check_within(path, within)
        # Opening a named pipe would wait for a writer, so look before opening.
        _check_regular(os.stat(path))
        with open(path, "rb") as file:
            _check_regular(os.fstat(file.fileno()))
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise FileError(f"is {_TOO_LARGE}")
        return parse_json(data)
    except FileError as refused:
        raise FileError(f"{name}: {refused}") from None
    except OSError as failed:
        raise FileError(f"{name}: cannot be read: {failed.strerror}") from None
    except ValueError as failed:  # a path with a zero byte in it
        raise FileError(f"{name}: cannot be read: {failed}") from None


def parse_json(data: bytes | str) -> Any:
    """Parse one strict JSON value; integers are the only numbers.

    Examples
    --------
    >>> parse_json('{"target": 3}')
    {'target': 3}
    >>> parse_json('{"target": 3.0}')
    Traceback (most recent call last):
    ...
    slth_opt.errors.FileError: holds the number 3.0 where only integers may stand
    """
    try:
        return json.loads(
            data.decode("utf-8") if isinstance(data, bytes) else data,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_not_integer,
            parse_constant=_not_integer,
        )
    except UnicodeDecodeError as failed:
        raise FileError(f"is not UTF-8 text: bad byte at position {failed.start}") from None
    except json.JSONDecodeError as failed:
        where = f"line {failed.lineno}, column {failed.colno}"
        raise FileError(f"is not JSON: {failed.msg} at {where}") from None
    except RecursionError:
        raise FileError("is nested too deeply to be what it should be") from None


def write_json(path: str | Path, value: Any) -> None:
    r"""Write one JSON value so that the file is, at any moment, the old one or the new one.

    Raises
    ------
    FileError
        If the file cannot be written; what was there before is untouched.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(Path(folder) / "a.json", {"weights": [1, 2]})
    ...     (Path(folder) / "a.json").read_text()
    '{\n  "weights": [1, 2]\n}\n'
    """
    content = format_json(value) + "\n"
    if len(content) > MOST_BYTES:  # all ASCII; what is written must be readable
        raise FileError(f"{name_of(path)}: cannot be written: it would be {_TOO_LARGE}")
    write_text(path, content)


def write_text(path: str | Path, content: str) -> None:
    r"""Write a text file beside its place, then move it there in one step.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text(Path(folder) / "a.txt", "done\n")
    ...     os.listdir(folder)
    ['a.txt']
    """
    write_whole(path, lambda file: file.write(content.encode("utf-8")))


def write_whole(path: str | Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside its place, then move it there in one step.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a.bin", lambda file: file.write(b"done"))
    ...     os.listdir(folder)
    ['a.bin']
    """
    place = Path(path)
    try:
        beside = place.with_name(f".{place.name[:100]}.{secrets.token_hex(8)}.part")
        try:
            with open(beside, "xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, place)
        finally:  # after a Ctrl-C too; there is nothing left to remove when all went well
            beside.unlink(missing_ok=True)
    except OSError as failed:
        raise FileError(f"{name_of(path)}: cannot be written: {failed.strerror}") from None
    except ValueError as failed:  # an empty name, or a zero byte in it
        raise FileError(f"{name_of(path)}: cannot be written: {failed}") from None


def format_json(value: Any, *, indent: str = "") -> str:
    """Lay a JSON value out to be read and compared: one field a line, one list of integers a line.

    Examples
    --------
    >>> print(format_json({"rows": [[1, 2], [3, 4]], "norm": "l1"}))
    {
      "rows": [
        [1, 2],
        [3, 4]
      ],
      "norm": "l1"
    }
    """
    deeper = indent + "  "
    if isinstance(value, dict) and value:
        parts = [
            f"{deeper}{json.dumps(key)}: {format_json(item, indent=deeper)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, (dict, list, str)) for item in value):
        parts = [deeper + format_json(item, indent=deeper) for item in value]
        return "[\n" + ",\n".join(parts) + f"\n{indent}]"
    return json.dumps(value, allow_nan=False)


def name_of(path: str | Path) -> str:
    r"""Show a path in a message, always on one line.

    Examples
    --------
    >>> name_of("pools/a.json"), name_of("a\nb")
    ('pools/a.json', "'a\\nb'")
    """
    form = str(path)
    return form if form.isprintable() else ascii(form)


def _check_within(path: str | Path, folder: str | Path) -> None:
    real, home = os.path.realpath(path), os.path.realpath(folder)
    if os.path.commonpath([real, home]) != home:
        raise FileError(f"leads out of the folder {name_of(folder)}")


def _check_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise FileError("is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise FileError("is not a regular file")
    if status.st_size > MOST_BYTES:
        raise FileError(f"is {_TOO_LARGE}: it has {status.st_size} bytes")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in pairs:
        if key in found:
            raise FileError(f"gives the key {shown(key)} twice")
        found[key] = item
    return found


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS + 1:
        length = len(digits.lstrip("-"))
        raise FileError(f"holds an integer of {length} digits; at most {MOST_DIGITS} are possible")
    return int(digits)


def _not_integer(number: str) -> Never:
    short = number if len(number) <= 40 else number[:37] + "..."
    raise FileError(f"holds the number {short} where only integers may stand")
