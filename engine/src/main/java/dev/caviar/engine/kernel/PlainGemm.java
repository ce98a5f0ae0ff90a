package dev.caviar.engine.kernel;

import dev.caviar.engine.kernel.GemmSpec.Activation;
import dev.caviar.engine.kernel.GemmSpec.Strides;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Matrix products in plain Java, summed in double precision in the order of k: the oracle of the others.
///
/// B is packed into a panel of doubles, four rows of A run over it at once, and the sums are rounded at the end: to F32, and
/// once more to a shorter element type.
final class PlainGemm implements Gemm {
    /// Narrow types as they are: what everything else is compared with.
    static final PlainGemm INSTANCE = new PlainGemm(true);
    /// Programs keep rounded F32 instead, which its loops are faster with.
    static final PlainGemm EMULATING = new PlainGemm(false);

    private final boolean narrow;

    private PlainGemm(boolean narrow) {
        this.narrow = narrow;
    }

    @Override
    public Call prepare(GemmSpec spec) {
        return new Product(spec);
    }

    @Override
    public boolean runs(DType dtype) {
        return dtype.isFloat() && (narrow || dtype == DType.F32 || dtype == DType.F64);
    }

    private static final class Product implements Call {
        private static final int ROWS = 4;
        private static final int COLUMNS = 128;
        private static final int DEPTH = 128;

        private final GemmSpec spec;
        private final double[] panel = new double[COLUMNS * DEPTH];
        private final double[] left = new double[ROWS * DEPTH];
        private final double[] sums;

        Product(GemmSpec spec) {
            this.spec = spec;
            this.sums = new double[Math.toIntExact((spec.m() + ROWS - 1) / ROWS * ROWS * COLUMNS)];
        }

        @Override
        public String implementation() {
            return "plain";
        }

        @Override
        public void run(MemorySegment a, MemorySegment b, @Nullable MemorySegment bias, MemorySegment c) {
            for (long slice = 0; slice < spec.batch(); slice++) {
                for (long j = 0; j < spec.n(); j += COLUMNS) {
                    columns(slice, j, (int) Math.min(COLUMNS, spec.n() - j), a, b, bias, c);
                }
            }
        }

        private void columns(long slice, long j, int width, MemorySegment a, MemorySegment b,
                @Nullable MemorySegment bias, MemorySegment c) {
            java.util.Arrays.fill(sums, 0);
            for (long k = 0; k < spec.k(); k += DEPTH) {
                int depth = (int) Math.min(DEPTH, spec.k() - k);
                packRight(b, slice * spec.b().batch() + k * spec.b().row() + j * spec.b().column(), depth, width);
                for (long i = 0; i < spec.m(); i += ROWS) {
                    int rows = (int) Math.min(ROWS, spec.m() - i);
                    packLeft(a, slice * spec.a().batch() + i * spec.a().row() + k * spec.a().column(), rows, depth);
                    multiply((int) i * COLUMNS, depth, width);
                }
            }
            for (long i = 0; i < spec.m(); i++) {
                store((int) i * COLUMNS, width, j, bias, c, slice * spec.c().batch() + i * spec.c().row() + j * spec.c().column());
            }
        }

        private void packRight(MemorySegment b, long at, int depth, int width) {
            pack(spec.dtype(), b, at, spec.b(), depth, width, panel, COLUMNS);
        }

        private void packLeft(MemorySegment a, long at, int rows, int depth) {
            pack(spec.dtype(), a, at, spec.a(), rows, depth, left, DEPTH);
            // Rows past the end compute into sums that nobody reads, and must not be slow: zeros.
            java.util.Arrays.fill(left, rows * DEPTH, left.length, 0);
        }

        private static void pack(DType dtype, MemorySegment x, long at, Strides strides, int rows, int columns,
                double[] out, int pitch) {
            long step = strides.column();
            for (int r = 0; r < rows; r++) {
                long from = at + r * strides.row();
                int to = r * pitch;
                if (dtype == DType.F32) {
                    for (int c = 0; c < columns; c++) {
                        out[to + c] = x.getAtIndex(Elements.F32, from + c * step);
                    }
                } else {
                    for (int c = 0; c < columns; c++) {
                        out[to + c] = Elements.get(dtype, x, from + c * step);
                    }
                }
            }
        }

        private void multiply(int at, int depth, int width) {
            for (int k = 0; k < depth; k++) {
                axpy(left[k], left[DEPTH + k], left[2 * DEPTH + k], left[3 * DEPTH + k], panel, k * COLUMNS, sums, at, width);
            }
        }

        private static void axpy(double p, double q, double r, double s, double[] panel, int from, double[] sums, int at, int n) {
            for (int j = 0; j < n; j++) {
                double v = panel[from + j];
                sums[at + j] += p * v;
                sums[at + COLUMNS + j] += q * v;
                sums[at + 2 * COLUMNS + j] += r * v;
                sums[at + 3 * COLUMNS + j] += s * v;
            }
        }

        private void store(int from, int width, long column, @Nullable MemorySegment bias, MemorySegment c, long at) {
            var dtype = spec.out();
            for (int j = 0; j < width; j++) {
                // Rounded as without a bias, so that a product and an addition give the same bits joined or apart.
                double value = dtype == DType.F64 ? sums[from + j] : (float) sums[from + j];
                if (bias != null && spec.bias() != null) {
                    value += Elements.get(spec.bias(), bias, column + j);
                }
                if (spec.accumulate()) {
                    value += Elements.get(dtype, c, at + j);
                }
                if (spec.activation() == Activation.RELU) {
                    value = UnaryFn.RELU.apply(value);
                }
                Elements.set(dtype, c, at + j, value);
            }
        }
    }
}
