package dev.caviar.engine.kernel;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// How a window moves over the spatial axes of a tensor `[examples, spatial…, channels]`: one number for each of 1 to 3 axes.
///
/// The window's taps lie `dilation` apart, its places `strides` apart; `low` and `high` elements of padding lie before and
/// after each axis. A negative `high` leaves that many elements at the end unseen, which is how a slide is [exact][#exact]: then the
/// lengths of input, window and output each follow from the other two.
///
/// ```java
/// var slide = Slide.of(2).withStrides(List.of(2L, 2L));
/// long places = slide.places(0, 28, 3);           // 13
/// ```
public record Slide(List<Long> strides, List<Long> dilation, List<Long> low, List<Long> high) {
    public Slide {
        strides = List.copyOf(strides);
        dilation = List.copyOf(dilation);
        low = List.copyOf(low);
        high = List.copyOf(high);
        int axes = strides.size();
        boolean fits = axes >= 1 && axes <= 3 && dilation.size() == axes && low.size() == axes && high.size() == axes;
        for (int axis = 0; fits && axis < axes; axis++) {
            fits = strides.get(axis) > 0 && dilation.get(axis) > 0 && low.get(axis) >= 0 && high.get(axis) > -strides.get(axis);
        }
        if (!fits) {
            throw new IllegalArgumentException("A window with strides " + strides + ", dilation " + dilation + ", padding " + low
                    + " before and " + high + " after: it moves over 1 to 3 axes, with a stride and a dilation of 1 or more.\n"
                    + "Maybe give one number for each axis.");
        }
    }

    /// A step of 1, taps side by side, no padding.
    public static Slide of(int axes) {
        var ones = Collections.nCopies(axes, 1L);
        var zeros = Collections.nCopies(axes, 0L);
        return new Slide(ones, ones, zeros, zeros);
    }

    public Slide withStrides(List<Long> strides) {
        return new Slide(strides, dilation, low, high);
    }

    public Slide withDilation(List<Long> dilation) {
        return new Slide(strides, dilation, low, high);
    }

    public Slide withPadding(List<Long> low, List<Long> high) {
        return new Slide(strides, dilation, low, high);
    }

    /// Padded so that an axis of length n has ⌈n / stride⌉ places; of an odd number of elements the larger half comes after.
    public Slide same(List<Long> lengths, List<Long> sizes) {
        var before = new ArrayList<Long>();
        var after = new ArrayList<Long>();
        for (int axis = 0; axis < axes(); axis++) {
            long places = Math.ceilDiv(lengths.get(axis), strides.get(axis));
            long total = Math.max(0, (places - 1) * strides.get(axis) + reach(axis, sizes.get(axis)) - lengths.get(axis));
            before.add(total / 2);
            after.add(total - total / 2);
        }
        return withPadding(before, after);
    }

    /// The number of spatial axes.
    public int axes() {
        return strides.size();
    }

    /// How far a window of `size` taps reaches.
    public long reach(int axis, long size) {
        return (size - 1) * dilation.get(axis) + 1;
    }

    /// At how many places a window of `size` taps fits an axis; 0 or less where it does not.
    public long places(int axis, long length, long size) {
        return Math.floorDiv(length + low.get(axis) + high.get(axis) - reach(axis, size), strides.get(axis)) + 1;
    }

    /// This slide with just the padding after each axis that its windows see.
    public Slide exact(List<Long> lengths, List<Long> sizes) {
        var after = new ArrayList<Long>();
        for (int axis = 0; axis < axes(); axis++) {
            long rest = lengths.get(axis) + low.get(axis) + high.get(axis) - reach(axis, sizes.get(axis));
            after.add(high.get(axis) - Math.floorMod(rest, strides.get(axis)));
        }
        return withPadding(low, after);
    }

    /// The length of the axis, where this is exact.
    public long length(int axis, long places, long size) {
        return (places - 1) * strides.get(axis) + reach(axis, size) - low.get(axis) - high.get(axis);
    }

    /// The number of taps along an axis, where this is exact; 0 or less where there is no such window.
    public long size(int axis, long length, long places) {
        long reach = length + low.get(axis) + high.get(axis) - (places - 1) * strides.get(axis);
        return Math.floorMod(reach - 1, dilation.get(axis)) == 0 ? (reach - 1) / dilation.get(axis) + 1 : 0;
    }

    @Override
    public String toString() {
        return "strides " + strides + ", dilation " + dilation + ", padding " + low + " and " + high;
    }
}
