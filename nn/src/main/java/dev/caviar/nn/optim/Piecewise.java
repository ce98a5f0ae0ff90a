package dev.caviar.nn.optim;

import java.util.List;

/// Rates by hand: the first value before the first boundary, the second from there on, and so on.
///
/// ```java
/// Schedule byHand = Piecewise.of(List.of(10.0, 30.0), List.of(0.1, 0.01, 0.001));      // 0.01 in epochs 10 to 29
/// ```
public record Piecewise(List<Double> boundaries, List<Double> values, boolean steps) implements Schedule {
    public Piecewise {
        boundaries = List.copyOf(boundaries);
        values = List.copyOf(values);
        if (values.size() != boundaries.size() + 1 || !boundaries.stream().sorted().toList().equals(boundaries)) {
            throw new IllegalArgumentException("Piecewise: boundaries " + boundaries + " with values " + values
                    + ": there must be one value more, and the boundaries must rise.");
        }
    }

    /// Boundaries in epochs.
    public static Piecewise of(List<Double> boundaries, List<Double> values) {
        return new Piecewise(boundaries, values, false);
    }

    public Piecewise inSteps() {
        return new Piecewise(boundaries, values, true);
    }

    @Override
    public double at(long step, int epoch) {
        double t = steps ? step : epoch;
        return values.get((int) boundaries.stream().filter(boundary -> t >= boundary).count());
    }
}
