package dev.caviar.engine.grad;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/// Gradients as computed beside `(J(θ+ε) − J(θ−ε)) / 2ε`, parameter by parameter: whether somebody's backpropagation is right.
///
/// The relative difference is `‖numeric − given‖ / (‖numeric‖ + ‖given‖)`: 1e-7 is right, 1e-5 wants a look, and above 1e-3 there is a bug.
/// All is computed in F64. Of a large parameter some elements are drawn, always the same. Where a `relu` lies within ε of its bend, the
/// numeric side is wrong; another batch tells.
///
/// ```java
/// var w = Map.of("w", Tensor.of(1.0, -2.0));
/// var check = GradientCheck.of(p -> p.get("w").square().sum(), w);
/// assert check.verdict() == GradientCheck.Verdict.RIGHT;
/// var wrong = GradientCheck.of(p -> p.get("w").square().sum(), w, Map.of("w", Tensor.of(1.0, -2.0)));    // forgot the 2
/// System.out.println(wrong);
/// ```
///
/// @param rows       a row for each parameter
/// @param difference that of all parameters together
public record GradientCheck(List<Row> rows, double difference) {
    private static final double EPSILON = 1e-6;
    private static final int MOST = 100;

    /// What the difference says.
    public enum Verdict {
        /// At most 1e-7.
        RIGHT("right"),
        /// Up to 1e-5.
        LIKELY("likely right"),
        /// Up to 1e-3: look at single elements.
        DOUBTFUL("doubtful"),
        /// Above.
        WRONG("wrong");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        static Verdict of(double difference) {
            return difference <= 1e-7 ? RIGHT : difference <= 1e-5 ? LIKELY : difference <= 1e-3 ? DOUBTFUL : WRONG;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /// One parameter: how many of its elements were compared, the norms of both gradients, their relative difference, and the element
    /// that differs most.
    ///
    /// ```java
    /// var row = new GradientCheck.Row("dense/bias", 10, 10, 0.5, 0.5, 2e-9, 3);
    /// var verdict = row.verdict();     // right
    /// ```
    public record Row(String name, long size, int compared, double numeric, double given, double difference, long worst) {
        public Verdict verdict() {
            return Verdict.of(difference);
        }
    }

    public GradientCheck {
        rows = List.copyOf(rows);
    }

    /// Checks the tape's gradients of a cost, which is asked again and again with other parameters.
    public static GradientCheck of(Function<Map<String, Tensor>, Tensor> cost, Map<String, Tensor> parameters) {
        var wide = wide(parameters);
        var gradients = Gradient.at(in -> cost.apply(named(wide, in)), List.copyOf(wide.values())).gradients();
        return of(cost, wide, named(wide, gradients));
    }

    /// Checks gradients that came from somewhere else, such as from formulas written by hand.
    public static GradientCheck of(Function<Map<String, Tensor>, Tensor> cost, Map<String, Tensor> parameters, Map<String, Tensor> gradients) {
        var wide = wide(parameters);
        var rows = new ArrayList<Row>();
        var all = new double[3];
        wide.forEach((name, value) -> rows.add(row(cost, wide, name, value.toDoubles(), given(gradients, name, value), all)));
        return new GradientCheck(rows, relative(all));
    }

    private static double[] given(Map<String, Tensor> gradients, String name, Tensor value) {
        var gradient = gradients.get(name);
        if (gradient == null || !gradient.shape().equals(value.shape())) {
            throw new IllegalArgumentException("GradientCheck: the parameter \"" + name + "\" is " + value.shape() + ", its gradient "
                    + (gradient == null ? "is missing; there are " + gradients.keySet() : "is " + gradient.shape()) + ".");
        }
        return gradient.toDoubles();
    }

    private static Row row(Function<Map<String, Tensor>, Tensor> cost, Map<String, Tensor> parameters, String name, double[] value, double[] given,
            double[] all) {
        var own = new double[3];
        var places = places(value.length, name);
        double most = -1;
        long worst = 0;
        for (int i : places) {
            double numeric = (moved(cost, parameters, name, value, i, EPSILON) - moved(cost, parameters, name, value, i, -EPSILON)) / (2 * EPSILON);
            double[] squares = {(numeric - given[i]) * (numeric - given[i]), numeric * numeric, given[i] * given[i]};
            for (int k = 0; k < 3; k++) {
                own[k] += squares[k];
                all[k] += squares[k];
            }
            if (!(squares[0] <= most)) {
                most = squares[0];
                worst = i;
            }
        }
        return new Row(name, value.length, places.length, Math.sqrt(own[1]), Math.sqrt(own[2]), relative(own), worst);
    }

    /// Two gradients of nothing but rounding are equal.
    private static double relative(double[] squares) {
        double sum = Math.sqrt(squares[1]) + Math.sqrt(squares[2]);
        return sum < 1e-9 ? 0 : Math.sqrt(squares[0]) / sum;
    }

    private static double moved(Function<Map<String, Tensor>, Tensor> cost, Map<String, Tensor> parameters, String name, double[] value, int i, double by) {
        var changed = value.clone();
        changed[i] += by;
        var all = new LinkedHashMap<>(parameters);
        all.put(name, Tensor.of(changed).reshape(parameters.get(name).shape()));
        return cost.apply(all).itemAsDouble();
    }

    private static int[] places(int size, String name) {
        return size <= MOST ? IntStream.range(0, size).toArray()
                : new SplittableRandom(name.hashCode()).ints(0, size).distinct().limit(MOST).sorted().toArray();
    }

    private static Map<String, Tensor> wide(Map<String, Tensor> parameters) {
        var out = new LinkedHashMap<String, Tensor>();
        parameters.forEach((name, value) -> out.put(name, value.cast(DType.F64)));
        return out;
    }

    private static Map<String, Tensor> named(Map<String, Tensor> names, List<? extends Tensor> values) {
        var out = new LinkedHashMap<String, Tensor>();
        var next = values.iterator();
        names.keySet().forEach(name -> out.put(name, next.next()));
        return out;
    }

    public Verdict verdict() {
        return rows.stream().map(Row::verdict).reduce(Verdict.of(difference), (a, b) -> a.compareTo(b) >= 0 ? a : b);
    }

    /// A table, with what was found below it.
    @Override
    public String toString() {
        int width = Math.max(9, rows.stream().mapToInt(row -> row.name.length()).max().orElse(0));
        var out = new StringBuilder(String.format(Locale.ROOT, "%-" + width + "s %12s %12s %12s %12s  %s%n", "parameter", "compared", "numeric", "given", "difference", "verdict"));
        for (var row : rows) {
            out.append(String.format(Locale.ROOT, "%-" + width + "s %12s %12.4e %12.4e %12.1e  %s%n", row.name, row.compared + "/" + row.size, row.numeric, row.given,
                    row.difference, row.verdict() + (row.verdict() == Verdict.WRONG ? ", most at element " + row.worst : "")));
        }
        return out.append(String.format(Locale.ROOT, "all together %.1e: %s%n", difference, verdict())).toString();
    }
}
