"""The record of a study that is under way: one line for each finished task.

A line is on the disk before the next task counts as begun, so a study that is killed loses no more
than the tasks it was at. The first line says what the record is about, down to the code that
made it, so that rows of two versions are never mixed. Every other line ends with a check over
itself and the first, so that no line is believed that was changed. One run at a time may hold a
record.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path
from typing import Any

from slth_opt.csv_rows import Row
from slth_opt.errors import FileError
from slth_opt.json_files import name_of

Done = dict[int, list[Row]]
Add = Callable[[int, Sequence[Row]], None]


@contextmanager
def open_record(place: str | Path, asked: Mapping[str, Any]) -> Iterator[tuple[Done, Add]]:
    """Yield the finished tasks of a record, and a function that adds one.

    Parameters
    ----------
    place
        The file; it is made if it is not there, and its last line is dropped if it was cut off.
    asked
        What the study is about; a record about anything else is refused.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Path(folder) / "toss.tasks"
    ...     with open_record(place, {"seed": 1}) as (done, add):
    ...         add(0, [{"heads": 2}])
    ...     with open_record(place, {"seed": 1}) as (done, add):
    ...         done
    {0: [{'heads': 2}]}
    """
    name = name_of(place)
    with ExitStack() as held:
        try:
            file = held.enter_context(open(place, "a+b", buffering=0))
        except (OSError, ValueError) as failed:
            why = getattr(failed, "strerror", None) or failed
            raise FileError(f"{name}: cannot be written: {why}") from None
        _hold(file, name)
        done = _read(file, name, dict(asked))

        def add(number: int, rows: Sequence[Row]) -> None:
            _append(file, name, _checked(asked, number, list(rows)))

        yield done, add


def _hold(file: FileIO, name: str) -> None:
    """Keep other runs away until the file is closed, by whatever end this process comes to."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system: two runs at once are then not noticed
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileError(
            f"{name}: another run is writing it; wait for that one, or choose another folder"
        ) from None
    except OSError:  # a file system without locks
        return


def _read(file: FileIO, name: str, asked: dict[str, Any]) -> Done:
    """Return the finished tasks; cut off half a line at the end, and begin an empty record."""
    file.seek(0)
    data = file.read()
    whole = data[: data.rfind(b"\n") + 1]
    head_line = json.dumps(asked).encode("ascii")
    if not whole and not head_line.startswith(data):  # half a line, and not of ours
        raise FileError(f"{name}: is not the record of a study; remove it")
    if len(whole) < len(data):
        file.truncate(len(whole))
    if not whole:
        _append(file, name, asked)
        return {}
    head_line, *lines = whole.splitlines()
    try:
        head = json.loads(head_line)
        differing = [key for key in {**asked, **head} if asked.get(key) != head.get(key)]
    except (ValueError, TypeError, RecursionError):
        raise FileError(f"{name}: is not the record of a study; remove it") from None
    if differing:
        told = ", ".join(f"{key} {head.get(key)}, not {asked.get(key)}" for key in differing)
        raise FileError(
            f"{name}: is the record of another run: {told}; remove it, or choose another folder"
        )
    return dict(_task(line, name, asked, number) for number, line in enumerate(lines, start=2))


def _task(line: bytes, name: str, asked: dict[str, Any], number: int) -> tuple[int, list[Row]]:
    """Return the task of a line and its rows; refuse a line that is not as it was written."""
    try:
        entry = json.loads(line)
        is_whole = entry == _checked(asked, entry["task"], entry["rows"])
    except (ValueError, KeyError, TypeError, RecursionError):
        is_whole = False
    if not is_whole:
        raise FileError(
            f"{name}: line {number} is not as it was written; without that line the record is "
            "whole, and its task is done again"
        )
    return entry["task"], entry["rows"]


def _checked(asked: Mapping[str, Any], number: int, rows: list[Row]) -> dict[str, Any]:
    """Return the line of a task, with a check over it and what the record is about."""
    content = json.dumps([dict(asked), number, rows]).encode("ascii")
    return {"task": number, "rows": rows, "check": hashlib.sha256(content).hexdigest()[:16]}


def _append(file: FileIO, name: str, entry: Mapping[str, Any]) -> None:
    """Add a line, so that it is there even if the machine stops."""
    left = json.dumps(entry).encode("ascii") + b"\n"
    try:
        while left:  # a disk that is nearly full takes a part, and says why when asked for more
            left = left[file.write(left) :]
        os.fsync(file.fileno())
    except OSError as failed:
        raise FileError(
            f"{name}: cannot be written: {failed.strerror}; the tasks in it are kept, and the same "
            "command goes on"
        ) from None
