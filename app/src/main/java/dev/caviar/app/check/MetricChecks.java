package dev.caviar.app.check;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.metric.Metric;
import java.util.Map;

/// Metrics, whose cases are named by them: the result after the first some examples, and after all.
final class MetricChecks {
    private MetricChecks() {}

    static Map<String, Check> checks() {
        return Map.of("metric", MetricChecks::metric);
    }

    private static void metric(Case c) {
        var name = c.name().equals("sparse_accuracy") ? "sparse_categorical_accuracy" : c.name();
        var metric = c.named(name, Metric::of);
        if (name.equals("binary_accuracy")) c.demand("threshold", 0.5);
        var predicted = c.array("y_pred");
        var each = metric.perExample(predicted.rank() == 1 ? predicted.expandDims(1) : predicted, c.array("y_true"));
        long split = c.array("split").toLongs()[0];
        close(c, metric.finish(each.slice(0, 0, split).mean().itemAsDouble()), "result_first");
        close(c, metric.finish(each.mean().itemAsDouble()), "result_all");
    }

    private static void close(Case c, double value, String name) {
        c.close(name, Tensor.scalar(value, DType.F64), c.array(name), c.metrics());
    }
}
