"""``slth certify``: solve by two methods of different kinds and write down what is proven."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from slth_opt.certificates import certificate_to_dict, verify
from slth_opt.certifying import certify
from slth_opt.cli.command import DONE, Command
from slth_opt.cli.inputs import read_effort
from slth_opt.cli.outputs import print_json, waiting
from slth_opt.cli.words import verified_in_words
from slth_opt.library import certificate_path, read_instance, write_certificate


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("instance", metavar="INSTANCE.json", help="an instance file")
    parser.add_argument(
        "--out",
        metavar="CERTIFICATE",
        help="where to write (default: <stem>.certificate.json beside the instance)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        metavar="S",
        help="stop each method after S seconds (default: 60)",
    )
    parser.add_argument("--workers", type=int, metavar="N", help="use N threads")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    problem = read_instance(options.instance).problem
    place = options.out or certificate_path(options.instance)
    with waiting("certifying"):
        certificate = certify(problem, effort=read_effort(options))
        report = verify(problem, certificate)  # what is written has been read by the checker
    write_certificate(place, certificate)
    if options.json:
        print_json({"certificate": str(place), **certificate_to_dict(certificate)})
    else:
        lines = [
            *verified_in_words(problem, report),
            *(f"remark: {remark}" for remark in certificate.remarks),
        ]
        print("\n".join([f"{place}: written", *(f"  {line}" for line in lines)]))
    return DONE


COMMAND = Command(
    name="certify",
    summary="solve an instance by two methods of different kinds and write a certificate",
    examples=("slth certify pool.json", "slth certify pool.json --out proof.json --json"),
    arguments=_arguments,
    run=_run,
)
