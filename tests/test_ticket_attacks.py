"""Tickets under attack: what hostile users tried, and what must come of it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from slth_opt.cli.ticket_files import write_checked
from slth_opt.errors import FileError, ProblemError
from slth_opt.networks import dense_network
from slth_opt.size_rules import SizeRule
from slth_opt.tickets import build_ticket, verify_ticket


@pytest.mark.parametrize("tolerance", [Fraction(1, 50), 10**30])
@pytest.mark.parametrize("construction", ["orseau", "pensia"])
def test_a_tolerance_far_above_tiny_weights_can_be_checked(construction, tolerance):
    """On the fine grid of a tiny weight a tolerance that allows anything is verified too."""
    rule = SizeRule(rule="smallest", tolerance=tolerance)
    target = dense_network([[[1.1e-12, -3.7e-13]]])
    ticket = build_ticket(target, construction, n=1, seed=3, rule=rule, method="exact")
    assert verify_ticket(ticket).sampled == len(ticket.parts) * 2
    assert ticket.num_failures == 0


@pytest.mark.parametrize("n", [10**16, 10**18, 10**30])
def test_more_candidates_than_arrays_can_have_are_refused(n):
    """A number of candidates that no array can hold is bad input, not an error of numpy."""
    with pytest.raises(ProblemError, match="n must be an integer"):
        build_ticket(dense_network([[[0.5]]]), "pensia", n=n, seed=1)


def test_a_place_that_cannot_be_written_to_is_called_by_its_own_name(tmp_path):
    """When writing fails, the line names the file that was asked for, not the one beside it."""

    def write(beside):
        raise FileError(f"{beside}: cannot be written: No space left on device")

    place = tmp_path / "ticket.npz"
    with pytest.raises(FileError) as refused:
        write_checked(place, write)
    assert str(refused.value) == f"{place}: cannot be written: No space left on device"


@pytest.mark.parametrize(("construction", "n"), [("pooled", 40), ("natale", 40), ("otsuka", 30)])
def test_wide_pools_are_verified_in_moments(construction, n):
    """Branching alone took for ever over forty candidates."""
    target = dense_network([[[0.3, -0.2]]])
    report = verify_ticket(build_ticket(target, construction, n=n, seed=0))
    assert report.sampled == report.weights


def test_pools_too_wide_are_said_to_be():
    """Nobody claims that they were solved again."""
    ticket = build_ticket(dense_network([[[0.3]]]), "otsuka", n=60, seed=0)
    report = verify_ticket(ticket)
    assert (report.sampled, report.too_wide) == (0, 1)
    assert "too wide to be solved again" in report.lines()[1]
