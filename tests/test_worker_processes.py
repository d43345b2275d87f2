"""Work shared out: every call is answered once, and Ctrl-C ends all processes in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from slth_opt.errors import ProblemError
from slth_opt.worker_processes import share_out
from tests.test_study_records import children_of, waiting_for


def test_one_worker_answers_in_order():
    """Without other processes the calls are answered one after the other."""
    assert list(share_out(divmod, [(7, 2), (9, 4), (5, 5)], 1)) == [
        (0, (3, 1)), (1, (2, 1)), (2, (1, 0)),
    ]  # fmt: skip


def test_no_workers_are_refused():
    """Nobody can do the work of nobody."""
    with pytest.raises(ProblemError, match="workers must be at least 1, got 0"):
        list(share_out(divmod, [(7, 2)], 0))


@pytest.mark.slow
def test_two_workers_answer_every_call_once():
    """Two processes give the answers of one, in whatever order."""
    calls = [(n, 7) for n in range(20)]
    assert dict(share_out(divmod, calls, 2)) == {n: divmod(n, 7) for n in range(20)}


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="looks processes up in /proc")
def test_ctrl_c_in_a_terminal_shows_no_traceback(tmp_path):
    """Ctrl-C reaches the workers as well; the command says what is left, and nothing else."""
    make = "instances generate correlated --certify --workers 2 --folder"
    with subprocess.Popen(
        [sys.executable, "-m", "slth_opt.cli.main", *make.split(), str(tmp_path / "made")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as command:  # fmt: skip
        # Two workers, and the process of Python that cleans up behind them.
        waiting_for(lambda: len(children_of(command.pid)) >= 3)
        os.killpg(command.pid, signal.SIGINT)
        out, err = command.communicate(timeout=120)
    assert command.returncode == 130
    assert "are left: the same command goes on" in out
    assert "Traceback" not in err
