package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Shifts and scales features to mean 0 and standard deviation 1, as measured on training examples; kept with the model.
///
/// Tables have a mean and a deviation per column, images one of each over all pixels (so `mean` has one element).
/// A column that never changes gets the deviation 1. `examples` is the number of examples it was fitted on; 0 for
/// [#identity].
///
/// ```java
/// var train = Examples.of(new float[][] {{1, 10}, {3, 10}}, new int[] {0, 1});
/// var fitted = Normaliser.fit(train);      // mean [2, 10], deviation [1, 1]
/// Examples ready = fitted.apply(train);    // {-1, 0}, {1, 0}
/// ```
public record Normaliser(List<Double> mean, List<Double> deviation, int examples) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public Normaliser {
        mean = List.copyOf(mean);
        deviation = List.copyOf(deviation);
        if (mean.isEmpty() || mean.size() != deviation.size()) {
            throw new IllegalArgumentException("Normaliser: " + mean.size() + " means, " + deviation.size() + " deviations.");
        }
    }

    /// Changes nothing but the type, which becomes F32.
    public static Normaliser identity() {
        return new Normaliser(List.of(0.0), List.of(1.0), 0);
    }

    /// Measured on these examples only: per column for features of rank 1, over all pixels for images.
    public static Normaliser fit(Examples training) {
        int width = Math.toIntExact(training.inputShape().size());
        return fit(training.x(), training, width, training.inputShape().rank() <= 1 ? width : 1);
    }

    /// Measured on the values to be predicted, per target.
    public static Normaliser fitTargets(Examples training) {
        return fit(training.y(), training, training.targets(), training.targets());
    }

    private static Normaliser fit(Buffer values, Examples rows, int width, int groups) {
        if (rows.size() == 0 || width == 0) {
            throw new DataException("Normaliser: nothing to fit on, " + rows + ".", "Maybe the training part is empty.");
        }
        if (groups == 1 && values.type().dtype() == DType.U8) {
            return fitBytes(values, rows, width);
        }
        var mean = new double[groups];
        var deviation = new double[groups];
        double count = (double) rows.size() * width / groups;
        for (int i = 0; i < rows.size(); i++) {
            long at = (long) rows.row(i) * width;
            for (int j = 0; j < width; j++) {
                mean[groups == 1 ? 0 : j] += values.at(at + j);
            }
        }
        Arrays.setAll(mean, g -> mean[g] / count);
        for (int i = 0; i < rows.size(); i++) {
            long at = (long) rows.row(i) * width;
            for (int j = 0; j < width; j++) {
                int g = groups == 1 ? 0 : j;
                double off = values.at(at + j) - mean[g];
                deviation[g] += off * off;
            }
        }
        for (int g = 0; g < groups; g++) {
            deviation[g] = spread(deviation[g] / count, mean[g]);
        }
        return new Normaliser(boxed(mean), boxed(deviation), rows.size());
    }

    /// What rounding leaves of a constant is no spread.
    private static double spread(double variance, double mean) {
        double std = Math.sqrt(variance);
        return std <= 1e-9 * Math.abs(mean) ? 1 : std;
    }

    /// Bytes are counted by value, in one pass and without rounding.
    private static Normaliser fitBytes(Buffer bytes, Examples rows, int width) {
        var counts = new long[256];
        for (int i = 0; i < rows.size(); i++) {
            long at = (long) rows.row(i) * width;
            for (int j = 0; j < width; j++) {
                counts[bytes.memory().get(ValueLayout.JAVA_BYTE, at + j) & 0xff]++;
            }
        }
        double count = (double) rows.size() * width;
        double mean = 0;
        for (int value = 0; value < 256; value++) {
            mean += counts[value] * (double) value / count;
        }
        double variance = 0;
        for (int value = 0; value < 256; value++) {
            variance += counts[value] * (value - mean) * (value - mean) / count;
        }
        return new Normaliser(List.of(mean), List.of(spread(variance, mean)), rows.size());
    }

    private static List<Double> boxed(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /// `(x - mean) / deviation` as F32, in new memory. The last axis is the columns'.
    public Buffer apply(Buffer x) {
        return on(Tensor.wrap(x)).array().buffer();
    }

    /// The same as a function of tensors, for a program that takes features as they are stored. Types wider than F32 are normalised in
    /// F64, so that a large mean costs no digits.
    public Tensor on(Tensor x) {
        check(x.type());
        boolean narrow = x.dtype() == DType.F32 || x.dtype() == DType.U8 || x.dtype() == DType.BF16 || x.dtype() == DType.F16;
        var type = narrow ? DType.F32 : DType.F64;
        return x.cast(type).sub(row(mean, type)).mul(row(deviation.stream().map(d -> narrow ? (double) (float) (1 / d) : 1 / d).toList(), type))
                .cast(DType.F32);
    }

    private static Tensor row(List<Double> values, DType type) {
        var row = values.stream().mapToDouble(value -> value).toArray();
        return row.length == 1 ? Tensor.scalar(row[0], type) : Tensor.of(row).cast(type);
    }

    /// Throws [DataException] for features that it was not fitted for.
    public void check(Type x) {
        var shape = x.shape();
        if (mean.size() > 1 && (shape.rank() == 0 || shape.dim(-1) != mean.size())) {
            throw new DataException("Normaliser: fitted on " + mean.size() + " columns, applied to " + x + ".",
                    "Maybe the model was fitted on another data set.");
        }
    }

    /// These examples alone, normalised, in memory of their own.
    public Examples apply(Examples examples) {
        return Examples.of(apply(examples.features()), examples.labels());
    }

    /// The values before [#apply(Buffer)]: `x * deviation + mean` as F32.
    public Buffer invert(Buffer x) {
        check(x.type());
        var out = Buffer.allocate(x.type().withDType(DType.F32));
        int groups = mean.size();
        for (long i = 0; i < x.size(); i++) {
            int g = (int) (i % groups);
            out.set(i, x.at(i) * deviation.get(g) + mean.get(g));
        }
        return out;
    }

    /// The text that [#fromJson] reads.
    public String toJson() {
        var root = JSON.createObjectNode();
        var means = root.putArray("mean");
        mean.forEach(means::add);
        var deviations = root.putArray("deviation");
        deviation.forEach(deviations::add);
        return root.put("examples", examples).toString();
    }

    /// Reads what [#toJson] wrote; throws [DataException] on anything else.
    public static Normaliser fromJson(String json) {
        try {
            var root = JSON.readTree(json);
            return new Normaliser(numbers(root.path("mean")), numbers(root.path("deviation")), root.path("examples").asInt());
        } catch (JacksonException | IllegalArgumentException e) {
            throw new DataException("Normaliser: not its JSON form: " + e.getMessage(), "Maybe the model's folder is damaged.", e);
        }
    }

    private static List<Double> numbers(JsonNode array) {
        var numbers = new ArrayList<Double>();
        array.forEach(value -> numbers.add(value.asDouble()));
        return Collections.unmodifiableList(numbers);
    }
}
