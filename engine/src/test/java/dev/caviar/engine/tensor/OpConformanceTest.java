package dev.caviar.engine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Everything that is tested about an op follows from the op itself and its samples.
class OpConformanceTest {
    private static final Eager PLAIN = Eager.of(Provider.plain());
    private static final double STEP = 1e-5;

    record Case(Op op, Sample sample) {
        @Override
        public String toString() {
            return op.label() + " " + sample.in() + (sample.error() == null ? "" : " refused");
        }
    }

    static Stream<Case> good() {
        return Ops.prototypes().stream().flatMap(op -> op.samples().stream().filter(s -> s.error() == null).map(s -> new Case(op, s)));
    }

    static Stream<Case> bad() {
        return Ops.prototypes().stream().flatMap(op -> op.samples().stream().filter(s -> s.error() != null).map(s -> new Case(op, s)));
    }

    static Stream<Case> differentiable() {
        return good().filter(c -> !(c.op instanceof View.Stop || c.op instanceof Random || c.op.equals(new Cast(DType.F32)) || c.op == Unary.ROUND_BF16 || c.op == Unary.ROUND_F16)
                && c.op.infer(c.sample.in()).getFirst().dtype().isFloat()
                && c.sample.in().stream().anyMatch(t -> t.dtype().isFloat()));
    }

    @ParameterizedTest
    @MethodSource("good")
    void bothProvidersAgreeWithDoublePrecision(Case c) {
        var in = draw(c.sample);
        var reference = PLAIN.scoped(() -> c.op.apply(in.stream().map(OpConformanceTest::wide).toList()));
        for (var provider : List.of(Provider.plain(), Provider.best())) {
            var out = Eager.of(provider).scoped(() -> c.op.apply(in));
            assertThat(out.stream().map(Tensor::type).toList()).isEqualTo(c.op.infer(c.sample.in()));
            for (int i = 0; i < out.size(); i++) {
                close(out.get(i), reference.get(i), 1e-5);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("good")
    void tracedAndCompiledEqualsEager(Case c) {
        var in = draw(c.sample);
        var graph = Trace.of(args -> c.op.apply(args), c.sample.in());
        for (int threads : new int[] {1, 2}) {
            try (var program = Compiler.compile(graph, Options.of().withThreads(threads))) {
                var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
                program.run(in.stream().map(t -> t.array().buffer()).toList(), out);
                var eager = c.op.apply(in);
                for (int i = 0; i < out.size(); i++) {
                    close(Tensor.wrap(out.get(i)), eager.get(i), 1e-6);
                }
            }
        }
        assertThat(graph.print()).contains(c.op instanceof Call ? "return" : c.op.label());
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void gradientEqualsCentralDifferences(Case c) {
        PLAIN.scoped(() -> {
            var in = draw(c.sample).stream().map(OpConformanceTest::wide).toList();
            var weights = like(c.op.apply(in).getFirst());
            compare(in, xs -> c.op.apply(xs).getFirst().mul(weights).sum(), 1e-6);
            return null;
        });
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void secondGradientEqualsDifferencesOfTheFirst(Case c) {
        PLAIN.scoped(() -> {
            var in = draw(c.sample).stream().map(OpConformanceTest::wide).toList();
            var weights = like(c.op.apply(in).getFirst());
            var directions = in.stream().map(OpConformanceTest::like).toList();
            compare(in, xs -> Gradient.tape(tape -> {
                var floats = xs.stream().filter(x -> x.dtype().isFloat()).toList();
                tape.watch(floats.toArray(Tensor[]::new));
                var gradients = tape.gradient(c.op.apply(xs).getFirst().mul(weights).sum(), floats);
                var total = Tensor.scalar(0, DType.F64);
                for (int i = 0, f = 0; i < xs.size(); i++) {
                    if (xs.get(i).dtype().isFloat()) {
                        total = total.add(gradients.get(f++).mul(directions.get(i)).sum());
                    }
                }
                return total;
            }), 2e-5);
            return null;
        });
    }

    @ParameterizedTest
    @MethodSource("good")
    void costCountsTheBytesOfItsOperandsAndTheArithmetic(Case c) {
        var cost = c.op.cost(c.sample.in());
        if (cost.equals(Cost.NONE)) {
            assertThat(c.op).isInstanceOf(View.class);
            return;
        }
        assertThat(cost.written()).isEqualTo(bytes(c.op.infer(c.sample.in())));
        assertThat(cost.read()).isPositive().isLessThanOrEqualTo(Math.max(bytes(c.sample.in()), cost.written() + c.sample.in().getLast().bytes()));
        boolean moves = c.op instanceof Move || c.op instanceof Cast || c.op instanceof Index.Gather || c.op instanceof Index.OneHot;
        assertThat(cost.flops() == 0).as("only moves elements").isEqualTo(moves);
    }

    private static long bytes(List<Type> types) {
        return types.stream().mapToLong(Type::bytes).sum();
    }

    @ParameterizedTest
    @MethodSource("bad")
    void badInputIsRefusedInWords(Case c) {
        assertThatThrownBy(() -> c.op.infer(c.sample.in())).isInstanceOf(ShapeException.class)
                .hasMessageContaining(c.op.label()).hasMessageContaining(c.sample.error());
    }

    /// Each input's gradient of `f` against (f(x + h) − f(x − h)) / 2h, element by element.
    private static void compare(List<Tensor> in, Function<List<Tensor>, Tensor> f, double tolerance) {
        for (int i = 0; i < in.size(); i++) {
            if (!in.get(i).dtype().isFloat()) {
                continue;
            }
            int at = i;
            var analytic = Gradient.tape(tape -> {
                tape.watch(in.get(at));
                return tape.gradient(f.apply(in), in.get(at));
            }).toDoubles();
            var x = in.get(i).toDoubles();
            for (int k = 0; k < x.length; k++) {
                double up = f.apply(moved(in, i, x, k, STEP)).itemAsDouble();
                double down = f.apply(moved(in, i, x, k, -STEP)).itemAsDouble();
                double numeric = (up - down) / (2 * STEP);
                assertThat(analytic[k]).as("input %d, element %d", i, k)
                        .isCloseTo(numeric, within(tolerance * (1 + Math.abs(numeric))));
            }
        }
    }

    private static List<Tensor> moved(List<Tensor> in, int i, double[] x, int k, double by) {
        var values = x.clone();
        values[k] += by;
        var out = new ArrayList<>(in);
        out.set(i, Tensor.of(values).reshape(in.get(i).shape()));
        return out;
    }

    private static void close(Tensor actual, Tensor expected, double tolerance) {
        if (!actual.dtype().isFloat()) {
            assertThat(actual.cast(DType.I64).toLongs()).isEqualTo(expected.cast(DType.I64).toLongs());
            return;
        }
        var a = actual.toDoubles();
        var e = expected.toDoubles();
        assertThat(a).hasSameSizeAs(e);
        for (int i = 0; i < a.length; i++) {
            assertThat(a[i]).as("element %d", i).isCloseTo(e[i], within(tolerance * (1 + Math.abs(e[i]))));
        }
    }

    private static Tensor wide(Tensor x) {
        return x.dtype() == DType.F32 ? x.cast(DType.F64) : x;
    }

    private static Tensor like(Tensor x) {
        var random = new SplittableRandom(7);
        return Tensor.of(random.doubles(x.shape().size(), 0.5, 1.5).toArray()).reshape(x.shape());
    }

    private static List<Tensor> draw(Sample sample) {
        var random = new SplittableRandom(1);
        var out = new ArrayList<Tensor>();
        for (Type type : sample.in()) {
            var buffer = Buffer.allocate(type);
            for (long i = 0; i < buffer.size(); i++) {
                double value = random.nextDouble(sample.low(), sample.high());
                buffer.set(i, type.dtype() == DType.BOOL ? (random.nextBoolean() ? 1 : 0) : value);
            }
            out.add(Tensor.wrap(buffer));
        }
        return out;
    }
}
