"""From options to a size rule: how many candidates each weight of a ticket may keep."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from slth_opt.cli.inputs import given, read_number
from slth_opt.errors import ProblemError
from slth_opt.grid import as_fraction
from slth_opt.problems.layer_budget import NORMS
from slth_opt.size_rules import LEVELS, SPLITS, SizeRule

RULES = {
    "size": "--size K", "any_size": "--any-size", "smallest": "--smallest", "budget": "--budget K",
}  # fmt: skip


def add_size_rule(parser: ArgumentParser) -> None:
    """Add the options that make a size rule."""
    parser.add_argument("--size", type=int, metavar="K", help="each weight keeps exactly K")
    parser.add_argument("--any-size", action="store_true", help="each keeps what suits it best")
    parser.add_argument(
        "--smallest", action="store_true", help="each keeps as few as --tolerance allows"
    )
    parser.add_argument("--budget", type=int, metavar="K", help="all together keep at most K")
    parser.add_argument(
        "--tolerance",
        metavar="E",
        help="the largest error wanted (alone: --smallest; with another rule: errors above it "
        "count as failures)",
    )
    parser.add_argument(
        "--level", choices=LEVELS, help="what the tolerance is promised for (default: weight)"
    )
    parser.add_argument(
        "--split",
        choices=SPLITS,
        help="how a layer shares its tolerance: the errors of its entries add up to it, or their "
        "Frobenius norm does (default: entries)",
    )
    parser.add_argument(
        "--norm", choices=NORMS, help="what a budget minimises over all errors (default: linf)"
    )


def read_size_rule(options: Namespace) -> SizeRule | None:
    """Return the size rule that was asked for; None leaves it to the construction's paper.

    Examples
    --------
    >>> from argparse import Namespace
    >>> nothing = dict.fromkeys(("size", "any_size", "smallest", "budget", "level", "split"))
    >>> read_size_rule(Namespace(**nothing, tolerance="0.5", norm=None)).in_words()
    'as few as an error of 0.5 allows'
    """
    asked = [name for name in RULES if given(options, name)]
    if len(asked) > 1:
        known = ", ".join(RULES.values())
        both = " and ".join(RULES[name].split()[0] for name in asked)
        raise ProblemError(f"give at most one of {known}, not {both}")
    _check_company(options, asked)
    if not asked and options.tolerance is None:
        return None
    rule = {"size": "exactly", "any_size": "any", "budget": "budget"}
    tolerance = options.tolerance
    return SizeRule(
        rule=rule.get(asked[0], "smallest") if asked else "smallest",
        size=options.size,
        most=options.budget,
        tolerance=None
        if tolerance is None
        else as_fraction(read_number(tolerance, "--tolerance"), what="tolerance"),
        norm=options.norm or "linf",
        level=options.level or "weight",
        split=options.split or "entries",
    )


def _check_company(options: Namespace, asked: list[str]) -> None:
    """Refuse options that say something about a rule nobody asked for."""
    if "smallest" in asked and options.tolerance is None:
        raise ProblemError("--smallest needs --tolerance E")
    if options.tolerance is None:
        for name in ("level", "split"):
            if given(options, name):
                raise ProblemError(f"--{name} is about a tolerance: give --tolerance E too")
    if options.split is not None and options.level in (None, "weight"):
        raise ProblemError("--split shares the tolerance of a layer: give --level layer or network")
    if options.norm is not None and "budget" not in asked:
        raise ProblemError("--norm is what a budget minimises: give --budget K too")
