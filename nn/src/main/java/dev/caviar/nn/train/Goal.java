package dev.caviar.nn.train;

import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import java.util.List;
import java.util.stream.Stream;

/// What one output of a model is trained for: a loss, its weight in the sum of all outputs' losses, and what is measured beside it.
///
/// The weight is a scalar of the step, so that another one compiles nothing anew.
///
/// ```java
/// var age = Goal.of("mse", "mae").withWeight(0.1);
/// var kind = Goal.of("sparse_categorical_crossentropy", "accuracy");
/// ```
public record Goal(Loss loss, double weight, List<Metric> metrics) {
    public Goal {
        metrics = List.copyOf(metrics);
        if (!(weight >= 0) || Double.isInfinite(weight)) {
            throw new IllegalArgumentException("Goal " + loss.kind() + " with the weight " + weight + ": it must be 0 or more.");
        }
    }

    /// With weight 1.
    public static Goal of(Loss loss, Metric... metrics) {
        return new Goal(loss, 1, List.of(metrics));
    }

    /// By names: see [Loss#of] and [Metric#of].
    public static Goal of(String loss, String... metrics) {
        return of(Loss.of(loss), Stream.of(metrics).map(Metric::of).toArray(Metric[]::new));
    }

    public Goal withWeight(double weight) {
        return new Goal(loss, weight, metrics);
    }
}
