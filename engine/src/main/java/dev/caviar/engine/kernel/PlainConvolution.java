package dev.caviar.engine.kernel;

import dev.caviar.engine.kernel.GemmSpec.Activation;
import dev.caviar.engine.memory.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Convolutions in plain Java, summed in double precision and rounded once: the oracle of the others.
final class PlainConvolution {
    private PlainConvolution() {}

    static Routine prepare(ConvSpec spec) {
        return new Sums(spec);
    }

    /// Every pass is a row of channels, scaled and added to another row, for each place and tap.
    private static final class Sums implements Routine {
        private final ConvSpec spec;
        private final Places places;
        private final int groups;
        private final int in;
        private final int out;
        private final double[] x;
        private final double[] w;
        private final double[] y;
        private final double[] turned;
        private final double[] sums;
        private final Places.Visitor visitor;

        Sums(ConvSpec spec) {
            this.spec = spec;
            places = new Places(spec.x(), spec.w().dims().subList(0, spec.slide().axes()), spec.y(), spec.slide());
            groups = spec.groups();
            in = Math.toIntExact(spec.w().dim(-2));
            out = Math.toIntExact(spec.w().dim(-1)) / groups;
            x = new double[Math.toIntExact(spec.x().size())];
            w = new double[Math.toIntExact(spec.w().size())];
            y = new double[Math.toIntExact(spec.y().size())];
            turned = new double[spec.pass() == ConvSpec.Pass.INPUT_GRADIENT ? w.length : 0];
            sums = new double[spec.bias() ? groups * out : 0];
            visitor = switch (spec.pass()) {
                case FORWARD -> this::forward;
                case INPUT_GRADIENT -> this::toInput;
                case WEIGHT_GRADIENT -> this::toWeights;
            };
        }

        @Override
        public String implementation() {
            return "plain";
        }

        @Override
        public void run(MemorySegment... operands) {
            if (operands.length != spec.operands().size()) {
                throw new IllegalArgumentException("Convolution: " + operands.length + " operands for " + spec + ".");
            }
            switch (spec.pass()) {
                case FORWARD -> {
                    load(operands[0], x);
                    load(operands[1], w);
                    Arrays.fill(y, 0);
                    places.walk(visitor);
                    finish(operands);
                    store(y, operands[operands.length - 1]);
                }
                case INPUT_GRADIENT -> {
                    load(operands[0], y);
                    load(operands[1], w);
                    turn();
                    Arrays.fill(x, 0);
                    places.walk(visitor);
                    store(x, operands[2]);
                }
                case WEIGHT_GRADIENT -> {
                    load(operands[0], x);
                    load(operands[1], y);
                    Arrays.fill(w, 0);
                    places.walk(visitor);
                    store(w, operands[2]);
                    if (spec.bias()) {
                        biasGradient(operands[3]);
                    }
                }
            }
        }

        private void load(MemorySegment from, double[] to) {
            Loops.plain().cast(spec.dtype(), from, 0, DType.F64, MemorySegment.ofArray(to), 0, to.length);
        }

        private void store(double[] from, MemorySegment to) {
            Loops.plain().cast(DType.F64, MemorySegment.ofArray(from), 0, spec.dtype(), to, 0, from.length);
        }

        private void forward(int inPixel, int tap, int outPixel) {
            for (int g = 0; g < groups; g++) {
                for (int c = 0; c < in; c++) {
                    axpy(x[(inPixel * groups + g) * in + c], w, ((tap * in + c) * groups + g) * out, y, (outPixel * groups + g) * out, out);
                }
            }
        }

        private void toInput(int inPixel, int tap, int outPixel) {
            for (int g = 0; g < groups; g++) {
                for (int c = 0; c < out; c++) {
                    axpy(y[(outPixel * groups + g) * out + c], turned, ((tap * groups + g) * out + c) * in, x, (inPixel * groups + g) * in, in);
                }
            }
        }

        private void toWeights(int inPixel, int tap, int outPixel) {
            for (int g = 0; g < groups; g++) {
                for (int c = 0; c < in; c++) {
                    axpy(x[(inPixel * groups + g) * in + c], y, (outPixel * groups + g) * out, w, ((tap * in + c) * groups + g) * out, out);
                }
            }
        }

        private static void axpy(double a, double[] from, int at, double[] to, int place, int n) {
            for (int i = 0; i < n; i++) {
                to[place + i] += a * from[at + i];
            }
        }

        /// The kernel with its channels exchanged, so that rows of inputs lie together.
        private void turn() {
            int channels = groups * out;
            for (int tap = 0; tap < w.length / Math.max(1, in * channels); tap++) {
                for (int c = 0; c < in; c++) {
                    for (int o = 0; o < channels; o++) {
                        turned[(tap * channels + o) * in + c] = w[(tap * in + c) * channels + o];
                    }
                }
            }
        }

        private void finish(MemorySegment[] operands) {
            int channels = groups * out;
            for (int i = 0; i < y.length; i++) {
                double value = spec.bias() ? y[i] + Elements.get(spec.dtype(), operands[2], i % channels) : y[i];
                y[i] = spec.activation() == Activation.RELU ? UnaryFn.RELU.apply(value) : value;
            }
        }

        private void biasGradient(MemorySegment to) {
            int channels = groups * out;
            Arrays.fill(sums, 0);
            for (int i = 0; i < y.length; i += channels) {
                axpy(1, y, i, sums, 0, channels);
            }
            store(sums, to);
        }
    }
}
