package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Poolings in plain Java, summed in double precision and rounded once: the oracle of the others.
final class PlainPooling {
    private PlainPooling() {}

    static Routine prepare(PoolSpec spec) {
        return new Windows(spec);
    }

    private static final class Windows implements Routine {
        private final PoolSpec spec;
        private final Places places;
        private final int channels;
        private final double[] x;
        private final double[] y;
        /// The tap that each output came from.
        private final long[] from;
        /// How many taps of each place lie inside the input.
        private final int[] counts;
        private final Places.Visitor visitor = this::tap;

        Windows(PoolSpec spec) {
            this.spec = spec;
            places = new Places(spec.x(), spec.size(), spec.y(), spec.slide());
            channels = Math.toIntExact(spec.x().dim(-1));
            x = new double[Math.toIntExact(spec.x().size())];
            y = new double[Math.toIntExact(spec.y().size())];
            from = new long[spec.kind().positions() ? y.length : 0];
            counts = new int[places.outputs()];
            places.walk((_, _, place) -> counts[place]++);
        }

        @Override
        public String implementation() {
            return "plain";
        }

        @Override
        public void run(MemorySegment... operands) {
            int wanted = spec.kind().positions() ? 3 : 2;
            if (operands.length != wanted) {
                throw new IllegalArgumentException("Pooling: " + operands.length + " operands for " + spec + ".");
            }
            boolean back = spec.kind().back();
            load(operands[0], back ? y : x);
            if (spec.kind() == PoolSpec.Kind.MAX_BACK || spec.kind() == PoolSpec.Kind.MAX_AT) {
                loadPositions(operands[1]);
            }
            Arrays.fill(back ? x : y, spec.kind() == PoolSpec.Kind.MAX ? Double.NEGATIVE_INFINITY : 0);
            Arrays.fill(from, 0, spec.kind() == PoolSpec.Kind.MAX ? from.length : 0, -1);
            places.walk(visitor);
            store(back ? x : y, operands[spec.kind() == PoolSpec.Kind.MAX ? 1 : wanted - 1]);
            if (spec.kind() == PoolSpec.Kind.MAX) {
                storePositions(operands[2]);
            }
        }

        private void tap(int inPixel, int tap, int place) {
            int i = inPixel * channels;
            int o = place * channels;
            switch (spec.kind()) {
                case MAX -> largest(i, tap, o);
                case MAX_BACK -> putBack(i, tap, o);
                case MAX_AT -> pick(i, tap, o);
                case SUM -> add(1, x, i, y, o);
                case SUM_BACK -> add(1, y, o, x, i);
                case MEAN -> add(1.0 / counts[place], x, i, y, o);
                case MEAN_BACK -> add(1.0 / counts[place], y, o, x, i);
            }
        }

        /// NaN counts as largest, as everywhere.
        private void largest(int i, int tap, int o) {
            for (int c = 0; c < channels; c++) {
                double value = x[i + c];
                if (from[o + c] < 0 || value > y[o + c] || (Double.isNaN(value) && !Double.isNaN(y[o + c]))) {
                    y[o + c] = value;
                    from[o + c] = tap;
                }
            }
        }

        private void putBack(int i, int tap, int o) {
            for (int c = 0; c < channels; c++) {
                if (from[o + c] == tap) {
                    x[i + c] += y[o + c];
                }
            }
        }

        private void pick(int i, int tap, int o) {
            for (int c = 0; c < channels; c++) {
                if (from[o + c] == tap) {
                    y[o + c] = x[i + c];
                }
            }
        }

        private void add(double factor, double[] source, int at, double[] sums, int to) {
            for (int c = 0; c < channels; c++) {
                sums[to + c] += factor * source[at + c];
            }
        }

        private void load(MemorySegment source, double[] to) {
            Loops.plain().cast(spec.dtype(), source, 0, DType.F64, MemorySegment.ofArray(to), 0, to.length);
        }

        private void store(double[] source, MemorySegment to) {
            Loops.plain().cast(DType.F64, MemorySegment.ofArray(source), 0, spec.dtype(), to, 0, source.length);
        }

        private void loadPositions(MemorySegment source) {
            for (int i = 0; i < from.length; i++) {
                from[i] = Elements.getLong(spec.positionType(), source, i);
            }
        }

        private void storePositions(MemorySegment to) {
            for (int i = 0; i < from.length; i++) {
                Elements.setLong(spec.positionType(), to, i, Math.max(0, from[i]));
            }
        }
    }
}
