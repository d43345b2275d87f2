"""Which instances of a library a command is about: by name, or by what the index says of them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from slth_opt.errors import ProblemError
from slth_opt.instances import GROUPS, STATUSES, Entry, read_entries
from slth_opt.problems import KINDS

LISTS: dict[str, tuple[str, Callable[[Entry], str], Sequence[str]]] = {
    "family": ("families", lambda entry: entry.family, ()),
    "problem": ("kinds of problem", lambda entry: entry.problem, KINDS),
    "group": ("groups", lambda entry: entry.group, GROUPS),
    "status": ("statuses", lambda entry: entry.status, STATUSES),
}
"""Filters that take one value or several with commas between them, and what values there are."""

LIMITS: dict[str, tuple[str, Callable[[Entry], int]]] = {
    "max_candidates": ("0/1 variables", lambda entry: entry.candidates),
    "max_rows": ("sums", lambda entry: entry.rows),
    "max_bits": ("bits in its largest integer", lambda entry: entry.bits),
}
"""Filters that take a number."""


def add_filters(parser: ArgumentParser) -> None:
    """Add the options that choose instances."""
    for name, (what, _, values) in LISTS.items():
        known = f": {', '.join(values)}" if values else ""
        parser.add_argument(
            f"--{name}", metavar="A,B", help=f"only these {what}, with commas between them{known}"
        )
    for name, (what, _) in LIMITS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=int, metavar="N", help=f"only up to N {what}"
        )


def choose_entries(options: Namespace, names: Sequence[str] = ()) -> tuple[Entry, ...]:
    """Return the entries the options ask for, in the order of the library.

    Raises
    ------
    ProblemError
        If a name or a value is not known; no filter fits anything but by mistake.
    """
    entries = read_entries(options.folder)
    wanted = {find_entry(entries, name).instance for name in names}
    chosen = [entry for entry in entries if not names or entry.instance in wanted]
    for name, (what, value_of, values) in LISTS.items():
        given = getattr(options, name)
        if given is None:
            continue
        asked = [word.strip() for word in given.split(",")]
        known = values or sorted({value_of(entry) for entry in entries})
        for word in asked:
            if word not in known:
                raise ProblemError(
                    f"--{name} {word!r} is none of the {what} there are: {', '.join(known)}"
                )
        chosen = [entry for entry in chosen if value_of(entry) in asked]
    for name, (_, count_of) in LIMITS.items():
        limit = getattr(options, name)
        if limit is not None:
            chosen = [entry for entry in chosen if count_of(entry) <= limit]
    return tuple(chosen)


def find_entry(entries: Sequence[Entry], name: str) -> Entry:
    """Return the entry of a name: its stem, or family/stem, with or without its ending.

    Examples
    --------
    >>> find_entry([], "near-tie-n16")
    Traceback (most recent call last):
    ...
    slth_opt.errors.ProblemError: there is no instance 'near-tie-n16'; slth instances list shows \
what there is
    """
    short = name.removesuffix(".json")
    for entry in entries:
        if short in (entry.stem, entry.instance) or short.endswith(f"/{entry.instance}"):
            return entry
    near = get_close_matches(short, [entry.stem for entry in entries], n=3)
    hint = (
        f"did you mean {' or '.join(near)}?" if near else "slth instances list shows what there is"
    )
    raise ProblemError(f"there is no instance {name!r}; {hint}")
