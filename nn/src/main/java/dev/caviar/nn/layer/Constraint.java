package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// What a parameter must be: brought there after each step of training. Its numbers are scalars of the step.
///
/// Lengths are over `axes`: 0 for the inputs of each unit of a dense layer, 0, 1 and 2 for those of a convolution over images.
///
/// ```java
/// Layer layer = Dense.of(64, "relu").withConstraint("kernel", Constraint.maxNorm(3));
/// Tensor w = Constraint.nonNegative().on(Tensor.of(1f, -2f));      // 1, 0
/// ```
public sealed interface Constraint {
    /// Its numbers by name.
    Map<String, Double> numbers();

    /// The parameter as it must be, with these values for the numbers.
    Tensor on(Tensor w, Map<String, Tensor> numbers);

    /// The parameter as it must be.
    default Tensor on(Tensor w) {
        return on(w, Regularizer.constants(numbers(), w));
    }

    /// Lengths between `least` and `most`: `rate` is the part of the way that one step goes.
    record Norm(double least, double most, double rate, List<Long> axes) implements Constraint {
        public Norm {
            axes = List.copyOf(axes);
            if (!(least >= 0 && least <= most && rate >= 0 && rate <= 1)) {
                throw new IllegalArgumentException("Norm from " + least + " to " + most + " at rate " + rate
                        + ": it must be 0 ≤ least ≤ most, and the rate in [0, 1].");
            }
        }

        @Override
        public Map<String, Double> numbers() {
            return Map.of("least", least, "most", most, "rate", rate);
        }

        @Override
        public Tensor on(Tensor w, Map<String, Tensor> numbers) {
            var norm = norm(w, axes);
            var rate = numbers.get("rate");
            var wanted = norm.max(numbers.get("least")).min(numbers.get("most"));
            return w.mul(wanted.mul(rate).add(norm.mul(rate.neg().add(1))).div(norm.add(1e-7)));
        }

        public Norm withAxes(long... axes) {
            return new Norm(least, most, rate, java.util.Arrays.stream(axes).boxed().toList());
        }
    }

    /// Length 1.
    record UnitNorm(List<Long> axes) implements Constraint {
        public UnitNorm {
            axes = List.copyOf(axes);
        }

        @Override
        public Map<String, Double> numbers() {
            return Map.of();
        }

        @Override
        public Tensor on(Tensor w, Map<String, Tensor> numbers) {
            return w.div(norm(w, axes).add(1e-7));
        }
    }

    /// Nothing below 0.
    record NonNegative() implements Constraint {
        @Override
        public Map<String, Double> numbers() {
            return Map.of();
        }

        @Override
        public Tensor on(Tensor w, Map<String, Tensor> numbers) {
            return w.max(0);
        }
    }

    /// Over axis 0.
    static Norm maxNorm(double most) {
        return new Norm(0, most, 1, List.of(0L));
    }

    /// Over axis 0.
    static Norm minMaxNorm(double least, double most) {
        return new Norm(least, most, 1, List.of(0L));
    }

    static Constraint unitNorm(long... axes) {
        return new UnitNorm(axes.length == 0 ? List.of(0L) : java.util.Arrays.stream(axes).boxed().toList());
    }

    static Constraint nonNegative() {
        return new NonNegative();
    }

    private static Tensor norm(Tensor w, List<Long> axes) {
        var squares = w.square();
        for (long axis : axes) {
            int at = w.shape().axis((int) axis);
            squares = squares.sum(at).expandDims(at);
        }
        return squares.sqrt();
    }
}
