"""The lock-step kernel: every row against the slow truth, at the limits of the lanes, anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import naive
import numpy as np
import pytest

from slth_opt.kernels import lockstep

TYPES = ("int32", "int64")
LIMITS = {"int32": 2**29, "int64": 2**60}
"""Weights, target and one more add up to less than this: what `batch.LANE_BITS` promises."""

each_type = pytest.mark.parametrize("dtype", TYPES)


def run(pools, targets, tags, owners, *, fewest, most, by_size, dtype):
    """Solve rows with the kernel; return the subsets and the differences."""
    pools = np.array(pools, np.int64)
    plan = lockstep.make_plan(pools.shape[1], fewest, most, by_size)
    count = len(targets)
    masks = np.zeros((count, plan.num_slots), np.int64)
    keys = np.zeros((count, plan.num_slots), np.int64)
    workspace = lockstep.make_workspace(plan, np.dtype(dtype))
    arrays = [np.array(values, np.int64) for values in (owners, targets, tags)]
    lockstep.nearest_subsets(plan, pools, *arrays, 0, count, workspace, masks, keys)
    return masks, keys


def difference(total, target, tag):
    """Return four times the distance between a sum and target + tag / 4, in whole numbers."""
    return abs(4 * total - (4 * target + tag))


def best_difference(pool, target, tag, fewest, most):
    """Return the smallest difference that a subset of fewest..most weights has."""
    reached = naive.sums_by_size((tuple(pool),))
    return min(
        difference(s, target, tag) for size in range(fewest, most + 1) for (s,) in reached[size]
    )


def check(pools, targets, tags, owners, *, fewest, most, by_size, dtype):
    """Hold every slot of every row against the slow truth."""
    masks, keys = run(
        pools, targets, tags, owners, fewest=fewest, most=most, by_size=by_size, dtype=dtype
    )
    for row, (target, tag) in enumerate(zip(targets, tags, strict=True)):
        pool = [int(w) for w in pools[owners[row]]]
        for slot in range(masks.shape[1]):
            low, high = (fewest + slot,) * 2 if by_size else (fewest, most)
            chosen = [w for i, w in enumerate(pool) if int(masks[row, slot]) >> i & 1]
            best = best_difference(pool, int(target), int(tag), low, high)
            assert keys[row, slot] == best
            assert low <= int(masks[row, slot]).bit_count() <= high
            assert difference(sum(chosen), int(target), int(tag)) == best


def random_rows(rng, n, count, spread):
    """Draw pools with ties, zeros and opposites, and a target with a tag for each."""
    pools = rng.integers(-spread, spread + 1, (count, n))
    pools = np.where(rng.random((count, n)) < 0.2, pools[:, :1], pools)
    pools = np.where(rng.random((count, n)) < 0.1, -pools[:, :1], pools)
    targets = rng.integers(-2 * spread, 2 * spread + 1, count)
    return pools.tolist(), targets.tolist(), rng.integers(1, 4, count).tolist()


@pytest.mark.overflow
@each_type
@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("spread", [1, 3, 10**7])
def test_every_row_has_the_smallest_difference(dtype, n, spread):
    """All sizes, one size, at most and at least, and size by size; 19 rows fill no register."""
    rng = np.random.default_rng([n, spread])
    for fewest, most, by_size in [(0, n, False), (n // 2, n // 2, False), (0, n, True)]:
        rows = random_rows(rng, n, 19, spread)
        check(*rows, list(range(19)), fewest=fewest, most=most, by_size=by_size, dtype=dtype)


@each_type
@pytest.mark.parametrize("n", [4, 7, 9])
def test_every_range_of_sizes_is_kept(dtype, n):
    """Every pair of fewest and most, in one slot and size by size."""
    rng = np.random.default_rng(n)
    for fewest in range(n + 1):
        for most in range(fewest, n + 1):
            rows = random_rows(rng, n, 5, int(rng.choice([2, 40, 10**6])))
            by_size = bool(rng.random() < 0.5)
            check(*rows, list(range(5)), fewest=fewest, most=most, by_size=by_size, dtype=dtype)


@pytest.mark.overflow
@each_type
def test_rows_may_share_pools_in_any_order(dtype):
    """Lanes whose pool stays, comes back or changes alone; three registers of rows."""
    rng = np.random.default_rng(4)
    pools, _, _ = random_rows(rng, 5, 6, 100)
    owners = rng.integers(0, 6, 40).tolist()
    targets, tags = rng.integers(-200, 200, 40).tolist(), rng.integers(1, 4, 40).tolist()
    check(pools, targets, tags, owners, fewest=1, most=3, by_size=False, dtype=dtype)
    check(pools, targets, tags, sorted(owners), fewest=0, most=5, by_size=False, dtype=dtype)


@pytest.mark.overflow
@each_type
@pytest.mark.parametrize("tag", [1, 2, 3])
def test_a_tag_tells_on_which_side_of_half_a_target_lies(dtype, tag):
    """Between the sums 4 and 5: below half 4 is nearer, above half 5, at half both are."""
    masks, keys = run([[4, 5]], [4], [tag], [0], fewest=1, most=1, by_size=False, dtype=dtype)
    assert keys[0, 0] == min(tag, 4 - tag)
    assert masks[0, 0] in {1: {1}, 2: {1, 2}, 3: {2}}[tag]


def test_the_lists_of_a_shared_pool_are_built_once(monkeypatch):
    """Ninety targets of one pool build its lists once; a second pool builds them once more."""
    built = []
    real = lockstep.build_lists
    monkeypatch.setattr(lockstep, "build_lists", lambda *lists: built.append(1) or real(*lists))
    kernel = getattr(lockstep.nearest_subsets, "py_func", lockstep.nearest_subsets)
    monkeypatch.setattr(lockstep, "nearest_subsets", kernel)
    rows = {"fewest": 1, "most": 3, "by_size": False, "dtype": "int32"}
    pools, targets, tags = [[3, 5, -8, 13]] * 2, list(range(96)), [1] * 96
    run(pools, targets, tags, [0] * 96, **rows)
    assert len(built) == 1
    run(pools, targets, tags, [0] * 48 + [1] * 48, **rows)
    assert len(built) == 3


BRIMFUL = (
    # How the room is shared out: all weights positive, all negative, half and half; the target
    # pulling against them or with them; one weight alone; the target alone.
    ((1, 1, 1, 1), 1),
    ((1, 1, 1, 1), -1),
    ((-1, -1, -1, -1), 1),
    ((-1, -1, -1, -1), -1),
    ((1, -1, 1, -1), 1),
    ((1, 1, -1, -1), -1),
    ((-1, -1, 1, 1), 1),
    ((1, 0, 0, 0), -1),
    ((0, 0, 0, -1), 1),
    ((0, 0, 0, 0), 1),
    ((0, 0, 0, 0), -1),
    ((1, 1, 0, 0), 0),
    ((0, 0, -1, -1), 0),
)


@pytest.mark.overflow
@each_type
@pytest.mark.parametrize(("signs", "side"), BRIMFUL)
@pytest.mark.parametrize("tag", [1, 3])
def test_no_lane_overflows_at_the_limit(dtype, signs, side, tag):
    """Weights and target that add up to the limit less two: every sum and difference is right."""
    room = LIMITS[dtype] - 2
    parts = sum(map(abs, signs)) + abs(side)
    share, rest = divmod(room, parts)
    pool = [sign * share for sign in signs]
    target = side * share
    if side:
        target += side * rest
    else:
        first = next(i for i, sign in enumerate(signs) if sign)
        pool[first] += signs[first] * rest
    assert sum(map(abs, pool)) + abs(target) == room
    for fewest, most, by_size in [(0, 4, False), (2, 2, False), (0, 4, True)]:
        rows = [pool] * 3, [target] * 3, [tag] * 3
        check(*rows, [0, 1, 2], fewest=fewest, most=most, by_size=by_size, dtype=dtype)


def test_a_plan_meets_every_pair_of_sizes_once():
    """Left and right sizes that add up to an allowed one; a slot for each size if asked."""
    for n in range(1, 9):
        half, rest = n // 2, n - n // 2
        for fewest in range(n + 1):
            for most in range(fewest, n + 1):
                for by_size in (False, True):
                    plan = lockstep.make_plan(n, fewest, most, by_size)
                    if plan.mixed:
                        assert (fewest, most, by_size) == (0, n, False)
                        continue
                    wanted = [
                        (i, j, i + j - fewest if by_size else 0)
                        for i in range(half + 1)
                        for j in range(rest + 1)
                        if fewest <= i + j <= most
                    ]
                    assert sorted(map(tuple, plan.pairs.tolist())) == wanted


PROGRAM = """
import sys
import numpy as np
from slth_opt.kernels import lockstep
given = np.load(sys.argv[1])
found = {}
for name in ("int32", "int64"):
    pools = given[f"{name}_pools"]
    arrays = [given[f"{name}_{what}"] for what in ("owners", "targets", "tags")]
    for fewest, most, by_size in ((0, 7, 0), (3, 3, 0), (2, 5, 0), (0, 7, 1)):
        plan = lockstep.make_plan(7, fewest, most, bool(by_size))
        shape = (len(arrays[0]), plan.num_slots)
        masks, keys = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        workspace = lockstep.make_workspace(plan, np.dtype(name))
        lockstep.nearest_subsets(plan, pools, *arrays, 0, shape[0], workspace, masks, keys)
        found[f"{name}_{fewest}_{most}_{by_size}_masks"] = masks
        found[f"{name}_{fewest}_{most}_{by_size}_keys"] = keys
np.savez(sys.argv[2], **found)
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """Write rows of both types to a file, ties and shared pools among them."""
    rng = np.random.default_rng(77)
    arrays = {}
    for name, spread in (("int32", 2**25), ("int64", 2**56)):
        pools, targets, tags = random_rows(rng, 7, 21, spread)
        pools[3:6] = rng.integers(-2, 3, (3, 7)).tolist()
        arrays[f"{name}_pools"] = np.array(pools)
        arrays[f"{name}_targets"] = np.array(targets)
        arrays[f"{name}_tags"] = np.array(tags)
        arrays[f"{name}_owners"] = rng.integers(0, 21, 21)
    path = tmp_path_factory.mktemp("rows") / "given.npz"
    np.savez(path, **arrays)
    return path


def found_by(given, folder, **environment):
    """Run the kernel in a process of its own; return its arrays by name."""
    out = folder / "found.npz"
    command = [sys.executable, "-c", PROGRAM, str(given), str(out)]
    root = Path(__file__).parent.parent
    subprocess.run(command, check=True, env=os.environ | environment, cwd=root)
    with np.load(out) as found:
        return dict(found)


@pytest.fixture(scope="module")
def compiled(given, tmp_path_factory):
    """Return what the kernel finds as it is compiled for this machine."""
    return found_by(given, tmp_path_factory.mktemp("compiled"), NUMBA_DISABLE_JIT="0")


def test_uncompiled_it_finds_the_very_same(given, compiled, tmp_path):
    """The plain twins, run from end to end: the same subsets and the same differences."""
    plain = found_by(given, tmp_path, NUMBA_DISABLE_JIT="1")
    assert plain.keys() == compiled.keys()
    assert [name for name in plain if not np.array_equal(plain[name], compiled[name])] == []


PROCESSORS = {
    "plain": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
    "avx2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2"},
}


@pytest.mark.slow
@pytest.mark.parametrize("processor", PROCESSORS)
def test_compiled_for_lesser_processors_it_finds_the_very_same(
    given, compiled, tmp_path, processor
):
    """Without AVX-512, and without any vectors beyond the oldest: the same answers."""
    if processor == "avx2" and "avx2" not in Path("/proc/cpuinfo").read_text():
        pytest.skip("this processor has no AVX2")
    settings = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0"}
    lesser = found_by(given, tmp_path, **settings, **PROCESSORS[processor])
    assert [name for name in compiled if not np.array_equal(lesser[name], compiled[name])] == []
