"""How many edges a ticket has: papers count differently, by factors of two to six.

Every convention has a name here and is reported beside the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slth_opt.tickets.records import BIAS, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCounts:
    """The edges of a ticket and of the source it is cut from, as different papers count them.

    Parameters
    ----------
    target
        Coefficients of the target, biases included.
    second_layer
        Kept edges behind the hidden neurons: chosen candidates that are not zero.
    first_layer
        Kept edges into hidden neurons: one for each neuron that any kept edge leaves.
    chosen
        Chosen candidates, zeros included: an "exactly k" subset may be filled up with them.
    natale_kept
        Twice `chosen`: Natale et al. 2024 count a first-layer edge of its own for each candidate.
    natale_source
        All entries of both full matrices, those outside the blocks included.
    block_source
        The entries that were drawn and could be used: those inside the blocks.
    pensia_source
        n for each coefficient of the target, as the published code of Pensia et al. 2020 counts.
    """

    target: int
    second_layer: int
    first_layer: int
    chosen: int
    natale_kept: int
    natale_source: int
    block_source: int
    pensia_source: int

    @property
    def edges(self) -> int:
        """All kept edges."""
        return self.first_layer + self.second_layer

    @property
    def density(self) -> float:
        """Kept edges as a share of the entries inside the blocks."""
        return self.edges / self.block_source

    @property
    def natale_density(self) -> float:
        """The density of Natale et al. 2024: their kept edges among all entries."""
        return self.natale_kept / self.natale_source

    @property
    def pensia_density(self) -> float:
        """The density of the published experiment: chosen candidates among n per weight."""
        return self.chosen / self.pensia_source

    def summary(self) -> dict[str, Any]:
        """Return the counts as plain JSON values."""
        return {
            "target": self.target,
            "edges": self.edges,
            "first_layer": self.first_layer,
            "second_layer": self.second_layer,
            "chosen": self.chosen,
            "natale_kept": self.natale_kept,
            "natale_source": self.natale_source,
            "natale_density": self.natale_density,
            "block_source": self.block_source,
            "density": self.density,
            "pensia_source": self.pensia_source,
            "pensia_density": self.pensia_density,
        }


def count_edges(ticket: Ticket) -> EdgeCounts:
    """Count the edges of a ticket under every convention.

    Examples
    --------
    >>> from slth_opt.networks import dense_network
    >>> from slth_opt.tickets import build_ticket
    >>> counts = count_edges(build_ticket(dense_network([[[0.5, -0.25]]]), "natale", n=4, seed=1))
    >>> counts.target, counts.chosen, counts.natale_kept, counts.natale_source
    (2, 8, 16, 48)
    """
    first = second = chosen = full = inside = 0
    for k, source in enumerate(ticket.sources):
        outputs, inputs, maps, width = source.second.shape
        for part in (part for part in ticket.parts if part.layer == k):
            second += int(part.edges.sum())
            chosen += int(part.choice.masks.sum())
        first += _used_neurons(ticket, k) if source.is_first_drawn else 0
        inside += source.second.size
        full += outputs * inputs * width * maps
        if source.first is not None and source.is_first_drawn:
            inside += source.first.size
            full += inputs * width * inputs
        if source.second_constant is not None and source.first_constant is not None:
            constants = source.second_constant.size + source.first_constant.size
            inside, full = inside + constants, full + constants
    weights = ticket.target.num_coefficients
    return EdgeCounts(
        target=weights,
        second_layer=second,
        first_layer=first,
        chosen=chosen,
        natale_kept=2 * chosen,
        natale_source=full,
        block_source=inside,
        pensia_source=ticket.n * weights,
    )


def _used_neurons(ticket: Ticket, layer: int) -> int:
    """Count the hidden neurons of a layer that some kept edge leaves."""
    import numpy as np

    source = ticket.sources[layer]
    shape = (0, 0) if source.first is None else source.first.shape
    used = np.zeros(shape, bool)
    count = 0
    for part in (part for part in ticket.parts if part.layer == layer):
        if part.branch == BIAS:
            count += int(part.edges.any(axis=0).sum())
        elif source.first is not None:
            (branch,) = (b for b in source.branches if b.name == part.branch)
            outputs, inputs, maps, _ = source.second.shape
            edges = part.edges.reshape(outputs, inputs, maps, branch.width).any(axis=(0, 2))
            used[:, branch.first : branch.last] |= edges
    return count + int(used.sum())
