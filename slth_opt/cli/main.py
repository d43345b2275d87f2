"""The door: reads the command line, runs one command, turns every refusal into one line.

Exit codes: 0 done, 1 a check failed, 2 bad input, 130 interrupted before anything was found.
Nothing heavy is imported before a command needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import redirect_stderr
from io import StringIO

from slth_opt import __version__
from slth_opt.cli import (
    audit,
    batch,
    bench,
    block,
    certify,
    compare,
    count,
    coverage,
    demo,
    doctor,
    export,
    fit,
    instances,
    joint,
    layer,
    profile,
    solve,
    study,
    ticket,
    verify,
)
from slth_opt.cli.command import BAD_INPUT, CHECK_FAILED, DONE, INTERRUPTED, Command
from slth_opt.errors import CertificateRejected, ClaimRejected, SlthError

COMMANDS: tuple[Command, ...] = (
    demo.COMMAND,
    solve.COMMAND,
    profile.COMMAND,
    count.COMMAND,
    coverage.COMMAND,
    batch.COMMAND,
    layer.COMMAND,
    joint.COMMAND,
    block.COMMAND,
    fit.COMMAND,
    ticket.COMMAND,
    compare.COMMAND,
    certify.COMMAND,
    verify.COMMAND,
    audit.COMMAND,
    export.COMMAND,
    instances.COMMAND,
    study.COMMAND,
    bench.COMMAND,
    doctor.COMMAND,
)
"""Every command there is; a new one is one file and one entry here."""

_NEGATIVE = re.compile(r"-(\d|\.\d|inf|nan)", re.IGNORECASE)
_PLAIN_NEGATIVE = re.compile(r"-\d+|-\d*\.\d+")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Examples
    --------
    >>> main(["solve", "--weights", "4,-1,9", "--target", "-3", "--size", "9"])
    2
    """
    try:
        code = _obey(_join_negatives(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read our output has had enough; Python must not complain at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CHECK_FAILED


def _obey(arguments: list[str]) -> int:
    """Read the options, or say in one line what is wrong with them."""
    complaint = StringIO()
    try:
        with redirect_stderr(complaint):
            options = _parser().parse_args(arguments)
    except SystemExit as asked:
        if not asked.code:  # --help or --version
            return DONE
        usage, _, message = complaint.getvalue().partition(": error: ")
        program = usage.splitlines()[-1]
        if arguments[:1] in [[command.name] for command in COMMANDS] and program == "slth":
            program = f"slth {arguments[0]}"  # an option that the command does not have
        return _say(program, f"{message.strip()}; see {program} --help", BAD_INPUT)
    return _run(options.command, options)


def _run(command: Command, options: Namespace) -> int:
    """Run a command; turn what it raises on purpose into one line and an exit code."""
    name = f"slth {command.name}"
    try:
        return command.run(options)
    except (ClaimRejected, CertificateRejected) as rejected:
        return _say(name, rejected, CHECK_FAILED)
    except SlthError as refused:
        return _say(name, refused, BAD_INPUT)
    except BrokenPipeError:
        raise
    except OSError as trouble:
        named = f"{trouble.filename}: {trouble.strerror}" if trouble.filename else str(trouble)
        return _say(name, named, BAD_INPUT)
    except MemoryError:
        return _say(name, "not enough memory for this problem; try another backend", BAD_INPUT)
    except KeyboardInterrupt:
        return _say(name, "interrupted before anything was found", INTERRUPTED)


def _say(name: str, what: object, code: int) -> int:
    """Print one line on stderr and pass the exit code on."""
    print(f"{name}: {' '.join(str(what).split())}", file=sys.stderr)
    return code


def _join_negatives(arguments: Sequence[str]) -> list[str]:
    """Write ``--target -1e-3`` as ``--target=-1e-3``: argparse knows only plain negatives.

    Examples
    --------
    >>> _join_negatives(["--weights", "-0.5,1", "--target", "-2"])
    ['--weights=-0.5,1', '--target', '-2']
    """
    joined: list[str] = []
    for argument in arguments:
        option = joined[-1] if joined else ""
        taken = _NEGATIVE.match(argument) and not _PLAIN_NEGATIVE.fullmatch(argument)
        if taken and option.startswith("--") and "=" not in option:
            joined[-1] = f"{option}={argument}"
        else:
            joined.append(argument)
    return joined


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="slth",
        description="Exact strong lottery tickets: every answer proven, every proof re-checkable.",
        epilog="Each command has its own --help, with an example that runs.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"slth {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        lines = "\n".join(f"  {example}" for example in command.examples)
        sub = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.summary[0].upper() + command.summary[1:] + ".",
            epilog=f"examples:\n{lines}",
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.arguments(sub)
        sub.set_defaults(command=command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
