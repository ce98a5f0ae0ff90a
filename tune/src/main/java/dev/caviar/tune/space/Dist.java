package dev.caviar.tune.space;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The values that one parameter may take, and which of them look evenly spread.
///
/// Values are [Double] for [Real], [Long] for [Whole], and for [Choice] what was listed. Every distribution is the image of the unit
/// interval, so a sampler works on numbers in [0, 1] and never on scales.
///
/// ```java
/// Dist rate = Real.log(1e-4, 1);
/// assert (double) rate.at(0.5) > 0.0099 && (double) rate.at(0.5) < 0.0101;
/// assert Math.abs(rate.unit(0.01) - 0.5) < 1e-12;
/// ```
public sealed interface Dist permits Real, Whole, Choice {
    /// The value at a place in [0, 1]: even places are even on the scale, and discrete values have cells of equal width.
    @Nullable Object at(double unit);

    /// The place in [0, 1] of a value; the middle of its cell for a discrete one. Throws [SpaceException] where the value does not belong.
    double unit(@Nullable Object value);

    /// The value in this distribution's own type (a `3` for [Real] becomes `3.0`). Throws [SpaceException] where it does not belong.
    @Nullable Object canonical(@Nullable Object value);

    /// At most `count` different values, evenly spread on the scale, from one end to the other; the middle where `count` is 1.
    List<@Nullable Object> spread(int count);

    /// How many different values there are; empty for a continuous range.
    OptionalLong size();

    /// Whether the value may be taken.
    default boolean contains(@Nullable Object value) {
        try {
            canonical(value);
            return true;
        } catch (SpaceException e) {
            return false;
        }
    }
}
