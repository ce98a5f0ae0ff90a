package dev.caviar.tune.importance;

import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.util.List;
import org.hipparchus.special.Erf;
import org.jspecify.annotations.Nullable;

/// A parameter's range in a few cells, and how values are spread over them. See Scott, "Multivariate Density Estimation", 1992, for the width of
/// the kernels.
///
/// @param count how many cells
record Cells(Dist dist, int count) {
    private static final int MOST = 50;
    private static final double NARROWEST = 0.5 / 1.64;    // nine tenths of a kernel within one cell

    static Cells of(Dist dist) {
        return new Cells(dist, switch (dist) {
            case Choice choice -> choice.values().size();
            case Real real -> real.low() == real.high() ? 1 : real.step() > 0 ? (int) Math.min(MOST, real.size().orElseThrow()) : MOST;
            case Whole whole when whole.low() == whole.high() -> 1;
            case Whole whole when whole.scale() == Scale.LOG ->
                    (int) Math.min(MOST, Math.ceil(Math.log((double) whole.high() - whole.low() + 1) / Math.log(2)) + 1);
            case Whole whole -> (int) Math.min(MOST, whole.size().orElseThrow());
        });
    }

    /// The share of each cell after kernels around these values, and one over everything that counts like a value.
    double[] density(List<? extends @Nullable Object> values) {
        var counts = new double[count];
        for (var value : values) counts[cell(value)]++;
        return dist instanceof Choice ? categorical(counts) : numeric(counts);
    }

    private int cell(@Nullable Object value) {
        if (dist instanceof Choice choice) return choice.index(value);
        double low, high, at;
        switch (dist) {
            case Real real when real.step() > 0 -> {
                low = real.low();
                high = real.high();
                at = (double) value;
            }
            case Whole whole when whole.scale() == Scale.LOG -> {
                low = Math.log(whole.low());
                high = Math.log(whole.high());
                at = Math.log((long) value);
            }
            case Whole whole -> {    // by rank: places of whole numbers are the middles of their cells
                low = 0;
                high = whole.size().orElseThrow() - 1.0;
                at = whole.unit(value) * (high + 1) - 0.5;
            }
            default -> {
                low = 0;
                high = 1;
                at = dist.unit(value);
            }
        }
        // Divided in this order, values between two cells fall to the side that Optuna's do.
        return Math.clamp((int) Math.ceil((at - low) / ((high - low) / (count - 1)) - 0.5), 0, count - 1);
    }

    private double[] categorical(double[] counts) {
        var kernels = 1.0;
        for (var n : counts) if (n > 0) kernels++;
        var density = new double[count];
        var sum = 1.0;
        for (var n : counts) sum += n;
        var prior = 1 / kernels;    // of each kernel, in every cell
        for (var k = 0; k < count; k++) {
            density[k] = 1.0 / count / sum;
            for (var i = 0; i < count; i++) if (counts[i] > 0) density[k] += counts[i] / sum * ((i == k ? 1 : 0) + prior) / (1 + count * prior);
        }
        return density;
    }

    private double[] numeric(double[] counts) {
        var sum = 1.0;
        for (var n : counts) sum += n;
        var width = Math.max(NARROWEST, scott(counts, sum - 1));
        var density = new double[count];
        for (var i = 0; i < count; i++) if (counts[i] > 0) add(density, counts[i] / sum, i, width);
        add(density, 1 / sum, (count - 1) / 2.0, count);
        return density;
    }

    private void add(double[] density, double weight, double middle, double width) {
        var whole = normal(-0.5, count - 0.5, middle, width);
        for (var k = 0; k < count; k++) density[k] += weight * normal(k - 0.5, k + 0.5, middle, width) / whole;
    }

    private static double normal(double from, double to, double middle, double width) {
        var scale = width * Math.sqrt(2);
        return Erf.erf((from - middle) / scale, (to - middle) / scale) / 2;
    }

    // Scott's rule on what spreads less, deviation or quartiles.
    private static double scott(double[] counts, double sum) {
        double mean = 0, squares = 0;
        for (var i = 0; i < counts.length; i++) mean += i * counts[i] / sum;
        for (var i = 0; i < counts.length; i++) squares += counts[i] * (i - mean) * (i - mean);
        double first = Double.NaN, third = Double.NaN, last = 0, running = 0;
        double quarter = Math.floor(sum / 4), threeQuarters = Math.floor(sum * 3 / 4);
        for (var i = 0; i < counts.length; i++) {
            if (counts[i] == 0) continue;
            running += counts[i];
            if (Double.isNaN(first) && running >= quarter) first = i;
            if (Double.isNaN(third) && running > threeQuarters) third = i;
            last = i;
        }
        if (Double.isNaN(third)) third = last;
        return 1.059 * Math.min((third - first) / 1.34, Math.sqrt(squares / Math.max(1, sum - 1))) * Math.pow(sum, -0.2);
    }
}
