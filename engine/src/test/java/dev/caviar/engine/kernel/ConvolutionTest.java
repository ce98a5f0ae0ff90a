package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// oneDNN's convolutions and poolings against plain Java's.
class ConvolutionTest {
    private static final Convolution BEST = Provider.best().convolution();
    private static final Pooling POOL = Provider.best().pooling();

    @BeforeEach
    void onlyWithTheLibrary() {
        Assumptions.assumeTrue(Provider.best().name().equals("onednn"), "oneDNN does not work here");
    }

    private static List<Long> numbers(SplittableRandom random, int axes, int low, int high) {
        return IntStream.range(0, axes).mapToObj(_ -> (long) random.nextInt(low, high)).toList();
    }

    private static Shape shape(long first, List<Long> middle, long... last) {
        var dims = new ArrayList<>(List.of(first));
        dims.addAll(middle);
        for (long dim : last) {
            dims.add(dim);
        }
        return new Shape(dims);
    }

    /// A convolution of random geometry.
    private static ConvSpec conv(ConvSpec.Pass pass, int seed) {
        var random = new SplittableRandom(seed);
        int axes = 1 + seed % 3;
        int groups = seed % 4 == 0 ? 2 : 1;
        var size = numbers(random, axes, 1, 4);
        var slide = Slide.of(axes).withStrides(numbers(random, axes, 1, 3)).withDilation(numbers(random, axes, 1, 3))
                .withPadding(numbers(random, axes, 0, 2), numbers(random, axes, 0, 2));
        var length = numbers(random, axes, 8, 12);
        var places = IntStream.range(0, axes).mapToObj(i -> slide.places(i, length.get(i), size.get(i))).toList();
        long in = random.nextInt(1, 10);
        long out = random.nextInt(1, 20);
        var kernel = new ArrayList<>(size);
        kernel.addAll(List.of(in, groups * out));
        boolean bias = pass != ConvSpec.Pass.INPUT_GRADIENT && seed % 2 == 0;
        var activation = pass == ConvSpec.Pass.FORWARD && seed % 5 == 0 ? GemmSpec.Activation.RELU : GemmSpec.Activation.NONE;
        return new ConvSpec(pass, DType.F32, shape(3, length, groups * in), new Shape(kernel), shape(3, places, groups * out),
                slide.exact(length, size), groups, bias, activation);
    }

    static Stream<ConvSpec> convolutions() {
        return Stream.of(ConvSpec.Pass.values()).flatMap(pass -> IntStream.range(0, 24).mapToObj(seed -> conv(pass, seed)));
    }

    private static MemorySegment[] operands(DType dtype, List<Shape> shapes) {
        var random = new SplittableRandom(3);
        return shapes.stream().map(shape -> {
            var buffer = Buffer.allocate(new Type(dtype, shape));
            for (long i = 0; i < buffer.size(); i++) {
                buffer.set(i, random.nextDouble(-1, 1));
            }
            return buffer.memory();
        }).toArray(MemorySegment[]::new);
    }

    private static void agree(DType dtype, List<Shape> shapes, int outputs, Routine best, Routine plain, double tolerance) {
        var ours = operands(dtype, shapes);
        var wanted = operands(dtype, shapes);
        best.run(ours);
        plain.run(wanted);
        for (int i = shapes.size() - outputs; i < shapes.size(); i++) {
            var type = new Type(dtype, shapes.get(i));
            for (long k = 0; k < type.shape().size(); k++) {
                double value = new Buffer(wanted[i], type).at(k);
                assertThat(new Buffer(ours[i], type).at(k)).as("operand %d, element %d", i, k)
                        .isCloseTo(value, within(tolerance * (1 + Math.abs(value))));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void equalsPlainJava(ConvSpec spec) {
        int outputs = spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT && spec.bias() ? 2 : 1;
        var routine = BEST.prepare(spec);
        assertThat(routine.implementation()).doesNotContain("ref");
        agree(DType.F32, spec.operands(), outputs, routine, PlainConvolution.prepare(spec), 1e-5);
    }

    /// Channels that fill vectors, in groups and not, so many places that they come in several blocks, and edges on all sides.
    static Stream<ConvSpec> wide() {
        return Stream.of(ConvSpec.Pass.values()).flatMap(pass -> IntStream.range(0, 30).mapToObj(seed -> {
            var random = new SplittableRandom(200 + seed);
            int axes = 1 + seed % 3;
            int groups = seed % 4 == 0 ? 3 : 1;
            var size = numbers(random, axes, 1, 4);
            var slide = Slide.of(axes).withStrides(numbers(random, axes, 1, seed % 2 == 0 ? 2 : 3)).withDilation(numbers(random, axes, 1, 3))
                    .withPadding(numbers(random, axes, 0, 3), numbers(random, axes, 0, 3));
            var length = axes == 1 ? List.of((long) random.nextInt(150, 400)) : axes == 2 ? numbers(random, 2, 20, 40) : numbers(random, 3, 9, 14);
            var places = IntStream.range(0, axes).mapToObj(i -> slide.places(i, length.get(i), size.get(i))).toList();
            long in = random.nextInt(4, 20);
            long out = 8L * (1 + seed % 5);
            var kernel = new ArrayList<>(size);
            kernel.addAll(List.of(in, groups * out));
            boolean bias = pass != ConvSpec.Pass.INPUT_GRADIENT && random.nextBoolean();
            var activation = pass == ConvSpec.Pass.FORWARD && random.nextBoolean() ? GemmSpec.Activation.RELU : GemmSpec.Activation.NONE;
            return new ConvSpec(pass, DType.F32, shape(2, length, groups * in), new Shape(kernel), shape(2, places, groups * out),
                    slide.exact(length, size), groups, bias, activation);
        }));
    }

    @ParameterizedTest
    @MethodSource("wide")
    void wideOnesEqualPlainJava(ConvSpec spec) {
        int outputs = spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT && spec.bias() ? 2 : 1;
        var routine = BEST.prepare(spec);
        routine.run(operands(DType.F32, spec.operands()));      // a second run must not see what the first one left
        agree(DType.F32, spec.operands(), outputs, routine, PlainConvolution.prepare(spec), 1e-4);
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void halfPrecisionIsRoundedOnce(ConvSpec f32) {
        var spec = new ConvSpec(f32.pass(), DType.BF16, f32.x(), f32.w(), f32.y(), f32.slide(), f32.groups(), f32.bias(), f32.activation());
        int outputs = spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT && spec.bias() ? 2 : 1;
        agree(DType.BF16, spec.operands(), outputs, BEST.prepare(spec), PlainConvolution.prepare(spec), 1e-2);
    }

    /// Where the processor multiplies no narrow type, nothing is rounded at all.
    @ParameterizedTest
    @MethodSource("convolutions")
    void mayRoundWhatItMultiplies(ConvSpec spec) {
        int outputs = spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT && spec.bias() ? 2 : 1;
        var routine = Provider.rounding(DType.BF16, () -> BEST.prepare(spec));
        assertThat(routine.implementation()).doesNotContain("ref");
        agree(DType.F32, spec.operands(), outputs, routine, PlainConvolution.prepare(spec), Provider.best().gemm().runs(DType.BF16) ? 0.1 : 1e-5);
    }

    /// The layers of a common network run in the library's fast code.
    @Test
    void commonShapesNeedNoFallback() {
        var shapes = List.of(Shape.of(64, 28, 28, 1), Shape.of(64, 13, 13, 32), Shape.of(8, 32, 32, 3), Shape.of(2, 14, 14, 128));
        for (var x : shapes) {
            var y = Shape.of(x.dim(0), x.dim(1) - 2, x.dim(2) - 2, 64);
            for (var pass : ConvSpec.Pass.values()) {
                var spec = new ConvSpec(pass, DType.F32, x, Shape.of(3, 3, x.dim(-1), 64), y, Slide.of(2), 1, false, GemmSpec.Activation.NONE);
                assertThat(BEST.prepare(spec).implementation()).doesNotContain("ref").isNotEqualTo("plain");
            }
            var halves = Slide.of(2).withStrides(List.of(2L, 2L));
            var size = List.of(2L, 2L);
            var pooled = Shape.of(y.dim(0), y.dim(1) / 2, y.dim(2) / 2, 64);
            for (var kind : List.of(PoolSpec.Kind.MAX, PoolSpec.Kind.MAX_BACK, PoolSpec.Kind.MEAN, PoolSpec.Kind.MEAN_BACK)) {
                var spec = new PoolSpec(kind, DType.F32, y, pooled, size, halves.exact(List.of(y.dim(1), y.dim(2)), size));
                assertThat(POOL.prepare(spec).implementation()).doesNotContain("ref").isNotEqualTo("plain");
            }
        }
    }

    /// Single taps that move by more than one pixel, in one to three axes: padded, in groups, with lengths that no stride divides.
    static Stream<ConvSpec> singleTaps() {
        return Stream.of(ConvSpec.Pass.values()).flatMap(pass -> IntStream.range(0, 24).mapToObj(seed -> {
            var random = new SplittableRandom(100 + seed);
            int axes = 1 + seed % 3;
            var size = Collections.nCopies(axes, 1L);
            var slide = Slide.of(axes).withStrides(numbers(random, axes, 2, 4)).withPadding(numbers(random, axes, 0, 3), numbers(random, axes, 0, 3));
            var length = numbers(random, axes, 5, 9);
            var places = IntStream.range(0, axes).mapToObj(i -> slide.places(i, length.get(i), 1)).toList();
            int groups = seed % 4 == 0 ? 2 : 1;
            long in = List.of(3L, 8L, 64L, 17L).get(seed % 4);
            var kernel = new ArrayList<>(size);
            kernel.addAll(List.of(in, groups * 5L));
            boolean bias = pass != ConvSpec.Pass.INPUT_GRADIENT && seed % 2 == 0;
            return new ConvSpec(pass, DType.F32, shape(3, length, groups * in), new Shape(kernel), shape(3, places, groups * 5L),
                    slide.exact(length, size), groups, bias, pass == ConvSpec.Pass.FORWARD && seed % 5 == 0 ? GemmSpec.Activation.RELU
                    : GemmSpec.Activation.NONE);
        }));
    }

    /// The library's own code for them writes past its scratchpad; the part without strides is the library's all the same.
    @ParameterizedTest
    @MethodSource("singleTaps")
    void singleTapsWithStridesRunOnWhatTheySee(ConvSpec spec) {
        int outputs = spec.pass() == ConvSpec.Pass.WEIGHT_GRADIENT && spec.bias() ? 2 : 1;
        var routine = BEST.prepare(spec);
        assertThat(routine.implementation()).endsWith("+gather").doesNotContain("ref").doesNotContain("plain");
        var operands = operands(DType.F32, spec.operands());
        routine.run(operands);      // a second run must not see what the first one left
        agree(DType.F32, spec.operands(), outputs, routine, PlainConvolution.prepare(spec), 1e-5);
    }

    private static PoolSpec pool(PoolSpec.Kind kind, int seed) {
        var random = new SplittableRandom(seed);
        int axes = 1 + seed % 3;
        var size = numbers(random, axes, 2, 4);
        var slide = Slide.of(axes).withStrides(numbers(random, axes, 1, 4))
                .withPadding(numbers(random, axes, 0, 2), Collections.nCopies(axes, 0L));
        var length = numbers(random, axes, 6, 10);
        var places = IntStream.range(0, axes).mapToObj(i -> slide.places(i, length.get(i), size.get(i))).toList();
        long channels = random.nextInt(1, 20);
        return new PoolSpec(kind, DType.F32, shape(2, length, channels), shape(2, places, channels), size, slide.exact(length, size));
    }

    static Stream<PoolSpec> poolings() {
        return Stream.of(PoolSpec.Kind.MAX, PoolSpec.Kind.MEAN, PoolSpec.Kind.MEAN_BACK, PoolSpec.Kind.SUM, PoolSpec.Kind.SUM_BACK)
                .flatMap(kind -> IntStream.range(0, 12).mapToObj(seed -> pool(kind, seed)));
    }

    @ParameterizedTest
    @MethodSource("poolings")
    void poolingEqualsPlainJava(PoolSpec spec) {
        var shapes = spec.kind().back() ? List.of(spec.y(), spec.x()) : List.of(spec.x(), spec.y());
        if (spec.kind() != PoolSpec.Kind.MAX) {
            agree(DType.F32, shapes, 1, POOL.prepare(spec), PlainPooling.prepare(spec), 1e-6);
            return;
        }
        var x = operands(DType.F32, List.of(spec.x()))[0];
        var taps = new Type(spec.positionType(), spec.y());
        var dx = new ArrayList<Buffer>();
        var numbers = new ArrayList<Buffer>();
        for (var routines : List.of(POOL, (Pooling) PlainPooling::prepare)) {
            var y = Buffer.allocate(new Type(DType.F32, spec.y()));
            var from = Buffer.allocate(taps);
            routines.prepare(spec).run(x, y.memory(), from.memory());
            numbers.add(from);
            var back = Buffer.allocate(new Type(DType.F32, spec.x()));
            var slope = new PoolSpec(PoolSpec.Kind.MAX_BACK, DType.F32, spec.x(), spec.y(), spec.size(), spec.slide());
            routines.prepare(slope).run(y.memory(), from.memory(), back.memory());
            dx.add(back);
        }
        for (long i = 0; i < taps.shape().size(); i++) {
            assertThat(numbers.get(0).longAt(i)).isEqualTo(numbers.get(1).longAt(i));
        }
        for (long i = 0; i < dx.getFirst().size(); i++) {
            assertThat(dx.get(0).at(i)).isCloseTo(dx.get(1).at(i), within(1e-5));
        }
    }

    @Test
    void manyShapesDoNotPileUp() {
        for (int n = 1; n < DnnlPrimitive.CAPACITY + 30; n++) {
            var spec = new ConvSpec(ConvSpec.Pass.FORWARD, DType.F32, Shape.of(n, 6, 8), Shape.of(3, 8, 8), Shape.of(n, 4, 8), Slide.of(1), 1,
                    false, GemmSpec.Activation.NONE);
            BEST.prepare(spec).run(operands(DType.F32, spec.operands()));
        }
        assertThat(DnnlPrimitive.cached()).isEqualTo(DnnlPrimitive.CAPACITY);
    }

    @Test
    void wrongMemoryIsRefusedBeforeAnythingIsTouched() {
        var spec = conv(ConvSpec.Pass.FORWARD, 2);
        var routine = BEST.prepare(spec);
        var operands = operands(DType.F32, spec.operands());
        var small = operands.clone();
        small[1] = small[1].asSlice(0, 4);
        assertThatThrownBy(() -> routine.run(small)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Operand 1 needs");
        var heap = operands.clone();
        heap[0] = MemorySegment.ofArray(new float[(int) spec.x().size()]);
        assertThatThrownBy(() -> routine.run(heap)).hasMessageContaining("on the heap");
        assertThatThrownBy(() -> routine.run(operands[0])).hasMessageContaining("1 operands where there are 4");
    }
}
