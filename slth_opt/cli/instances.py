"""``slth instances``: the library of problems with known optima, to read, to use and to extend."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from slth_opt.cli import instance_answers, instance_facts, instance_files
from slth_opt.cli.command import Command

ACTIONS: tuple[Command, ...] = (
    *instance_facts.ACTIONS,
    *instance_answers.ACTIONS,
    *instance_files.ACTIONS,
)
"""What can be done with the library; each has a help of its own."""


def _arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for action in ACTIONS:
        lines = "\n".join(f"  {example}" for example in action.examples)
        sub = actions.add_parser(
            action.name,
            help=action.summary,
            description=action.summary[0].upper() + action.summary[1:] + ".",
            epilog=f"examples:\n{lines}",
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        action.arguments(sub)
        sub.add_argument(
            "--folder",
            default="instances",
            metavar="DIR",
            help="the folder of the library (instances)",
        )
        sub.add_argument("--json", action="store_true", help="print one JSON object")
        sub.set_defaults(action=action)


def _run(options: Namespace) -> int:
    action: Command = options.action
    return action.run(options)


COMMAND = Command(
    name="instances",
    summary="a library of problems with known optima: list, show, solve, generate, check",
    examples=(
        "slth instances generate quantised-fixed --group small --certify",
        "slth instances list --group small",
        "slth instances show quantised-fixed-n14-k7-b3-s1",
        "slth instances solve --family quantised-fixed --backend branching",
        "slth instances table",
    ),
    arguments=_arguments,
    run=_run,
)
