package dev.caviar.nn.metric;

import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// True against false positive rate at every threshold that makes a difference: exact, from all scores at once. [Auc] counts at fixed
/// thresholds, and needs no scores kept.
///
/// ```java
/// var curve = RocCurve.of(Tensor.of(0.9f, 0.8f, 0.3f, 0.1f), Tensor.of(1f, 0f, 1f, 0f));
/// double auc = curve.auc();                           // 0.75
/// double threshold = curve.best().threshold();        // 0.9
/// ```
public record RocCurve(List<Point> points) {
    /// The rates where everything from `threshold` on is a yes.
    ///
    /// ```java
    /// var corner = new RocCurve.Point(Double.POSITIVE_INFINITY, 0, 0);
    /// ```
    public record Point(double threshold, double falsePositive, double truePositive) {}

    public RocCurve {
        points = List.copyOf(points);
    }

    /// From scores, larger for yes, and targets of 0 or 1. Throws [IllegalArgumentException] where one of both is missing.
    public static RocCurve of(Tensor scores, Tensor targets) {
        var score = scores.toDoubles();
        var target = targets.toDoubles();
        long yes = java.util.Arrays.stream(target).filter(t -> t > 0.5).count();
        long no = target.length - yes;
        if (score.length != target.length || yes == 0 || no == 0) {
            throw new IllegalArgumentException("RocCurve of " + score.length + " scores for " + yes + " positive and " + no
                    + " negative targets: there must be one score for each, and some of both.");
        }
        var order = IntStream.range(0, score.length).boxed().sorted(Comparator.comparingDouble(i -> -score[i])).toList();
        var points = new ArrayList<>(List.of(new Point(Double.POSITIVE_INFINITY, 0, 0)));
        long right = 0;
        long wrong = 0;
        for (int k = 0; k < order.size(); k++) {
            int i = order.get(k);
            if (target[i] > 0.5) {
                right++;
            } else {
                wrong++;
            }
            if (k + 1 == order.size() || score[order.get(k + 1)] != score[i]) {
                points.add(new Point(score[i], (double) wrong / no, (double) right / yes));
            }
        }
        return new RocCurve(points);
    }

    /// The area under the curve: how likely a yes has a larger score than a no.
    public double auc() {
        double area = 0;
        for (int i = 1; i < points.size(); i++) {
            var a = points.get(i - 1);
            var b = points.get(i);
            area += (b.falsePositive - a.falsePositive) * (a.truePositive + b.truePositive) / 2;
        }
        return area;
    }

    /// The point farthest above chance: the largest difference of the rates, the first of equals.
    public Point best() {
        return points.stream().reduce((a, b) -> b.truePositive - b.falsePositive > a.truePositive - a.falsePositive ? b : a).orElseThrow();
    }
}
