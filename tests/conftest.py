"""What all tests share: the same examples in every run, and a command line in a clean folder."""

import json
import os
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast",
    deadline=None,  # the first call of a kernel compiles it
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("fast"), max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def slth(tmp_path, monkeypatch, capfd):
    """Run command lines in an empty folder: ``slth("solve", "pool.json")``."""
    from slth_opt.cli.main import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return Run(code=code, out=captured.out, err=captured.err)

    return run
