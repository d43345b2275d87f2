"""From a target to a ticket: draw the source once, choose the best subset for every weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from slth_opt.choosing import Choice, choose, recomputed
from slth_opt.constructions import construction_named
from slth_opt.errors import ProblemError
from slth_opt.layouts import Construction, layers_of
from slth_opt.networks import Network
from slth_opt.size_rules import SizeRule
from slth_opt.sources import LayerSource, generator
from slth_opt.tickets.pooled_sizes import choose_pooled
from slth_opt.tickets.records import BIAS, Part, Ticket
from slth_opt.tolerances import layer_rule

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[int, int], None]

MOST_CANDIDATES = 2**31
"""More for one weight than any memory holds; numpy has no arrays for many times as many."""


def build_ticket(
    target: Network,
    construction: str,
    *,
    n: int,
    seed: int,
    rule: SizeRule | None = None,
    method: str | None = None,
    progress: Progress | None = None,
) -> Ticket:
    """Draw a source for a target and choose the best subset for each of its weights.

    Parameters
    ----------
    target
        The network to approximate.
    construction
        The name of a construction.
    n
        How many candidates each weight has on each branch.
    seed
        Of the source; the same seed draws the same source for every rule and method.
    rule
        The size rule; by default any size, one for ``malach``, half of n for ``natale``.
    method
        ``"exact"`` or the name of a heuristic; by default what the construction asks for.
    progress
        Told the subset sums done and all of them.

    Raises
    ------
    ProblemError
        If the construction cannot build a layer, in one line that names it.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> build_ticket(dense_network([[[0.5]]]), "malach", n=1000, seed=3).largest_error < 0.01
    True
    """
    plan = construction_named(construction)
    refusal = plan.refuse(target)
    if refusal is not None:
        raise ProblemError(f"construction {construction!r} cannot build this target: {refusal}")
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ProblemError(f"n must be an integer >= 1, got {n!r}")
    if n > MOST_CANDIDATES:
        raise ProblemError(f"n must be an integer of at most {MOST_CANDIDATES}, got {n}")
    rule = default_rule(plan, n) if rule is None else rule
    method = plan.default_method if method is None else method
    rng = generator(seed)
    sources = plan.lay_out(target, n, rng)
    asked = list(questions(target, sources))
    choices = _choose_all(target, asked, sources, rule, method, rng, progress)
    return Ticket(
        target=target,
        construction=construction,
        n=n,
        seed=seed,
        rule=rule,
        method=method,
        sources=sources,
        parts=tuple(
            replace(part, choice=choice) for part, choice in zip(asked, choices, strict=True)
        ),
    )


def default_rule(construction: Construction, n: int) -> SizeRule:
    """Return the size rule a construction's paper uses.

    Examples
    --------
    >>> default_rule(construction_named("natale"), 20).in_words()
    'exactly 10 each'
    """
    if construction.default_rule == "exactly":
        return SizeRule(rule="exactly", size=1 if construction.name == "malach" else max(1, n // 2))
    if construction.default_rule == "smallest":
        return SizeRule(rule="smallest", tolerance=Fraction(1, 100))
    return SizeRule(rule=construction.default_rule)


def questions(target: Network, sources: Sequence[LayerSource]) -> Iterator[Part]:
    """Yield the subset sums of a source: every branch of every layer, no subset chosen yet.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> target = dense_network([[[0.5, -0.25]]], biases=[[0.1]])
    >>> sources = construction_named("pensia").lay_out(target, 4, generator(0))
    >>> [(part.branch, part.pools.shape) for part in questions(target, sources)]
    [('plus', (2, 4)), ('minus', (2, 4)), ('bias', (1, 4))]
    """
    import numpy as np

    for k, (layer, source) in enumerate(zip(layers_of(target), sources, strict=True)):
        goals = np.repeat(layer.coefficients, source.copies, axis=0).ravel()
        for branch in source.branches:
            yield _unanswered(k, branch.name, source.products(branch), goals)
        if layer.bias is not None:
            biases = np.repeat(layer.bias, source.copies)
            yield _unanswered(k, BIAS, source.constant_products(), biases)


def _unanswered(layer: int, branch: str, pools: np.ndarray, targets: np.ndarray) -> Part:
    import numpy as np

    masks = np.zeros(pools.shape, bool)
    nothing = Choice(
        masks=masks, error_units=np.zeros(len(pools), np.int64), exponent=0, rounded=False,
        proven=False,
    )  # fmt: skip
    return Part(layer=layer, branch=branch, pools=pools, targets=targets, choice=nothing)


def _choose_all(
    target: Network,
    asked: Sequence[Part],
    sources: Sequence[LayerSource],
    rule: SizeRule,
    method: str,
    rng: np.random.Generator,
    progress: Progress | None,
) -> list[Choice]:
    """Choose for every part: one by one, or all together where a budget joins them."""
    import numpy as np

    total = sum(len(part.targets) for part in asked)
    if rule.rule == "budget":
        pools = np.concatenate([part.pools for part in asked])
        targets = np.concatenate([part.targets for part in asked])
        whole = choose(pools, targets, rule, method=method, rng=rng, progress=progress)
        cuts = np.cumsum([len(part.targets) for part in asked])[:-1]
        return [
            recomputed(part.pools, part.targets, masks & (part.pools != 0), proven=whole.proven)
            for part, masks in zip(asked, np.split(whole.masks, cuts), strict=True)
        ]
    choices: list[Choice] = []
    done = 0
    for part in asked:

        def tell(count: int, _: int, done: int = done) -> None:
            if progress is not None:
                progress(done + count, total)

        if sources[part.layer].pooled and rule.rule == "exactly" and part.branch != BIAS:
            choices.append(_pooled_choice(part, asked, rule, method))
            done += len(part.targets)
            continue
        own = layer_rule(rule, target, part.layer)
        choice = choose(part.pools, part.targets, own, method=method, rng=rng, progress=tell)
        if rule.rule != "exactly":  # a zero adds nothing; only a fixed size may need to keep some
            choice = replace(choice, masks=choice.masks & (part.pools != 0))
        choices.append(choice)
        done += len(part.targets)
    return choices


def _pooled_choice(part: Part, asked: Sequence[Part], rule: SizeRule, method: str) -> Choice:
    """Choose one side of pooled weights, under a size that both sides share."""
    if method != "exact":
        raise ProblemError(f"heuristic {method!r} cannot share one size between pooled sides")
    assert rule.size is not None
    sides = [p for p in asked if p.layer == part.layer and p.branch != BIAS]
    masks = choose_pooled(sides[0].pools, sides[1].pools, part.targets, rule.size)
    return recomputed(part.pools, part.targets, masks[sides.index(part)], proven=True)
