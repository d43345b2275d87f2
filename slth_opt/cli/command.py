"""The record a command is made of."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

DONE, CHECK_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""What the exit codes mean; the last is for a Ctrl-C before anything was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of ``slth``.

    Parameters
    ----------
    name, summary
        What users type, and the line they see in ``slth --help``.
    examples
        Complete command lines shown by ``--help``; a test runs every one. They may read
        ``pool.json``, which the first example of ``solve`` writes.
    arguments
        Adds the options to a parser.
    run
        Does the work and returns the exit code.
    """

    name: str
    summary: str
    examples: tuple[str, ...]
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
