"""``slth verify``: check everything a certificate says, without any solver."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from slth_opt.certificates import verify
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.outputs import print_json
from slth_opt.cli.words import verified_in_words
from slth_opt.library import certificate_path, read_certificate, read_instance


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("instance", metavar="INSTANCE.json", help="an instance file")
    parser.add_argument(
        "certificate",
        nargs="?",
        metavar="CERTIFICATE",
        help="its certificate (default: <stem>.certificate.json beside it)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    place = options.certificate or certificate_path(options.instance)
    problem = read_instance(options.instance).problem
    report = verify(problem, read_certificate(place))
    if options.json:
        print_json({"verified": True, **report.summary()})
    else:
        print(
            "\n".join(
                [f"{place}: true", *(f"  {line}" for line in verified_in_words(problem, report))]
            )
        )
    return DONE


COMMAND = Command(
    name="verify",
    summary="re-check a certificate with plain integers, without any solver",
    examples=("slth verify pool.json", "slth verify pool.json pool.certificate.json --json"),
    arguments=_arguments,
    run=_run,
)
