package dev.caviar.nn.metric;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.Targets;
import java.util.Locale;

/// A number per example, of which the mean over all examples is reported; batches of different size count by their size.
///
/// ```java
/// Metric metric = Metric.of("accuracy");
/// ```
public interface Metric {
    /// One number per example: the predictions' shape without the last axis. Predictions are probabilities where the
    /// loss knows how to make them.
    Tensor perExample(Tensor predicted, Tensor target);

    /// The name in histories.
    String kind();

    /// Whether only the order of a row's predictions counts, so that logits do as well as their softmax.
    default boolean ranks() {
        return false;
    }

    /// What is reported, given the mean over the examples.
    default double finish(double mean) {
        return mean;
    }

    /// By name: accuracy (by the targets: classes, one-hot or yes/no), binary_accuracy, mse, rmse, mae.
    static Metric of(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "accuracy", "sparse_categorical_accuracy", "categorical_accuracy" -> new Accuracy(false);
            case "binary_accuracy" -> new Accuracy(true);
            case "mae", "mean_absolute_error" -> Distance.MAE;
            case "mse", "mean_squared_error" -> Distance.MSE;
            case "rmse", "root_mean_squared_error" -> Distance.RMSE;
            default -> throw new IllegalArgumentException("There is no metric \"" + name
                    + "\".\nMaybe one of accuracy, binary_accuracy, mse, rmse, mae.");
        };
    }

    /// Distances between predicted and true values.
    enum Distance implements Metric {
        MAE {
            @Override
            Tensor of(Tensor difference) {
                return difference.abs();
            }
        },
        MSE {
            @Override
            Tensor of(Tensor difference) {
                return difference.square();
            }
        },
        RMSE {
            @Override
            Tensor of(Tensor difference) {
                return difference.square();
            }

            @Override
            public double finish(double mean) {
                return Math.sqrt(mean);
            }
        };

        abstract Tensor of(Tensor difference);

        @Override
        public Tensor perExample(Tensor predicted, Tensor target) {
            return of(predicted.sub(Targets.like(kind(), predicted, target))).mean(-1);
        }

        @Override
        public String kind() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
