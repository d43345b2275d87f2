"""Many pools in lock-step: one 64-byte row holds the same list entry of 16 (or 8) pools.

The size of every list depends on n and k alone, never on the numbers, so pools can share one
sequence of compare-exchanges. A row is one vector register: 16 lanes of int32 or 8 of int64.
The operations here are the only ones written for the vector unit; each stands beside its
plain meaning, which is what runs when compilation is switched off.

Sums are held four times over. A target that lies between two grid points is then told apart
exactly: it is 4T + c with c = 1, 2, 3 for a fraction below, at or above one half, and the two
low bits of a difference tell whether it is one between a sum and a target.
"""

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, overload

ROW_BYTES = 64
"""The bytes of one row: one vector register."""


def exchange(rows, first, stride, levels):
    """Run the last `levels` levels of a bitonic merge on 2**levels rows, `stride` apart."""
    count = 1 << levels
    step = count // 2
    while step:
        for m in range(count):
            if not m & step:
                a, b = first + m * stride, first + (m + step) * stride
                low, high = np.minimum(rows[a], rows[b]), np.maximum(rows[a], rows[b])
                rows[a], rows[b] = low, high
        step //= 2


def exchange_shifted(out, low, high, rows, a, shift_a, b, shift_b, shifts):
    """Put the smaller and larger of two shifted rows into rows `low` and `high` of `out`."""
    x = _sum_checked(rows[a], shifts[shift_a])
    y = _sum_checked(rows[b], shifts[shift_b])
    out[low], out[high] = np.minimum(x, y), np.maximum(x, y)


def copy_shifted(out, low, rows, a, shift_a, shifts):
    """Put a shifted row into row `low` of `out`."""
    out[low] = _sum_checked(rows[a], shifts[shift_a])


def scan(rows, first, count, best):
    """Keep the smallest difference between a sum and a target among neighbours of sorted rows.

    Looks at `count` neighbouring pairs from `first` on. Row 0 of `best` holds the difference
    as an unsigned number, row 1 the lower of the two entries.
    """
    unsigned = np.uint32 if rows.dtype == np.int32 else np.uint64
    for i in range(first, first + count):
        with np.errstate(over="ignore"):
            difference = (rows[i + 1] - rows[i]).view(unsigned)
        better = ((rows[i + 1] - rows[i]) & 3 != 0) & (difference < best[0].view(unsigned))
        best[0][better] = difference.view(rows.dtype)[better]
        best[1][better] = rows[i][better]


def _sum_checked(x, y):
    total = x + y
    if ((x ^ total) & (y ^ total) < 0).any():
        raise OverflowError(f"the sum of {x} and {y} does not fit {x.dtype}")
    return total


def _pointer(context, builder, array_type, array, row):
    """Return a pointer to a row as one vector, and the vector's type."""
    element = context.get_data_type(array_type.dtype)
    lanes = ROW_BYTES * 8 // array_type.dtype.bitwidth
    data = context.make_array(array_type)(context, builder, array).data
    address = builder.gep(data, [builder.mul(row, ir.Constant(row.type, lanes))])
    vector = ir.VectorType(element, lanes)
    return builder.bitcast(address, vector.as_pointer()), vector


def _load(context, builder, array_type, array, row):
    address, vector = _pointer(context, builder, array_type, array, row)
    value = builder.load(address, typ=vector)
    value.align = array_type.dtype.bitwidth // 8
    return value


def _store(context, builder, array_type, array, row, value):
    address, _ = _pointer(context, builder, array_type, array, row)
    builder.store(value, address).align = array_type.dtype.bitwidth // 8


def _ordered(builder, x, y):
    smaller = builder.icmp_signed("<", x, y)
    return builder.select(smaller, x, y), builder.select(smaller, y, x)


@intrinsic
def _exchange(typingctx, rows, first, stride, levels):
    if not isinstance(levels, types.IntegerLiteral):
        return None
    count = 1 << levels.literal_value
    signature = types.void(rows, types.int64, types.int64, levels)

    def codegen(context, builder, signature, args):
        array, first_row, gap, _ = args
        array_type = signature.args[0]
        where = [
            builder.add(first_row, builder.mul(gap, ir.Constant(gap.type, m))) for m in range(count)
        ]
        values = [_load(context, builder, array_type, array, row) for row in where]
        step = count // 2
        while step:
            for m in range(count):
                if not m & step:
                    values[m], values[m + step] = _ordered(builder, values[m], values[m + step])
            step //= 2
        for row, value in zip(where, values, strict=True):
            _store(context, builder, array_type, array, row, value)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def _exchange_shifted(typingctx, out, low, high, rows, a, shift_a, b, shift_b, shifts):
    i = types.int64
    signature = types.void(out, i, i, rows, i, i, i, i, shifts)

    def codegen(context, builder, signature, args):
        out, low, high, rows, a, shift_a, b, shift_b, shifts = args
        out_type, rows_type, shifts_type = signature.args[0], signature.args[3], signature.args[8]
        x = builder.add(
            _load(context, builder, rows_type, rows, a),
            _load(context, builder, shifts_type, shifts, shift_a),
        )
        y = builder.add(
            _load(context, builder, rows_type, rows, b),
            _load(context, builder, shifts_type, shifts, shift_b),
        )
        smaller, larger = _ordered(builder, x, y)
        _store(context, builder, out_type, out, low, smaller)
        _store(context, builder, out_type, out, high, larger)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def _copy_shifted(typingctx, out, low, rows, a, shift_a, shifts):
    i = types.int64
    signature = types.void(out, i, rows, i, i, shifts)

    def codegen(context, builder, signature, args):
        out, low, rows, a, shift_a, shifts = args
        out_type, rows_type, shifts_type = signature.args[0], signature.args[2], signature.args[5]
        x = builder.add(
            _load(context, builder, rows_type, rows, a),
            _load(context, builder, shifts_type, shifts, shift_a),
        )
        _store(context, builder, out_type, out, low, x)
        return context.get_dummy_value()

    return signature, codegen


def _nearer(builder, first, second):
    """Return the (difference, entry) of the smaller difference; of the first if they are equal."""
    smaller = builder.icmp_unsigned("<", second[0], first[0])
    return tuple(builder.select(smaller, b, a) for a, b in zip(first, second, strict=True))


@intrinsic
def _scan(typingctx, rows, first, count, best):
    if not isinstance(count, types.IntegerLiteral):
        return None
    signature = types.void(rows, types.int64, count, best)

    def codegen(context, builder, signature, args):
        array, first_row, _, best_array = args
        rows_type, best_type = signature.args[0], signature.args[3]
        zero, one = ir.Constant(first_row.type, 0), ir.Constant(first_row.type, 1)
        low = _load(context, builder, rows_type, array, first_row)
        tags = ir.Constant(low.type, [3] * low.type.count)
        none = ir.Constant(low.type, [0] * low.type.count)
        most = ir.Constant(low.type, [-1] * low.type.count)
        row = first_row
        found = [
            (
                _load(context, builder, best_type, best_array, zero),
                _load(context, builder, best_type, best_array, one),
            )
        ]
        for _ in range(signature.args[2].literal_value):
            row = builder.add(row, one)
            high = _load(context, builder, rows_type, array, row)
            difference = builder.sub(high, low)
            crosses = builder.icmp_unsigned("!=", builder.and_(difference, tags), none)
            found.append((builder.select(crosses, difference, most), low))
            low = high
        # Two by two, like a tournament: one long chain of comparisons would wait for itself.
        while len(found) > 1:
            pairs = [found[m : m + 2] for m in range(0, len(found), 2)]
            found = [_nearer(builder, *pair) if len(pair) == 2 else pair[0] for pair in pairs]
        least, where = found[0]
        _store(context, builder, best_type, best_array, zero, least)
        _store(context, builder, best_type, best_array, one, where)
        return context.get_dummy_value()

    return signature, codegen


@overload(exchange, prefer_literal=True)
def _compiled_exchange(rows, first, stride, levels):
    return lambda rows, first, stride, levels: _exchange(rows, first, stride, levels)


@overload(exchange_shifted)
def _compiled_exchange_shifted(out, low, high, rows, a, shift_a, b, shift_b, shifts):
    return lambda out, low, high, rows, a, shift_a, b, shift_b, shifts: _exchange_shifted(
        out, low, high, rows, a, shift_a, b, shift_b, shifts
    )


@overload(copy_shifted)
def _compiled_copy_shifted(out, low, rows, a, shift_a, shifts):
    return lambda out, low, rows, a, shift_a, shifts: _copy_shifted(
        out, low, rows, a, shift_a, shifts
    )


@overload(scan, prefer_literal=True)
def _compiled_scan(rows, first, count, best):
    return lambda rows, first, count, best: _scan(rows, first, count, best)


def empty_rows(count, dtype):
    """Return `count` uninitialised rows, aligned to the vector register."""
    size = count * ROW_BYTES
    raw = np.empty(size + ROW_BYTES, np.uint8)
    skip = -raw.ctypes.data % ROW_BYTES
    return raw[skip : skip + size].view(dtype).reshape(count, -1)
