package dev.caviar.nn.layer;

import dev.caviar.engine.kernel.Slide;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// What lies around an input that a window slides over.
///
/// ```java
/// var layer = Conv2D.of(32, 3).withPadding(Padding.SAME);
/// ```
public enum Padding {
    /// Nothing: the window stays inside.
    VALID,
    /// As much as makes ⌈length / stride⌉ places, the smaller half in front.
    SAME,
    /// Only in front, so that no place sees what comes after it; for one axis, which is time.
    CAUSAL;

    /// By its name in any case.
    public static Padding of(String name) {
        return Arrays.stream(values()).filter(p -> p.kind().equals(name.toLowerCase(Locale.ROOT))).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no padding \"" + name + "\".\nMaybe one of "
                        + Arrays.stream(values()).map(Padding::kind).collect(Collectors.joining(", ")) + "."));
    }

    /// Its name in small letters.
    public String kind() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The slide over spatial axes of these lengths by a window of these sizes.
    Slide slide(List<Long> lengths, List<Long> sizes, List<Long> strides, List<Long> dilation) {
        var bare = Slide.of(sizes.size()).withStrides(strides).withDilation(dilation);
        return switch (this) {
            case VALID -> bare;
            case SAME -> bare.same(lengths, sizes);
            case CAUSAL -> bare.withPadding(List.of(bare.reach(0, sizes.getFirst()) - 1), List.of(0L));
        };
    }

    /// Refuses time where there is more than one axis.
    void along(String name, int axes) {
        if (this == CAUSAL && axes > 1) {
            throw new IllegalArgumentException(name + " with causal padding: only one axis can be time.\nMaybe use " + name.replaceFirst("\\dD", "1D") + ".");
        }
    }

    /// Refuses borders of another number of axes than 1 to 3, and negative ones.
    static void border(String name, List<Long> before, List<Long> after) {
        boolean fits = !before.isEmpty() && before.size() <= 3 && before.size() == after.size();
        if (!fits || before.stream().anyMatch(n -> n < 0) || after.stream().anyMatch(n -> n < 0)) {
            throw new IllegalArgumentException(name + " by " + before + " before and " + after + " after: a number of 0 or more for each of 1 to 3 "
                    + "spatial axes.");
        }
    }

    /// One number for each of `axes` axes, or the same for all.
    static List<Long> each(int axes, long... values) {
        return values.length == 1 ? Collections.nCopies(axes, values[0]) : Arrays.stream(values).boxed().toList();
    }

    /// Such as 3×3.
    static String text(List<Long> size) {
        return size.stream().map(String::valueOf).collect(Collectors.joining("×"));
    }
}
