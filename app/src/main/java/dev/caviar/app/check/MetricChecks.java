package dev.caviar.app.check;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Accuracy;
import dev.caviar.nn.metric.Auc;
import dev.caviar.nn.metric.Correlation;
import dev.caviar.nn.metric.Decision;
import dev.caviar.nn.metric.FScore;
import dev.caviar.nn.metric.MeanIoU;
import dev.caviar.nn.metric.Meter;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.metric.OperatingPoint;
import dev.caviar.nn.metric.R2;
import dev.caviar.nn.metric.TopK;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// Metrics, whose cases are named by them: the result after the first some examples, and after all.
final class MetricChecks {
    private static final List<String> LOSSES = List.of("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy");
    private static final List<String> DECISIONS = List.of("precision", "recall", "specificity", "true_positives", "false_positives", "true_negatives",
            "false_negatives");
    private static final List<String> POINTS = List.of("sensitivity_at_specificity", "specificity_at_sensitivity", "precision_at_recall", "recall_at_precision");
    /// Keras writes both `iou` and `io_u`.
    private static final List<String> OVERLAPS = List.of("mean_iou", "iou", "binary_iou", "one_hot_iou", "one_hot_mean_iou", "mean_io_u", "io_u", "binary_io_u",
            "one_hot_io_u", "one_hot_mean_io_u");
    private static final List<String> OTHERS = List.of("accuracy", "binary_accuracy", "categorical_accuracy", "sparse_accuracy",
            "sparse_categorical_accuracy", "f1", "fbeta", "f_beta", "auc", "r2", "pearson", "concordance", "cosine", "mse", "rmse", "mae", "mape", "msle",
            "log_cosh", "logcosh", "hinge", "squared_hinge", "categorical_hinge", "kl_divergence", "kld", "poisson", "mean_squared_error",
            "root_mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error");
    private static final List<String> KINDS = Stream.of(DECISIONS, POINTS, OVERLAPS, OTHERS).flatMap(List::stream).toList();

    private MetricChecks() {}

    static Map<String, Check> checks() {
        return Map.of("metric", MetricChecks::metric);
    }

    /// One, or one for each threshold.
    private static List<Metric> all(Case c) {
        if (LOSSES.stream().anyMatch(c.name()::startsWith)) return List.of(new Each(LossChecks.of(c)));
        if (c.name().matches("(sparse_)?top_?(k|\\d+).*")) {
            c.demand("from_sorted_ids", false);
            return List.of(new TopK(c.whole("k", 5)));
        }
        var kind = Kinds.longest(KINDS, c.name());
        if (!DECISIONS.contains(kind)) return List.of(of(c, kind));
        var decision = Decision.of(Decision.Of.valueOf(kind.toUpperCase(Locale.ROOT))).withOutput(c.whole("class_id", -1)).withTop(c.whole("top_k", 0));
        var thresholds = c.value("thresholds") == null ? c.value("threshold") : c.value("thresholds");
        if (thresholds == null) return List.of(decision);
        return ScheduleChecks.doubles(thresholds instanceof List<?> ? thresholds : List.of(thresholds)).stream().<Metric>map(decision::at).toList();
    }

    private static Metric of(Case c, String kind) {
        if (POINTS.contains(kind)) return point(c, kind);
        if (OVERLAPS.contains(kind)) return overlap(c, kind.replace("io_u", "iou"));
        return switch (kind) {
            case "accuracy" -> accuracy(c);
            case "binary_accuracy" -> new Accuracy(true, c.number("threshold", 0.5));
            case "sparse_accuracy", "sparse_categorical_accuracy", "categorical_accuracy" -> new Accuracy(false);
            case "f1", "fbeta", "f_beta" -> new FScore(c.number("beta", 1), c.value("average") == null ? FScore.Average.MACRO
                    : c.named(c.text("average", "").toUpperCase(Locale.ROOT), FScore.Average::valueOf), c.number("threshold", 0));
            case "auc" -> auc(c);
            case "r2" -> {
                c.demand("class_aggregation", null, "uniform_average", "variance_weighted_average");
                yield R2.of().withByVariance(c.text("class_aggregation", "").equals("variance_weighted_average")).withRegressors(c.whole("num_regressors", 0));
            }
            case "pearson" -> Correlation.PEARSON.withAxis(c.whole("axis", -1));
            case "concordance" -> Correlation.CONCORDANCE.withAxis(c.whole("axis", -1));
            case "cosine" -> new Metric.Similarity(c.whole("axis", -1));
            default -> c.named(kind, Metric::of);
        };
    }

    /// Keras's `Accuracy` compares number by number; `"accuracy"` is whichever fits outputs and targets.
    private static Metric accuracy(Case c) {
        var predicted = c.array("y_pred");
        boolean whole = Arrays.stream(predicted.toDoubles()).allMatch(value -> value == Math.rint(value));
        return whole && predicted.shape().size() == c.array("y_true").shape().size() ? new Metric.Equality() : new Accuracy(false);
    }

    private static Metric auc(Case c) {
        var auc = Auc.of(c.named(c.text("curve", "ROC").toUpperCase(Locale.ROOT).replace("_", ""), Auc.Curve::valueOf)).withThresholds(c.whole("num_thresholds", 200))
                .withSummation(c.named(c.text("summation", c.text("summation_method", "interpolation")).toUpperCase(Locale.ROOT), Auc.Summation::valueOf))
                .withMultiLabel(c.flag("multi_label", false)).withLogits(c.flag("from_logits", false));
        if (c.value("num_labels") != null) c.demand("num_labels", c.array("y_pred").shape().dim(-1));
        if (c.value("thresholds") != null) auc = auc.withLevels(numbers(c, "thresholds"));
        return c.value("label_weights") == null ? auc : auc.withLabelWeights(numbers(c, "label_weights"));
    }

    private static double[] numbers(Case c, String key) {
        return ScheduleChecks.doubles(c.value(key)).stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static Metric point(Case c, String kind) {
        var rates = kind.split("_at_");
        return OperatingPoint.of(rate(rates[0]), rate(rates[1]), c.number(rates[1])).withThresholds(c.whole("num_thresholds", 200)).withOutput(c.whole("class_id", -1));
    }

    private static Decision.Of rate(String name) {
        return name.equals("sensitivity") ? Decision.Of.RECALL : Decision.Of.valueOf(name.toUpperCase(Locale.ROOT));
    }

    private static Metric overlap(Case c, String kind) {
        var metric = kind.equals("binary_iou") ? MeanIoU.binary(c.number("threshold", 0.5)) : new MeanIoU(c.whole("num_classes"));
        if (c.value("ignore_class") != null) metric = metric.withIgnored(c.whole("ignore_class"));
        return metric.withTargets(Arrays.stream(c.numbers("target_class_ids")).mapToInt(Math::toIntExact).toArray());
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
            if (metric instanceof MeanIoU overlap) {
                // What Keras counts an overlap in is whole numbers, and so are its weights, unless it is told another type.
                boolean whole = !String.valueOf(c.value("dtype")).startsWith("float");
                if (!overlap.binary()) predicted = classes("pred", predicted);
                target = overlap.binary() ? target : classes("true", target);
                weights = weights == null || !whole ? weights : weights.cast(DType.I64);
            }
            if (asOne()) meter.update(predicted.expandDims(0), target.expandDims(0));
            else meter.update(predicted, target, weights);
        }

        /// Classes as whole numbers, from rows along an axis where these are not sparse.
        private Tensor classes(String side, Tensor x) {
            boolean sparse = c.flag("sparse_y_" + side, !c.name().startsWith("one_hot"));
            int axis = c.whole("axis", -1);
            return sparse ? x.cast(DType.I64) : x.argmax(axis);
        }

        private Tensor part(String name, long from, long to) {
            return c.array(name).slice(0, from, to);
        }

        /// To Keras a batch of plain numbers is a single example of these.
        boolean asOne() {
            return c.array("y_pred").rank() == 1 && !c.holds("sample_weight") && (metric instanceof Metric.LossMetric || metric instanceof Correlation
                    || metric == Metric.Distance.MSE || metric == Metric.Distance.MAE);
        }
    }

    private static void close(Case c, List<Seen> meters, String name) {
        var found = meters.size() > 1 ? meters.stream().mapToDouble(one -> one.meter.result()).toArray() : meters.getFirst().meter.results();
        var several = c.array(name).rank() > 0;
        c.close(name, several ? Tensor.of(found) : Tensor.scalar(meters.getFirst().meter.result(), DType.F64), c.array(name), c.metrics());
    }
}
