package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// A penalty on a parameter, or on what a layer gives, that is added to the loss. Its numbers are scalars of the step.
///
/// ```java
/// Layer layer = Dense.of(64, "relu").withRegularizer("kernel", Regularizer.l2(1e-4));
/// Tensor penalty = Regularizer.l1(0.1).penalty(Tensor.of(1f, -2f));      // 0.3
/// ```
public sealed interface Regularizer {
    /// Its numbers by name.
    Map<String, Double> numbers();

    /// The penalty with these values for its numbers: a scalar.
    Tensor penalty(Tensor w, Map<String, Tensor> numbers);

    /// The penalty.
    default Tensor penalty(Tensor w) {
        return penalty(w, constants(numbers(), w));
    }

    /// `l1·Σ|w| + l2·Σw²`, without a half.
    record L1L2(double l1, double l2) implements Regularizer {
        public L1L2 {
            if (!(l1 >= 0 && l2 >= 0)) {
                throw new IllegalArgumentException("L1L2: l1 " + l1 + " and l2 " + l2 + " must be 0 or more.");
            }
        }

        @Override
        public Map<String, Double> numbers() {
            var numbers = new LinkedHashMap<String, Double>();
            if (l1 > 0) {
                numbers.put("l1", l1);
            }
            if (l2 > 0) {
                numbers.put("l2", l2);
            }
            return numbers;
        }

        @Override
        public Tensor penalty(Tensor w, Map<String, Tensor> numbers) {
            var penalty = Tensor.scalar(0, w.dtype());
            if (l1 > 0) {
                penalty = penalty.add(w.abs().sum().mul(numbers.get("l1")));
            }
            return l2 > 0 ? penalty.add(w.square().sum().mul(numbers.get("l2"))) : penalty;
        }
    }

    /// The mean size of the cosines between the rows of a matrix (or its columns), times `factor`: 0 where they stand at right angles.
    record Orthogonal(double factor, boolean columns) implements Regularizer {
        @Override
        public Map<String, Double> numbers() {
            return Map.of("orthogonal", factor);
        }

        @Override
        public Tensor penalty(Tensor w, Map<String, Tensor> numbers) {
            var rows = columns ? w.transpose() : w;
            long n = rows.shape().dim(0);
            var unit = rows.mul(rows.square().sum(1).expandDims(1).max(1e-14).rsqrt());
            var others = Tensor.full(1, Type.of(w.dtype(), n, n)).sub(Tensor.range(n, dev.caviar.engine.memory.DType.I64).oneHot(n, w.dtype()));
            var sum = unit.matmul(unit.transpose()).mul(others).abs().sum();
            return sum.mul(numbers.get("orthogonal")).div(Math.max(1, n * (n - 1.0)));
        }
    }

    static Regularizer l1(double l1) {
        return new L1L2(l1, 0);
    }

    static Regularizer l2(double l2) {
        return new L1L2(0, l2);
    }

    static Regularizer l1l2(double l1, double l2) {
        return new L1L2(l1, l2);
    }

    /// As the course notes have it: `λ/(2m)·Σw²` for m training examples.
    static Regularizer notes(double lambda, long examples) {
        return l2(lambda / (2.0 * examples));
    }

    /// Over the rows of a matrix.
    static Regularizer orthogonal(double factor) {
        return new Orthogonal(factor, false);
    }

    /// Numbers as constants of a tensor's type.
    static Map<String, Tensor> constants(Map<String, Double> numbers, Tensor like) {
        var out = new LinkedHashMap<String, Tensor>();
        numbers.forEach((name, value) -> out.put(name, Tensor.scalar(value, like.dtype())));
        return out;
    }
}
