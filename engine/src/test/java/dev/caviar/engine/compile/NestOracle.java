package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.ReduceFn;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// What a nest means, element by element in double precision; and buffers to run it on.
final class NestOracle {
    private final Nest nest;
    private final long rows;
    private final long columns;
    private final List<Buffer> sources;
    private final double[][] values;

    NestOracle(Nest nest, long rows, long columns, List<Buffer> sources) {
        this.nest = nest;
        this.rows = rows;
        this.columns = columns;
        this.sources = sources;
        this.values = new double[nest.sources().size() + nest.instructions().size()][];
        for (int k = 0; k < values.length; k++) {
            values[k] = new double[(int) (rows * columns)];
            fill(k);
        }
    }

    private void fill(int k) {
        int sourceCount = nest.sources().size();
        for (int i = 0; i < values[k].length; i++) {
            values[k][i] = k < sourceCount ? sources.get(k).at(index(nest.sources().get(k).mode(), i)) : 0;
        }
        if (k >= sourceCount) {
            var at = nest.instructions().get(k - sourceCount);
            for (int i = 0; i < values[k].length; i++) {
                values[k][i] = rounded(at.dtype(), one(at, i));
            }
        }
    }

    private double one(Nest.Instruction at, int i) {
        return switch (at) {
            case Nest.Map1(var fn, _, int a) -> fn.apply(values[a][i]);
            case Nest.Map2(var fn, _, int a, int b) -> fn.apply(values[a][i], values[b][i]);
            case Nest.Choose(_, int c, int a, int b) -> values[c][i] != 0 ? values[a][i] : values[b][i];
            case Nest.Convert(_, int a) -> values[a][i];
            case Nest.Reduce(var fn, _, int a) -> reduce(fn, a, i);
            case Nest.Arg(boolean largest, int a) -> arg(largest, a, i);
        };
    }

    private int[] line(int i) {
        boolean down = nest.axis() == Nest.Axis.COLUMNS;
        var line = new int[(int) (down ? rows : columns)];
        for (int j = 0; j < line.length; j++) {
            line[j] = (int) (down ? j * columns + i % columns : i / columns * columns + j);
        }
        return line;
    }

    private double reduce(ReduceFn fn, int a, int i) {
        double result = switch (fn) {
            case SUM -> 0;
            case PROD -> 1;
            case MAX -> Double.NEGATIVE_INFINITY;
            case MIN -> Double.POSITIVE_INFINITY;
        };
        for (int j : line(i)) {
            double v = values[a][j];
            result = switch (fn) {
                case SUM -> result + v;
                case PROD -> result * v;
                case MAX -> Math.max(result, v);
                case MIN -> Math.min(result, v);
            };
        }
        return result;
    }

    private double arg(boolean largest, int a, int i) {
        var line = line(i);
        int best = 0;
        for (int j = 1; j < line.length; j++) {
            double v = values[a][line[j]];
            double b = values[a][line[best]];
            if (largest ? v > b : v < b) {
                best = j;
            }
        }
        return best;
    }

    private static double rounded(DType dtype, double v) {
        return switch (dtype) {
            case I32 -> (int) (long) v;
            case I64 -> (long) v;
            case U8 -> (long) v & 0xff;
            case BOOL -> v != 0 ? 1 : 0;
            case F32, F64, BF16, F16 -> v;
        };
    }

    private long index(Mode mode, long i) {
        return switch (mode) {
            case FULL -> i;
            case SCALAR -> 0;
            case ROW -> i % columns;
            case COLUMN -> i / columns;
        };
    }

    static long size(Mode mode, long rows, long columns) {
        return switch (mode) {
            case FULL -> rows * columns;
            case SCALAR -> 1;
            case ROW -> columns;
            case COLUMN -> rows;
        };
    }

    /// What store `s` should hold.
    double[] expected(int s) {
        var store = nest.stores().get(s);
        var out = new double[(int) size(store.mode(), rows, columns)];
        for (int i = 0; i < values[0].length; i++) {
            out[(int) index(store.mode(), i)] = values[store.value()][i];
        }
        return out;
    }

    static List<Buffer> sources(Nest nest, long rows, long columns, long seed) {
        var random = new Random(seed);
        var buffers = new ArrayList<Buffer>();
        for (var source : nest.sources()) {
            var buffer = Buffer.allocate(Type.of(source.dtype(), size(source.mode(), rows, columns)));
            for (long i = 0; i < buffer.size(); i++) {
                buffer.set(i, switch (source.dtype()) {
                    case BOOL -> random.nextInt(2);
                    case U8 -> random.nextInt(256);
                    case I32, I64 -> random.nextInt(-100, 100);
                    case F32, F64, BF16, F16 -> random.nextGaussian();
                });
            }
            buffers.add(buffer);
        }
        return buffers;
    }

    static List<Buffer> targets(Nest nest, long rows, long columns, List<Buffer> sources) {
        var buffers = new ArrayList<Buffer>();
        for (var store : nest.stores()) {
            buffers.add(store.over() >= 0 ? sources.get(store.over())
                    : Buffer.allocate(Type.of(nest.dtype(store.value()), size(store.mode(), rows, columns))));
        }
        return buffers;
    }

    static Table table(List<Buffer> sources, List<Buffer> targets) {
        int count = sources.size() + targets.size();
        var table = new Table(count);
        for (int k = 0; k < count; k++) {
            table.set(k, (k < sources.size() ? sources.get(k) : targets.get(k - sources.size())).memory().address());
        }
        return table;
    }
}
