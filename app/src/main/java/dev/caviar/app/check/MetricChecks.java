package dev.caviar.app.check;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.metric.Accuracy;
import dev.caviar.nn.metric.Auc;
import dev.caviar.nn.metric.Decision;
import dev.caviar.nn.metric.FScore;
import dev.caviar.nn.metric.MeanIoU;
import dev.caviar.nn.metric.Meter;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.metric.R2;
import dev.caviar.nn.metric.TopK;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Metrics, whose cases are named by them: the result after the first some examples, and after all.
final class MetricChecks {
    private static final List<String> KINDS = List.of("binary_accuracy", "categorical_accuracy", "sparse_accuracy", "sparse_categorical_accuracy", "precision",
            "recall", "f1", "fbeta", "auc", "r2", "mean_iou", "cosine", "mse", "rmse", "mae", "mape", "msle", "log_cosh", "logcosh", "hinge", "squared_hinge",
            "categorical_hinge", "kl_divergence", "kld", "poisson", "specificity");

    private MetricChecks() {}

    static Map<String, Check> checks() {
        return Map.of("metric", MetricChecks::metric);
    }

    private static Metric of(Case c) {
        if (c.name().matches("(sparse_)?top_?(k|\\d+).*")) return new TopK(c.whole("k", 5));
        var kind = Kinds.longest(KINDS, c.name());
        return switch (kind) {
            case "binary_accuracy" -> new Accuracy(true, c.number("threshold", 0.5));
            case "sparse_accuracy", "sparse_categorical_accuracy", "categorical_accuracy" -> new Accuracy(false);
            case "precision" -> decision(c, Decision.PRECISION);
            case "recall" -> decision(c, Decision.RECALL);
            case "specificity" -> decision(c, Decision.SPECIFICITY);
            case "f1", "fbeta" -> new FScore(c.number("beta", 1), c.value("average") == null ? FScore.Average.MACRO
                    : c.named(c.text("average", "").toUpperCase(Locale.ROOT), FScore.Average::valueOf), c.number("threshold", 0));
            case "auc" -> Auc.of(c.named(c.text("curve", "ROC"), Auc.Curve::valueOf)).withThresholds(c.whole("num_thresholds", 200))
                    .withSummation(c.named(c.text("summation", c.text("summation_method", "interpolation")).toUpperCase(Locale.ROOT), Auc.Summation::valueOf));
            case "r2" -> R2.of().withByVariance(c.text("class_aggregation", "").equals("variance_weighted_average"));
            case "mean_iou" -> new MeanIoU(c.whole("num_classes"));
            case "cosine" -> new Metric.Similarity(c.whole("axis", -1));
            default -> c.named(kind, Metric::of);
        };
    }

    private static Metric decision(Case c, Decision decision) {
        return decision.at(c.number("threshold", c.number("thresholds", 0.5))).withTop(c.whole("top_k", 0)).withOutput(c.whole("class_id", -1));
    }

    private static void metric(Case c) {
        var meter = Meter.of(of(c));
        var predicted = c.array("y_pred");
        var target = c.array("y_true");
        long split = c.array("split").toLongs()[0];
        long n = predicted.shape().dim(0);
        meter.update(predicted.slice(0, 0, split), target.slice(0, 0, split));
        close(c, meter, "result_first");
        if (split < n) meter.update(predicted.slice(0, split, n), target.slice(0, split, n));
        close(c, meter, "result_all");
        meter.reset();
        meter.update(predicted, target);
        close(c, meter, "result_all");
    }

    private static void close(Case c, Meter meter, String name) {
        var several = c.array(name).rank() > 0;
        c.close(name, several ? Tensor.of(meter.results()) : Tensor.scalar(meter.result(), DType.F64), c.array(name), c.metrics());
    }
}
