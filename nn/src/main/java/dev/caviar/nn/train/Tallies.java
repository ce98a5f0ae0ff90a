package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.metric.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The numbers that are summed up over the examples, one behind another: one for each loss, and for each metric as many as it keeps.
final class Tallies {
    private final Recipe recipe;
    private final List<String> names;
    private final int[] widths;
    /// Which are sums over steps with the number of these behind them, rather than sums over examples.
    private final boolean[] counted;
    private final int[] log;
    private final int[] place;

    private Tallies(Recipe recipe, List<Integer> widths, boolean[] counted) {
        this.recipe = recipe;
        this.counted = counted;
        this.names = recipe.names();
        this.widths = widths.stream().mapToInt(Integer::intValue).toArray();
        int size = widths.stream().mapToInt(Integer::intValue).sum();
        log = new int[size];
        place = new int[size];
        int at = 0;
        for (int i = 0; i < this.widths.length; i++) {
            for (int k = 0; k < this.widths[i]; k++) {
                log[at] = i;
                place[at++] = k;
            }
        }
    }

    static Tallies of(Recipe recipe, State state) {
        var widths = new ArrayList<Integer>();
        for (int i = 0; i < (recipe.single() ? 1 : 1 + recipe.heads().size()); i++) {
            widths.add(1);
        }
        var counted = new boolean[recipe.names().size()];
        for (int i = 0; i < recipe.heads().size(); i++) {
            var shape = state.needs.outputs().get(i).shape();
            for (var metric : recipe.heads().get(i).metrics()) {
                counted[widths.size()] = Head.counted(metric, shape, state.needs.masked().get(i));
                widths.add(metric.width(shape) + (counted[widths.size()] ? 1 : 0));
            }
        }
        return new Tallies(recipe, widths, counted);
    }

    int size() {
        return log.length;
    }

    /// The number of buffers that they come in.
    int logs() {
        return widths.length;
    }

    /// What buffer `i` holds.
    Type type(int i, DType dtype) {
        return widths[i] == 1 ? Type.of(dtype) : Type.of(dtype, widths[i]);
    }

    /// Number `i` of a lane, from the buffers that all lanes lie in.
    double at(List<Buffer> logs, int i, int lane) {
        return logs.get(log[i]).at((long) lane * widths[log[i]] + place[i]);
    }

    /// What is reported by name, given the sums over `n` examples.
    Map<String, Double> report(double[] sums, long n) {
        var out = new LinkedHashMap<String, Double>();
        int at = 0;
        for (int i = 0; i < widths.length; i++) {
            var means = new double[widths[i]];
            for (int k = 0; k < means.length; k++) {
                means[k] = sums[at++] / n;
            }
            double steps = counted[i] ? means[means.length - 1] : 1;
            if (counted[i]) {
                means = Arrays.stream(means, 0, means.length - 1).map(sum -> sum / steps).toArray();
            }
            out.put(names.get(i), recipe.finish(i, means, new Metric.Seen(n, n * steps)));
        }
        return out;
    }
}
