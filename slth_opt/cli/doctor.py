"""``slth doctor``: which versions are here, and whether their solvers tell the truth."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from slth_opt.canaries import CANARIES, Canary, CanaryReport, Severity, versions
from slth_opt.cli.command import CHECK_FAILED, DONE, Command
from slth_opt.cli.outputs import print_json, print_lines, waiting

_WORDS = {
    Severity.RIGHT: "pass",
    Severity.GUARDED: "wrong, but nothing here depends on it",
    Severity.HARMFUL: "WRONG",
}


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _run(options: Namespace) -> int:
    found = versions()
    if not options.json:
        print("versions")
        print_lines([(name, known or "not installed") for name, known in found.items()])
    tried = []
    for canary in CANARIES:
        with waiting(f"trying {canary.name}"):
            tried.append((canary, canary.run()))
        if not options.json:
            print(f"\n{canary.name}: {_WORDS[tried[-1][1].severity]}")
            print_lines(_lines(*tried[-1]))
    healthy = all(report.passed for _, report in tried)
    if options.json:
        canaries = [_record(canary, report) for canary, report in tried]
        print_json({"versions": found, "canaries": canaries, "healthy": healthy})
    else:
        print(f"\n{'This installation can be used.' if healthy else 'Mend what is WRONG above.'}")
    return DONE if healthy else CHECK_FAILED


def _lines(canary: Canary, report: CanaryReport) -> list[tuple[str, str]]:
    return [
        ("tries", canary.checks),
        ("found", report.finding),
        ("hence", report.consequence),
    ]


def _record(canary: Canary, report: CanaryReport) -> dict[str, Any]:
    return {
        "name": canary.name,
        "checks": canary.checks,
        "severity": report.severity.value,
        "passed": report.passed,
        "finding": report.finding,
        "consequence": report.consequence,
    }


COMMAND = Command(
    name="doctor",
    summary="show versions, and try known wrong answers of solvers on this machine",
    examples=("slth doctor", "slth doctor --json"),
    arguments=_arguments,
    run=_run,
)
