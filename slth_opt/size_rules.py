"""How many of its candidates each weight of a ticket may keep."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slth_opt.errors import ProblemError
from slth_opt.grid import as_fraction
from slth_opt.problems.legality import check_budget, whole_number

RULES = ("exactly", "any", "smallest", "budget")
"""Exactly k for each weight, any size, as few as a tolerance allows, or a total for all."""

LEVELS = ("weight", "layer", "network")
"""What a tolerance is promised for; `slth_opt.tolerances` turns it into that of each weight."""

SPLITS = ("entries", "frobenius")
"""How a layer's tolerance is shared: its entries' sum stays below it, or their Frobenius norm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRule:
    """One of the four rules, with its number.

    Parameters
    ----------
    rule
        One of `RULES`.
    size
        With ``"exactly"``: how many each weight keeps.
    tolerance
        With ``"smallest"``: how far off a weight may be. With the others, if given, weights
        that are further off count as failures.
    level, split
        What the tolerance is promised for, and how a layer shares it among its weights.
    most
        With ``"budget"``: how many all weights together may keep.
    norm
        With ``"budget"``: what is minimised, as in `LayerBudget`.

    Examples
    --------
    >>> SizeRule(rule="exactly", size=3).in_words()
    'exactly 3 each'
    """

    rule: str
    size: int | None = None
    tolerance: Fraction | None = None
    most: int | None = None
    norm: str = "linf"
    level: str = "weight"
    split: str = "entries"

    def __post_init__(self) -> None:
        for what, given, possible in (
            ("level", self.level, LEVELS),
            ("split", self.split, SPLITS),
        ):
            if given not in possible:
                raise ProblemError(
                    f"the {what} of a tolerance must be one of {', '.join(possible)}: {given!r}"
                )
        if self.rule not in RULES:
            raise ProblemError(f"the size rule must be one of {', '.join(RULES)}: {self.rule!r}")
        needs = {"exactly": "size", "smallest": "tolerance", "budget": "most"}.get(self.rule)
        for name in ("size", "most"):
            if (getattr(self, name) is not None) is not (needs == name):
                verb = "needs" if needs == name else "takes no"
                raise ProblemError(f"the size rule {self.rule!r} {verb} {name}")
        if self.size is not None:
            object.__setattr__(self, "size", whole_number(self.size, what="size"))
            check_budget(self.size)
        if self.most is not None:
            object.__setattr__(self, "most", whole_number(self.most, what="most"))
            check_budget(self.most)
        if self.tolerance is not None:
            allowed = as_fraction(self.tolerance, what="tolerance")
            if allowed < 0:
                raise ProblemError(f"the tolerance must not be negative, got {self.tolerance}")
            object.__setattr__(self, "tolerance", allowed)
        elif needs == "tolerance":
            raise ProblemError("the size rule 'smallest' needs a tolerance")

    def in_words(self) -> str:
        """Say the rule in a few words."""
        return {
            "exactly": f"exactly {self.size} each",
            "any": "any size",
            "smallest": f"as few as an error of {float(self.tolerance or 0):.9g} allows",
            "budget": f"at most {self.most} in all",
        }[self.rule]

    def canonical(self) -> dict[str, Any]:
        """Return the rule as plain JSON values."""
        tolerance = None if self.tolerance is None else str(self.tolerance)
        return {
            "rule": self.rule,
            "size": self.size,
            "tolerance": tolerance,
            "most": self.most,
            "norm": self.norm,
            "level": self.level,
            "split": self.split,
        }
