package dev.caviar.app.check;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.loss.Loss;
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
    private static final List<String> LOSSES = List.of("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy");
    private static final List<String> DECISIONS = List.of("precision", "recall", "specificity");
    private static final List<String> KINDS = List.of("binary_accuracy", "categorical_accuracy", "sparse_accuracy", "sparse_categorical_accuracy", "precision",
            "recall", "f1", "fbeta", "auc", "r2", "mean_iou", "cosine", "mse", "rmse", "mae", "mape", "msle", "log_cosh", "logcosh", "hinge", "squared_hinge",
            "categorical_hinge", "kl_divergence", "kld", "poisson", "specificity", "mean_squared_error", "root_mean_squared_error", "mean_absolute_error",
            "mean_absolute_percentage_error", "mean_squared_logarithmic_error");

    private MetricChecks() {}

    static Map<String, Check> checks() {
        return Map.of("metric", MetricChecks::metric);
    }

    /// One, or one for each threshold.
    private static List<Metric> all(Case c) {
        if (DECISIONS.stream().noneMatch(c.name()::startsWith)) return List.of(of(c, 0.5));
        if (!(c.value("thresholds") instanceof List<?> thresholds)) return List.of(of(c, c.number("threshold", c.number("thresholds", 0.5))));
        if (!thresholds.stream().allMatch(Number.class::isInstance)) throw new Unsupported("thresholds is " + thresholds + ", not numbers.");
        return thresholds.stream().map(one -> of(c, ((Number) one).doubleValue())).toList();
    }

    private static Metric of(Case c, double threshold) {
        if (c.name().contains("_at_")) throw new Unsupported("there is no \"" + c.name() + "\" here.");
        if (LOSSES.stream().anyMatch(c.name()::startsWith)) return new Each(LossChecks.of(c));
        if (c.name().matches("(sparse_)?top_?(k|\\d+).*")) return new TopK(c.whole("k", 5));
        var kind = Kinds.longest(KINDS, c.name());
        return switch (kind) {
            case "binary_accuracy" -> new Accuracy(true, c.number("threshold", 0.5));
            case "sparse_accuracy", "sparse_categorical_accuracy", "categorical_accuracy" -> new Accuracy(false);
            case "precision" -> decision(c, Decision.PRECISION.at(threshold));
            case "recall" -> decision(c, Decision.RECALL.at(threshold));
            case "specificity" -> decision(c, Decision.SPECIFICITY.at(threshold));
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
        return decision.withTop(c.whole("top_k", 0)).withOutput(c.whole("class_id", -1));
    }

    /// A loss as a metric, also of logits.
    private record Each(Loss loss) implements Metric {
        @Override
        public Tensor perExample(Tensor predicted, Tensor target) {
            return loss.perExample(predicted, LossChecks.target(loss, predicted, target));
        }

        @Override
        public String kind() {
            return loss.kind();
        }
    }

    private static void metric(Case c) {
        var meters = all(c).stream().map(metric -> new Seen(c, metric, Meter.of(metric))).toList();
        long split = c.array("split").toLongs()[0];
        long n = c.array("y_pred").shape().dim(0);
        meters.forEach(meter -> meter.update(0, split));
        close(c, meters, "result_first");
        if (split < n) meters.forEach(meter -> meter.update(split, n));
        close(c, meters, "result_all");
        if (meters.stream().anyMatch(Seen::asOne)) return;
        meters.forEach(meter -> meter.meter.reset());
        meters.forEach(meter -> meter.update(0, n));
        close(c, meters, "result_all");
    }

    /// A metric and what it has seen of the case's examples.
    private record Seen(Case c, Metric metric, Meter meter) {
        void update(long from, long to) {
            var predicted = part("y_pred", from, to);
            var target = part("y_true", from, to);
            var weights = c.holds("sample_weight") ? part("sample_weight", from, to) : null;
            if (asOne()) meter.update(predicted.expandDims(0), target.expandDims(0));
            else meter.update(predicted, target, weights);
        }

        private Tensor part(String name, long from, long to) {
            return c.array(name).slice(0, from, to);
        }

        /// To Keras a batch of plain numbers is a single example of these.
        boolean asOne() {
            return c.array("y_pred").rank() == 1 && !c.holds("sample_weight")
                    && (metric instanceof Metric.LossMetric || metric == Metric.Distance.MSE || metric == Metric.Distance.MAE);
        }
    }

    private static void close(Case c, List<Seen> meters, String name) {
        var found = meters.size() > 1 ? meters.stream().mapToDouble(one -> one.meter.result()).toArray() : meters.getFirst().meter.results();
        var several = c.array(name).rank() > 0;
        c.close(name, several ? Tensor.of(found) : Tensor.scalar(meters.getFirst().meter.result(), DType.F64), c.array(name), c.metrics());
    }
}
