package dev.caviar.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.compile.Function;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Layers over sequences, images and volumes under settings drawn at random: values against plain loops, gradients against finite
/// differences, compiled against eager.
class SpatialVariationsTest {
    private static final int AXES = 2;

    /// Settings of one drawn layer.
    record Setting(long seed) {
        long pick(String what, long from, long to) {
            return new SplittableRandom(seed * 31 + what.hashCode()).nextLong(from, to + 1);
        }

        long[] each(String what, long from, long to) {
            return IntStream.range(0, AXES).mapToLong(axis -> pick(what + axis, from, to)).toArray();
        }

        Padding padding() {
            return pick("padding", 0, 1) == 0 ? Padding.VALID : Padding.SAME;
        }
    }

    static Stream<Setting> settings() {
        return IntStream.range(0, 25).mapToObj(Setting::new);
    }

    private static Tensor normal(long seed, long... dims) {
        return Random.normal(Random.key(seed), Type.of(DType.F64, dims));
    }

    private static Map<String, Tensor> weights(Layer layer, Tensor... x) {
        var needs = Needs.of(layer, DType.F64, Stream.of(x).map(Tensor::type).toArray(Type[]::new));
        var out = new LinkedHashMap<String, Tensor>();
        needs.params().forEach((name, wish) -> out.put(name, Random.normal(Random.key(name.hashCode()), wish.type())));
        out.put("", Tensor.scalar(0, DType.F64));
        return out;
    }

    private static Tensor apply(Layer layer, Map<String, Tensor> weights, Tensor... x) {
        return layer.apply(Bound.of(weights, Random.key(1), true), x);
    }

    /// Row-major access to a tensor's numbers.
    private record Grid(double[] values, List<Long> dims) {
        static Grid of(Tensor t) {
            return new Grid(t.toDoubles(), t.shape().dims());
        }

        int at(long... index) {
            long at = 0;
            for (int i = 0; i < index.length; i++) {
                at = at * dims.get(i) + index[i];
            }
            return Math.toIntExact(at);
        }
    }

    private static void same(Tensor actual, Grid expected) {
        assertThat(actual.shape().dims()).isEqualTo(expected.dims);
        assertThat(actual.toDoubles()).containsExactly(expected.values, within(1e-12));
    }

    /// [length, size, stride, dilation] of an axis to the zeros before it, for ⌈length / stride⌉ places.
    private static long low(Padding padding, long length, long size, long stride, long dilation) {
        long total = Math.max(0, (Math.ceilDiv(length, stride) - 1) * stride + (size - 1) * dilation + 1 - length);
        return padding == Padding.SAME ? total / 2 : 0;
    }

    private static long places(Padding padding, long length, long size, long stride, long dilation) {
        return padding == Padding.SAME ? Math.ceilDiv(length, stride) : Math.floorDiv(length - (size - 1) * dilation - 1, stride) + 1;
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aConvolutionIsTheSumOverItsTaps(Setting s) {
        long groups = s.pick("groups", 1, 3);
        var kernel = s.each("kernel", 1, 3);
        var strides = s.each("stride", 1, 3);
        var dilation = s.each("dilation", 1, 2);
        var layer = Conv2D.of((int) groups * 2, kernel).withStrides(strides).withDilation(dilation).withPadding(s.padding())
                .withGroups((int) groups).withBias(false);
        var x = normal(s.seed, 2, s.pick("rows", 7, 10), s.pick("columns", 7, 10), groups * s.pick("channels", 1, 2));
        var weights = weights(layer, x);
        same(apply(layer, weights, x), convolution(Grid.of(x), Grid.of(weights.get("kernel")), (int) groups, s.padding(), strides, dilation));
    }

    private static Grid convolution(Grid x, Grid w, int groups, Padding padding, long[] strides, long[] dilation) {
        var n = x.dims;
        long filters = w.dims.get(3);
        long share = w.dims.get(2);
        var low = new long[AXES];
        var out = new ArrayList<>(List.of(n.getFirst()));
        for (int axis = 0; axis < AXES; axis++) {
            low[axis] = low(padding, n.get(1 + axis), w.dims.get(axis), strides[axis], dilation[axis]);
            out.add(places(padding, n.get(1 + axis), w.dims.get(axis), strides[axis], dilation[axis]));
        }
        out.add(filters);
        var y = new Grid(new double[out.stream().mapToInt(Long::intValue).reduce(1, (a, b) -> a * b)], out);
        for (long b = 0; b < out.get(0); b++) for (long i = 0; i < out.get(1); i++) for (long j = 0; j < out.get(2); j++) for (long f = 0; f < filters; f++) {
            double sum = 0;
            for (long p = 0; p < w.dims.get(0); p++) for (long q = 0; q < w.dims.get(1); q++) for (long c = 0; c < share; c++) {
                long row = i * strides[0] + p * dilation[0] - low[0];
                long column = j * strides[1] + q * dilation[1] - low[1];
                if (row >= 0 && row < n.get(1) && column >= 0 && column < n.get(2)) {
                    sum += x.values[x.at(b, row, column, f / (filters / groups) * share + c)] * w.values[w.at(p, q, c, f)];
                }
            }
            y.values[y.at(b, i, j, f)] = sum;
        }
        return y;
    }

    /// Each element spreads the kernel; then as much is cut off in front as the convolution the other way would pad.
    @ParameterizedTest
    @MethodSource("settings")
    void aTransposedConvolutionSpreadsItsKernel(Setting s) {
        var kernel = s.each("kernel", 1, 4);
        var strides = s.each("stride", 1, 3);
        var dilation = s.each("dilation", 1, 2);
        var layer = Conv2DTranspose.of(3, kernel).withStrides(strides).withDilation(dilation).withPadding(s.padding()).withBias(false);
        var x = normal(s.seed, 2, s.pick("rows", 2, 5), s.pick("columns", 2, 5), 2);
        var weights = weights(layer, x);
        var w = Grid.of(weights.get("kernel"));
        var in = Grid.of(x);
        var low = new long[AXES];
        var out = new ArrayList<>(List.of(2L));
        for (int axis = 0; axis < AXES; axis++) {
            long reach = (kernel[axis] - 1) * dilation[axis] + 1;
            low[axis] = s.padding() == Padding.SAME ? Math.max(0, reach - strides[axis]) / 2 : 0;
            out.add(s.padding() == Padding.SAME ? in.dims.get(1 + axis) * strides[axis]
                    : (in.dims.get(1 + axis) - 1) * strides[axis] + Math.max(reach, strides[axis]));
        }
        out.add(3L);
        var y = new Grid(new double[out.stream().mapToInt(Long::intValue).reduce(1, (a, b) -> a * b)], out);
        for (long b = 0; b < 2; b++) for (long i = 0; i < in.dims.get(1); i++) for (long j = 0; j < in.dims.get(2); j++) for (long c = 0; c < 2; c++) {
            for (long p = 0; p < kernel[0]; p++) for (long q = 0; q < kernel[1]; q++) for (long f = 0; f < 3; f++) {
                long row = i * strides[0] + p * dilation[0] - low[0];
                long column = j * strides[1] + q * dilation[1] - low[1];
                if (row >= 0 && row < out.get(1) && column >= 0 && column < out.get(2)) {
                    y.values[y.at(b, row, column, f)] += in.values[in.at(b, i, j, c)] * w.values[w.at(p, q, f, c)];
                }
            }
        }
        same(apply(layer, weights, x), y);
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aPoolingSeesNoPadding(Setting s) {
        var size = s.each("size", 1, 3);
        var strides = s.each("stride", 1, 3);
        var x = normal(s.seed, 2, s.pick("rows", 3, 8), s.pick("columns", 3, 8), 2);
        for (var kind : PoolND.Kind.values()) {
            var layer = PoolND.of(kind, 2, size).withStrides(strides).withPadding(s.padding());
            var in = Grid.of(x);
            var low = new long[AXES];
            var out = new ArrayList<>(List.of(2L));
            for (int axis = 0; axis < AXES; axis++) {
                low[axis] = low(s.padding(), in.dims.get(1 + axis), size[axis], strides[axis], 1);
                out.add(places(s.padding(), in.dims.get(1 + axis), size[axis], strides[axis], 1));
            }
            out.add(2L);
            var y = new Grid(new double[out.stream().mapToInt(Long::intValue).reduce(1, (a, b) -> a * b)], out);
            for (long b = 0; b < 2; b++) for (long i = 0; i < out.get(1); i++) for (long j = 0; j < out.get(2); j++) for (long c = 0; c < 2; c++) {
                double most = Double.NEGATIVE_INFINITY;
                double sum = 0;
                int count = 0;
                for (long p = 0; p < size[0]; p++) for (long q = 0; q < size[1]; q++) {
                    long row = i * strides[0] + p - low[0];
                    long column = j * strides[1] + q - low[1];
                    if (row >= 0 && row < in.dims.get(1) && column >= 0 && column < in.dims.get(2)) {
                        double value = in.values[in.at(b, row, column, c)];
                        most = Math.max(most, value);
                        sum += value;
                        count++;
                    }
                }
                y.values[y.at(b, i, j, c)] = kind == PoolND.Kind.MAX ? most : sum / count;
            }
            same(apply(layer, weights(layer, x), x), y);
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aDepthwiseConvolutionIsOneOfEachChannelAndASeparableOneMixesThem(Setting s) {
        int multiplier = (int) s.pick("multiplier", 1, 3);
        var layer = DepthwiseConv2D.of(s.each("kernel", 1, 3)).withMultiplier(multiplier).withStrides(s.each("stride", 1, 2))
                .withDilation(s.each("dilation", 1, 2)).withPadding(s.padding()).withBias(false);
        var x = normal(s.seed, 2, 7, 6, 3);
        var kernel = weights(layer, x).get("kernel");
        var parts = new Tensor[3];
        for (int c = 0; c < 3; c++) {
            var alone = new ConvND(multiplier, layer.kernel(), layer.strides(), layer.padding(), layer.dilation(), 1, Activation.LINEAR, false,
                    Init.zeros(), Init.zeros(), 0);
            parts[c] = apply(alone, Map.of("kernel", kernel.slice(2, c, c + 1)), x.slice(3, c, c + 1));
        }
        var each = Tensor.concat(3, parts);
        same(apply(layer, Map.of("kernel", kernel), x), Grid.of(each));
        var mix = normal(5, 1, 1, 3L * multiplier, 4);
        var separable = new SeparableConvND(4, layer.kernel(), multiplier, layer.strides(), layer.padding(), layer.dilation(), Activation.LINEAR,
                false, Init.zeros(), Init.zeros(), Init.zeros());
        var both = Map.of("depthwise_kernel", kernel, "pointwise_kernel", mix);
        same(apply(separable, both, x), Grid.of(apply(Conv2D.of(4, 1).withBias(false), Map.of("kernel", mix), each)));
    }

    /// A layer and the shapes of its inputs.
    record Sample(Layer layer, List<List<Long>> shapes) {
        static Sample of(Layer layer, long... shape) {
            return new Sample(layer, List.of(IntStream.range(0, shape.length).mapToObj(i -> shape[i]).toList()));
        }

        Sample and(long... shape) {
            var all = new ArrayList<>(shapes);
            all.add(IntStream.range(0, shape.length).mapToObj(i -> shape[i]).toList());
            return new Sample(layer, all);
        }

        Tensor[] inputs() {
            return IntStream.range(0, shapes.size())
                    .mapToObj(i -> normal(7 + i, shapes.get(i).stream().mapToLong(n -> n).toArray())).toArray(Tensor[]::new);
        }
    }

    static Stream<Sample> samples() {
        return Stream.of(
                Sample.of(Conv1D.of(4, 3).withPadding(Padding.CAUSAL).withDilation(2).withStrides(2).withGroups(2).withActivation(Activation.TANH), 2, 9, 4),
                Sample.of(Conv3D.of(2, 2, 1, 3).withStrides(2, 1, 1).withDilation(1, 1, 2).withPadding(Padding.SAME), 1, 4, 3, 5, 2),
                Sample.of(Conv1DTranspose.of(3, 4).withStrides(3).withOutputPadding(2).withPadding("same"), 2, 4, 2),
                Sample.of(Conv2DTranspose.of(3, 2, 3).withStrides(3, 2).withOutputPadding(1).withDilation(1, 2), 2, 3, 4, 2),
                Sample.of(Conv2DTranspose.of(3, 1).withStrides(3).withPadding("same").withActivation(Activation.SIGMOID), 1, 3, 2, 2),
                Sample.of(Conv3DTranspose.of(2, 3).withStrides(2, 1, 2).withPadding("same"), 1, 2, 3, 2, 2),
                Sample.of(DepthwiseConv1D.of(3).withPadding(Padding.CAUSAL).withMultiplier(2).withDilation(2), 2, 6, 3),
                Sample.of(SeparableConv1D.of(3, 3).withStrides(2).withPadding("same").withMultiplier(2), 2, 7, 2),
                Sample.of(SeparableConv2D.of(3, 3, "silu").withDilation(2, 1), 1, 7, 5, 2),
                Sample.of(MaxPooling3D.of(2).withStrides(1, 2, 2).withPadding("same"), 1, 3, 4, 5, 2),
                Sample.of(AveragePooling3D.of(3, 2, 2).withPadding("same"), 1, 4, 3, 5, 2),
                Sample.of(GlobalMaxPooling1D.of(), 2, 5, 3), Sample.of(GlobalMaxPooling2D.of().withKeepDims(true), 2, 3, 4, 3),
                Sample.of(GlobalMaxPooling3D.of(), 2, 2, 3, 2, 3), Sample.of(GlobalAveragePooling1D.of().withKeepDims(true), 2, 5, 3),
                Sample.of(GlobalAveragePooling2D.of(), 2, 3, 4, 3), Sample.of(GlobalAveragePooling3D.of(), 2, 2, 3, 2, 3),
                Sample.of(ZeroPadding1D.of(1).withAfter(0), 2, 3, 2), Sample.of(ZeroPadding2D.of(1, 2).withBefore(0), 2, 3, 2, 2),
                Sample.of(ZeroPadding3D.of(0, 1, 2), 1, 2, 2, 2, 2), Sample.of(Cropping1D.of(1), 2, 4, 2),
                Sample.of(Cropping2D.of(1).withAfter(0, 2), 2, 4, 5, 2), Sample.of(Cropping3D.of(0, 1, 1), 1, 2, 3, 4, 2),
                Sample.of(UpSampling1D.of(3), 2, 4, 2), Sample.of(UpSampling2D.of(2, 3), 1, 3, 2, 2), Sample.of(UpSampling3D.of(2, 1, 3), 1, 2, 3, 2, 2),
                Sample.of(UpSampling2D.of(3, 2).withInterpolation("bilinear"), 1, 3, 4, 2),
                Sample.of(UpSampling2D.of(2, 5).withInterpolation("bicubic"), 1, 1, 4, 2),
                Sample.of(UpSampling3D.of(2).withInterpolation("bilinear"), 1, 2, 1, 3, 1),
                Sample.of(Flatten.of(), 2, 3, 2), Sample.of(Reshape.of(-1, 2), 2, 3, 4), Sample.of(Permute.of(3, 1, 2), 2, 3, 4, 2),
                Sample.of(RepeatVector.of(3), 2, 4), Sample.of(Merge.ADD, 2, 3).and(2, 3).and(2, 3), Sample.of(Merge.SUBTRACT, 2, 3, 4).and(2, 4),
                Sample.of(Merge.MULTIPLY, 2, 3).and(2, 1).and(2, 3), Sample.of(Merge.AVERAGE, 2, 3).and(2, 3).and(2, 3),
                Sample.of(Merge.MAXIMUM, 2, 3, 4).and(2, 1, 4), Sample.of(Merge.MINIMUM, 2, 3).and(2, 3), Sample.of(Concatenate.of(1), 2, 3, 2).and(2, 1, 2),
                Sample.of(Concatenate.of(), 2, 3).and(2, 1).and(2, 2), Sample.of(Dot.of(1), 3, 4).and(3, 4), Sample.of(Dot.of(-1, 1), 2, 3, 4).and(2, 4, 5),
                Sample.of(Dot.of(1, 2).withNormalize(true), 2, 4, 3).and(2, 2, 4, 3), Sample.of(Dot.of(2, 1), 2, 3, 4).and(2, 4),
                Sample.of(PReLU.of(), 2, 3, 4), Sample.of(PReLU.of().withSharedAxes(1), 2, 3, 4), Sample.of(LeakyReLU.of(), 2, 5),
                Sample.of(ReLU.of().withMaxValue(0.8).withNegativeSlope(0.1).withThreshold(0.2), 3, 7), Sample.of(ELU.of(0.5), 2, 5),
                Sample.of(ELU.of(0.5).withContinuous(true), 2, 5), Sample.of(Softmax.of(1), 2, 3, 4), Sample.of(Softmax.of(-2).withLog(true), 2, 3, 4),
                Sample.of(Activation.HARD_TANH, 2, 9), Sample.of(Activation.TANH_SHRINK, 2, 9), Sample.of(Activation.HARD_SHRINK, 2, 9),
                Sample.of(Activation.SOFT_SHRINK, 2, 9), Sample.of(Activation.SQUAREPLUS, 2, 9), Sample.of(Activation.SPARSE_PLUS, 2, 9),
                Sample.of(Activation.SPARSE_SIGMOID, 2, 9));
    }

    /// Along one random direction of all inputs and parameters at once.
    @ParameterizedTest
    @MethodSource("samples")
    void gradientsAreTheFiniteDifferences(Sample sample) {
        var x = sample.inputs();
        var weights = weights(sample.layer, x);
        var names = List.copyOf(weights.keySet());
        var point = new ArrayList<>(List.of(x));
        point.addAll(weights.values());
        var probe = normal(3, apply(sample.layer, weights, x).shape().toArray());
        java.util.function.Function<List<Tensor>, Tensor> loss = in -> {
            var values = new LinkedHashMap<String, Tensor>();
            for (int i = 0; i < names.size(); i++) {
                values.put(names.get(i), in.get(x.length + i));
            }
            return apply(sample.layer, values, in.subList(0, x.length).toArray(Tensor[]::new)).mul(probe).sum();
        };
        var slopes = Gradient.at(loss, point).gradients();
        double expected = 0;
        var ahead = new ArrayList<Tensor>();
        var behind = new ArrayList<Tensor>();
        double h = 1e-6;
        for (int i = 0; i < point.size(); i++) {
            var direction = normal(100 + i, point.get(i).shape().toArray());
            expected += slopes.get(i).mul(direction).sum().itemAsDouble();
            ahead.add(point.get(i).add(direction.mul(h)));
            behind.add(point.get(i).sub(direction.mul(h)));
        }
        double slope = (loss.apply(ahead).itemAsDouble() - loss.apply(behind).itemAsDouble()) / (2 * h);
        assertThat(slope).isCloseTo(expected, within(1e-7 * (1 + Math.abs(expected))));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void compiledGivesTheSame(Sample sample) {
        var x = sample.inputs();
        var weights = weights(sample.layer, x);
        var eager = apply(sample.layer, weights, x);
        try (var compiled = Function.of(in -> List.of(apply(sample.layer, weights, in.toArray(Tensor[]::new))), Options.of())) {
            same(compiled.call(List.of(x)).getFirst(), Grid.of(eager));
        }
    }

    @Test
    void upSamplingInterpolates() {
        var x = Tensor.of(0.0, 1.0, 4.0).reshape(1, 3, 1);
        assertThat(apply(UpSampling1D.of(2), Map.of(), x).toDoubles()).containsExactly(0, 0, 1, 1, 4, 4);
        var wide = Map.of("", Tensor.scalar(0, DType.F64));
        assertThat(apply(UpSampling1D.of(2).withInterpolation("bilinear"), wide, x).toDoubles()).containsExactly(0, 0.25, 0.75, 1.75, 3.25, 4);
        var line = Tensor.of(0.0, 1.0, 2.0, 3.0, 4.0, 5.0).reshape(1, 6, 1);
        assertThat(apply(UpSampling1D.of(4).withInterpolation("bicubic"), wide, line).toDoubles()[10]).isCloseTo(2.166015625, within(1e-12));
        var constant = Tensor.full(3, Type.of(DType.F64, 1, 5, 1));
        assertThat(apply(UpSampling1D.of(3).withInterpolation("bicubic"), wide, constant).toDoubles()).containsOnly(new double[] {3}, within(1e-12));
    }

    @Test
    void extremeInputsGiveNoNaN() {
        var x = Tensor.of(-1e30, -800, -1e-30, 0, 1e-30, 800, 1e30).reshape(1, 7);
        var wide = Map.of("", Tensor.scalar(0, DType.F64), "alpha", Tensor.full(0.1, Type.of(DType.F64, 7)));
        for (Layer layer : List.of(LeakyReLU.of(), ReLU.of().withMaxValue(6), ELU.of(2), ELU.of(0.5).withContinuous(true), PReLU.of(), Softmax.of(1),
                Softmax.of().withLog(true), Activation.SQUAREPLUS, Activation.SPARSE_PLUS, Activation.SOFT_SHRINK, Activation.TANH_SHRINK)) {
            var both = Gradient.at(in -> apply(layer, wide, in.getFirst()).sum(), List.of(x));
            assertThat(apply(layer, wide, x).toDoubles()).as("%s", layer).doesNotContain(Double.NaN);
            assertThat(both.gradients().getFirst().toDoubles()).as("%s", layer).doesNotContain(Double.NaN);
        }
    }

    @Test
    void squareplusIsExactWhereSquaresOverflow() {
        var x = Tensor.of(-1e30f, -300f, 0f, 3f, 1e30f);
        assertThat(Activation.SQUAREPLUS.on(x).toDoubles()).containsExactly(new double[] {0, 1 / 300.0, 1, (3 + Math.sqrt(13)) / 2, 1e30}, within(1e24));
        assertThat(Activation.SQUAREPLUS.on(x).toDoubles()[1]).isCloseTo(1 / 300.0, within(1e-7));
        assertThat(Gradient.of(Activation.SQUAREPLUS::on).apply(Tensor.scalar(0, DType.F64)).itemAsDouble()).isEqualTo(0.5);
    }

    @Test
    void whatDoesNotFitIsSaid() {
        var scope = Bound.of(Map.of(), Random.key(1), false);
        assertThatThrownBy(() -> scope.call("crop", Cropping2D.of(2), Tensor.ones(1, 4, 5, 1)))
                .hasMessage("Cropping2D([2, 2], [2, 2]) in \"crop\" (input [1, 4, 5, 1]): nothing is left of spatial axis 0.\nMaybe crop less.");
        assertThatThrownBy(() -> scope.call("dot", Dot.of(1), Tensor.ones(2, 3), Tensor.ones(2, 4)))
                .hasMessageContaining("Dot(1, 1) in \"dot\" (input [2, 3], [2, 4]): axis 1 of the first has length 3, axis 1 of the second 4.\nMaybe");
        assertThatThrownBy(() -> scope.call("add", Merge.ADD, Tensor.ones(2, 3))).hasMessageContaining("Add() in \"add\" (input [2, 3]): it takes two inputs");
        assertThatThrownBy(() -> scope.call("subtract", Merge.SUBTRACT, Tensor.ones(2), Tensor.ones(2), Tensor.ones(2))).hasMessageContaining("there are 3");
        assertThatThrownBy(() -> scope.call("add", Merge.ADD, Tensor.ones(2, 3), Tensor.ones(2, 4))).hasMessageContaining("[2, 3]");
        assertThatThrownBy(() -> scope.call("concatenate", Concatenate.of(0), Tensor.ones(2, 3), Tensor.ones(2, 3))).hasMessageContaining("axis 0");
        assertThatThrownBy(() -> scope.call("permute", Permute.of(2, 1), Tensor.ones(2, 3))).hasMessageContaining("the order names 2");
        assertThatThrownBy(() -> scope.call("repeat", RepeatVector.of(2), Tensor.ones(2, 3, 4))).hasMessageContaining("Maybe put Flatten");
        assertThatThrownBy(() -> scope.call("pool", GlobalMaxPooling2D.of(), Tensor.ones(2, 3))).hasMessageContaining("2 spatial axes");
        assertThatThrownBy(() -> scope.call("prelu", PReLU.of().withSharedAxes(2), Tensor.ones(2, 3))).hasMessageContaining("axis 2 cannot be shared");
        assertThatThrownBy(() -> Permute.of(1, 3)).hasMessageContaining("each of 1 to 2");
        assertThatThrownBy(() -> Conv2DTranspose.of(1, 2).withOutputPadding(1)).hasMessageContaining("below the stride").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> DepthwiseConv2D.of(3).withPadding(Padding.CAUSAL)).hasMessageContaining("\nMaybe use DepthwiseConv1D.");
        assertThatThrownBy(() -> UpSampling2D.of(2).withInterpolation("cubic")).hasMessageContaining("\nMaybe one of nearest");
        assertThatThrownBy(() -> ZeroPadding2D.of(-1)).hasMessageContaining("0 or more");
    }
}
