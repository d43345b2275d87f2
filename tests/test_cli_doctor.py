"""``slth doctor`` tells what its canaries found, and fails if one is harmful."""

import pytest

from slth_opt.canaries import Canary, CanaryReport, Severity
from slth_opt.cli import doctor


def canary_saying(severity):
    report = CanaryReport(severity=severity, finding="it said 3", consequence="do without it")
    return Canary(name="bird", checks="two and two", run=lambda: report)


@pytest.mark.parametrize(
    ("severity", "code", "word"),
    [
        (Severity.RIGHT, 0, "bird: pass"),
        (Severity.GUARDED, 0, "bird: wrong, but nothing here depends on it"),
        (Severity.HARMFUL, 1, "bird: WRONG"),
    ],
)
def test_only_a_harmful_canary_fails(slth, monkeypatch, severity, code, word):
    """The exit code is 1 only if something that would be believed is wrong."""
    monkeypatch.setattr(doctor, "CANARIES", (canary_saying(severity),))
    run = slth("doctor")
    assert (run.code, word in run.out) == (code, True)


def test_every_canary_says_what_it_found_and_what_follows(slth, monkeypatch):
    """The JSON of the doctor holds finding and consequence of each canary."""
    monkeypatch.setattr(doctor, "CANARIES", (canary_saying(Severity.GUARDED),))
    (told,) = slth("doctor", "--json").json["canaries"]
    assert (told["finding"], told["consequence"]) == ("it said 3", "do without it")


def test_this_installation_is_healthy(slth):
    """On the pinned versions no canary is harmful, and the pinned ortools is named."""
    told = slth("doctor", "--json").json
    assert told["healthy"]
    assert told["versions"]["ortools"].startswith("9.1")
