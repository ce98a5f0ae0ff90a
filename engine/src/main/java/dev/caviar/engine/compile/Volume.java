package dev.caviar.engine.compile;

import dev.caviar.engine.kernel.ConvSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A convolution's sizes as those of one over three spatial axes (depth, rows, pixels of a row), of which the first may be of length 1.
///
/// @param x the lengths of the input's axes, and so on
/// @param in channels of the input in a group
/// @param out outputs of a group
record Volume(List<Long> x, List<Long> taps, List<Long> y, List<Long> stride, List<Long> dilation, List<Long> low, long examples, long groups, long in,
        long out) {
    static Volume of(ConvSpec spec) {
        int axes = spec.slide().axes();
        var slide = spec.slide();
        return new Volume(wide(1, spec.x().dims().subList(1, axes + 1)), wide(1, spec.w().dims().subList(0, axes)), wide(1, spec.y().dims().subList(1, axes + 1)),
                wide(1, slide.strides()), wide(1, slide.dilation()), wide(0, slide.low()), spec.x().dim(0), spec.groups(), spec.w().dim(-2),
                spec.w().dim(-1) / spec.groups());
    }

    /// The convolution of slopes that gives the gradient with regard to the input, by the kernel turned round; where this one steps by one.
    Volume back() {
        var before = IntStream.range(0, 3).mapToObj(axis -> (taps.get(axis) - 1) * dilation.get(axis) - low.get(axis)).toList();
        return new Volume(y, taps, x, stride, dilation, before, examples, groups, out, in);
    }

    private static List<Long> wide(long first, List<Long> lengths) {
        var all = new ArrayList<>(lengths);
        while (all.size() < 3) {
            all.addFirst(first);
        }
        return all;
    }

    /// Bytes of one pixel of the input.
    long xPixel() {
        return 4 * groups * in;
    }

    /// Bytes of one pixel of the output.
    long yPixel() {
        return 4 * groups * out;
    }

    /// Places of one example.
    long places() {
        return y.get(0) * y.get(1) * y.get(2);
    }

    /// Bytes from the first pixel of the input to that at these coordinates, which may lie outside.
    long xAt(long depth, long row, long pixel) {
        return ((depth * x.get(1) + row) * x.get(2) + pixel) * xPixel();
    }

    long yAt(long depth, long row, long pixel) {
        return ((depth * y.get(1) + row) * y.get(2) + pixel) * yPixel();
    }

    /// Of the places `from` to `to` along an axis, the first for which a tap lies inside.
    long first(int axis, long tap, long from, long to) {
        long outside = low.get(axis) - tap * dilation.get(axis);
        return Math.clamp(Math.ceilDiv(outside, stride.get(axis)), from, to);
    }

    /// Of the places `from` to `to` along an axis, the end of those for which a tap lies inside.
    long end(int axis, long tap, long from, long to) {
        long last = x.get(axis) - 1 + low.get(axis) - tap * dilation.get(axis);
        return Math.clamp(Math.floorDiv(last, stride.get(axis)) + 1, from, to);
    }

    /// Refuses operands that machine code could not touch: code that is given bare addresses checks nothing.
    static void check(MemorySegment[] operands, long[] bytes, String what) {
        boolean fits = operands.length == bytes.length;
        for (int i = 0; fits && i < bytes.length; i++) {
            fits = operands[i].isNative() && operands[i].byteSize() >= bytes[i];
        }
        if (!fits) {
            throw new IllegalArgumentException(what + ": the operands are no native memory of " + Arrays.toString(bytes) + " bytes.");
        }
    }
}
