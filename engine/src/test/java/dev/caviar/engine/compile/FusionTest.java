package dev.caviar.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Ops that share a loop compute what they compute one by one.
class FusionTest {
    private record Case(String name, UnaryOperator<List<Tensor>> body) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static List<Case> cases() {
        return List.of(
                new Case("batch norm", in -> {
                    var x = in.get(0);
                    var centred = x.sub(x.mean(0));
                    var variance = centred.square().mean(0);
                    return List.of(centred.mul(variance.add(1e-3).rsqrt().mul(in.get(1))).add(in.get(1)), variance);
                }),
                new Case("batch norm and its gradient", in -> Gradient.tape(tape -> {
                    tape.watch(in.get(0), in.get(1));
                    var x = in.get(0);
                    var centred = x.sub(x.mean(0));
                    var y = centred.mul(centred.square().mean(0).add(1e-3).rsqrt()).mul(in.get(1)).relu();
                    var g = tape.gradient(y.mul(y.exp()).sum(), List.of(in.get(0), in.get(1)));
                    return List.of(y, g.get(0), g.get(1));
                })),
                new Case("layer norm", in -> {
                    var x = in.get(0);
                    var mean = x.mean(1).expandDims(1);
                    var centred = x.sub(mean);
                    return List.of(centred.div(centred.square().mean(1).add(1e-5).sqrt().expandDims(1)).mul(in.get(1)));
                }),
                new Case("softmax cross-entropy and its gradient", in -> Gradient.tape(tape -> {
                    tape.watch(in.get(0));
                    var target = in.get(0).gt(0).cast(DType.F32);
                    var losses = in.get(0).logSoftmax(-1).mul(target).sum(-1).neg();
                    return List.of(losses.mean(), tape.gradient(losses.mean(), in.get(0)), in.get(0).softmax(-1));
                })),
                new Case("accuracy", in -> List.of(in.get(0).argmax(-1).eq(in.get(0).neg().argmin(-1)).cast(DType.F32).sum())),
                new Case("sums of several kinds", in -> {
                    var x = in.get(0);
                    return List.of(x.sum(), x.sum(0), x.sum(1), x.max(0).sub(x.min(0)), x.square().sum(1).sqrt(), x.mul(x.sum(0)).sum(1));
                }),
                new Case("narrow", in -> List.of(in.get(0).cast(DType.BF16).mul(in.get(1).cast(DType.BF16)).cast(DType.F32).sum(0),
                        in.get(0).cast(DType.BF16).exp())),
                new Case("integers", in -> {
                    var i = in.get(0).mul(10).cast(DType.I32);
                    return List.of(i.mul(i).add(3), i.cast(DType.I64).div(Tensor.scalar(3, DType.I64)), i.cast(DType.U8), i.gt(0));
                }));
    }

    private static Stream<Arguments> casesAndShapes() {
        return cases().stream().flatMap(c -> Stream.of(new long[] {64, 256}, new long[] {33, 10}, new long[] {5, 1}, new long[] {1, 9},
                new long[] {64, 64}, new long[] {300, 17}).map(shape -> Arguments.of(c, shape)));
    }

    private static List<Buffer> run(Graph graph, List<Tensor> in, Options options) {
        try (var program = Compiler.compile(graph, options)) {
            var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
            program.run(in.stream().map(t -> t.array().buffer()).toList(), out);
            return out;
        }
    }

    @ParameterizedTest
    @MethodSource("casesAndShapes")
    void opsInOneLoopEqualOpsOneByOne(Case c, long[] shape) {
        var in = List.<Tensor>of(Random.normal(Random.key(1), shape), Random.normal(Random.key(2), shape[1]));
        var graph = Trace.of(c.body, in.stream().map(Tensor::type).toList());
        var expected = run(graph, in, Options.of().withProvider(Provider.plain()).withFusion(false));
        same(graph, in, expected, c.name.equals("narrow") ? 2e-2 : 1e-4);
    }

    private static void same(Graph graph, List<Tensor> in, List<Buffer> expected, double tolerance) {
        for (var options : List.of(Options.of(), Options.of().withThreads(2), Options.of().withFusion(false), Options.of().withProvider(Provider.plain()))) {
            var out = run(graph, in, options);
            for (int k = 0; k < out.size(); k++) {
                // Sums cancel: what counts is the size of the largest.
                double largest = 1;
                for (long i = 0; i < out.get(k).size(); i++) {
                    largest = Math.max(largest, Math.abs(expected.get(k).at(i)));
                }
                for (long i = 0; i < out.get(k).size(); i++) {
                    double wanted = expected.get(k).at(i);
                    assertThat(Math.abs(out.get(k).at(i) - wanted)).describedAs("output %d element %d: %s, not %s, with %s", k, i, out.get(k).at(i),
                            wanted, options).isLessThanOrEqualTo(tolerance * largest);
                }
            }
        }
    }

    /// Tensors `[examples, places, channels]`, and others that lack one axis or two.
    private static List<Case> sliced() {
        return List.of(
                new Case("instance norm and its gradient", in -> Gradient.tape(tape -> {
                    tape.watch(in.get(0), in.get(1));
                    var centred = in.get(0).sub(in.get(0).mean(1).expandDims(1));
                    var y = centred.mul(centred.square().mean(1).add(1e-3).rsqrt().expandDims(1)).mul(in.get(1));
                    var g = tape.gradient(y.mul(y.exp()).sum(), List.of(in.get(0), in.get(1)));
                    return List.of(y, g.get(0), g.get(1));
                })),
                new Case("all that can be repeated", in -> {
                    var x = in.get(0);
                    return List.of(x.mul(in.get(2)).add(in.get(1)).add(in.get(3)).mul(in.get(4)).sub(in.get(5)), x.mul(in.get(2)).sum(1), x.add(in.get(3)).sum(2),
                            x.mul(in.get(2)).sum(0, 1), x.sub(in.get(2)).max(1).mul(2).add(1), x.mul(in.get(4)).mul(in.get(3)));
                }));
    }

    private static Stream<Arguments> slicedAndShapes() {
        return sliced().stream().flatMap(c -> Stream.of(new long[] {5, 7, 16}, new long[] {3, 4, 33}, new long[] {2, 64, 8}, new long[] {16, 16, 16},
                new long[] {4, 3, 1}, new long[] {1, 9, 12}, new long[] {7, 1, 80}).map(shape -> Arguments.of(c, shape)));
    }

    @ParameterizedTest
    @MethodSource("slicedAndShapes")
    void opsInSlicesEqualOpsOneByOne(Case c, long[] s) {
        var shapes = new long[][] {s, {s[2]}, {s[0], 1, s[2]}, {s[1], 1}, {s[0], 1, 1}, {s[1], s[2]}};
        var in = new ArrayList<Tensor>();
        for (var shape : shapes) {
            in.add(Random.normal(Random.key(in.size()), shape));
        }
        var graph = Trace.of(c.body, in.stream().map(Tensor::type).toList());
        same(graph, in, run(graph, in, Options.of().withProvider(Provider.plain()).withFusion(false)), 1e-4);
    }

    @Test
    void instanceNormIsOneLoopForEachExample() {
        var graph = Trace.of(in -> {
            var centred = in.get(0).sub(in.get(0).mean(1).expandDims(1));
            return List.of(centred.mul(centred.square().mean(1).add(1e-3).rsqrt().expandDims(1)));
        }, Type.of(DType.F32, 6, 50, 16));
        try (var program = Compiler.compile(graph, Options.of())) {
            assertThat(program.plan().steps()).describedAs(program.plan().print()).singleElement()
                    .satisfies(step -> assertThat(step.how()).startsWith("6 slices, fused columns"));
        }
    }

    /// One slice's row lies where another slice's numbers come from.
    @Test
    void aSlicedResultOverAnInputThatOtherSlicesStillReadIsRight() {
        var in = List.<Tensor>of(Random.normal(Random.key(1), 16, 8, 16), Random.normal(Random.key(2), 16, 16));
        var graph = Trace.of(t -> List.of(t.get(0).mul(t.get(1).expandDims(1)).sum(0, 1), t.get(0).add(t.get(1).slice(0, 0, 8)).sum(1)),
                in.stream().map(Tensor::type).toList());
        var expected = run(graph, in, Options.of().withFusion(false));
        try (var program = Compiler.compile(graph.withDonated(Map.of(1, 1)), Options.of())) {
            var row = Buffer.allocate(in.get(1).type());
            row.copyFrom(in.get(1).array().buffer());
            var sum = Buffer.allocate(expected.getFirst().type());
            program.run(List.of(in.get(0).array().buffer(), row), List.of(sum, row));
            for (int i = 0; i < 256; i++) {
                assertThat(Math.abs(row.at(i) - expected.get(1).at(i))).isLessThan(1e-4);
            }
        }
    }

    /// A sum of everything is made where its numbers are; what divides by it computes them again.
    @Test
    void whatIsCheapIsComputedAgainInsteadOfStored() {
        var in = List.<Tensor>of(Random.normal(Random.key(1), 96, 32, 32), Random.normal(Random.key(2), 96, 32, 32));
        var graph = Trace.of(t -> {
            var squares = t.get(0).sub(t.get(1)).square();
            return List.of(squares.div(squares.sum()));
        }, in.stream().map(Tensor::type).toList());
        same(graph, in, run(graph, in, Options.of().withProvider(Provider.plain()).withFusion(false)), 1e-9);
        try (var program = Compiler.compile(graph, Options.of())) {
            assertThat(program.plan().peakBytes()).describedAs(program.plan().print()).isLessThan(in.getFirst().type().bytes() / 100);
        }
        // An input that is given away is written over before the second loop would read it.
        try (var program = Compiler.compile(graph.withDonated(Map.of(0, 0)), Options.of())) {
            var given = Buffer.allocate(in.getFirst().type());
            given.copyFrom(in.getFirst().array().buffer());
            program.run(List.of(given, in.get(1).array().buffer()), List.of(given));
            var expected = run(graph, in, Options.of().withFusion(false)).getFirst();
            for (long i = 0; i < given.size(); i++) {
                assertThat(Math.abs(given.at(i) - expected.at(i))).isLessThan(1e-8);
            }
        }
    }

    /// What a mean of each slice is taken from has sums of everything slice by slice.
    @Test
    void sumsOfEverythingFollowTheSlices() {
        var in = List.<Tensor>of(Random.normal(Random.key(1), 24, 200, 16), Random.normal(Random.key(2), 24, 200, 16));
        var graph = Trace.of(t -> {
            var centred = t.get(0).sub(t.get(0).mean(1).expandDims(1)).mul(t.get(1));
            return List.of(centred.sum(), centred.square().sum(0, 1));
        }, in.stream().map(Tensor::type).toList());
        same(graph, in, run(graph, in, Options.of().withProvider(Provider.plain()).withFusion(false)), 1e-5);
        try (var program = Compiler.compile(graph, Options.of())) {
            assertThat(program.plan().peakBytes()).describedAs(program.plan().print()).isLessThan(in.getFirst().type().bytes() / 10);
        }
    }

    @Test
    void batchNormAndSoftmaxAreOneLoopEach() {
        for (int k : new int[] {0, 2}) {
            var graph = Trace.of(cases().get(k).body, List.of(Type.of(DType.F32, 64, 256), Type.of(DType.F32, 256)));
            try (var program = Compiler.compile(graph, Options.of())) {
                assertThat(program.plan().steps()).describedAs(program.plan().print()).hasSize(1);
            }
        }
    }

    @Test
    void anOutputOverAnInputThatLaterRowsStillReadIsRight() {
        // The row that is added to every row is donated to a result of one number per row, as many as there are columns.
        var in = List.<Tensor>of(Random.normal(Random.key(1), 16, 16), Random.normal(Random.key(2), 16));
        var graph = Trace.of(t -> List.of(t.get(0).add(t.get(1)).sum(1)), in.stream().map(Tensor::type).toList());
        var expected = run(graph, in, Options.of().withFusion(false)).getFirst();
        try (var program = Compiler.compile(graph.withDonated(Map.of(1, 0)), Options.of())) {
            var row = Buffer.allocate(in.get(1).type());
            row.copyFrom(in.get(1).array().buffer());
            program.run(List.of(in.get(0).array().buffer(), row), List.of(row));
            for (int i = 0; i < 16; i++) {
                assertThat(Math.abs(row.at(i) - expected.at(i))).isLessThan(1e-5);
            }
        }
    }

    @Test
    void anInputThatIsNormalisedInPlaceIsReadBeforeItIsWritten() {
        var in = List.<Tensor>of(Random.normal(Random.key(1), 64, 40));
        var graph = Trace.of(t -> List.of(t.get(0).sub(t.get(0).mean(0)), t.get(0).square().sum(0), t.get(0).softmax(-1)),
                in.stream().map(Tensor::type).toList());
        var expected = run(graph, in, Options.of().withFusion(false));
        for (int taken : new int[] {0, 2}) {
            try (var program = Compiler.compile(graph.withDonated(Map.of(0, taken)), Options.of())) {
                var x = Buffer.allocate(in.getFirst().type());
                x.copyFrom(in.getFirst().array().buffer());
                var out = new ArrayList<Buffer>();
                graph.outputs().forEach(t -> out.add(Buffer.allocate(t.type())));
                out.set(taken, x);
                program.run(List.of(x), out);
                for (int k = 0; k < 3; k++) {
                    for (long i = 0; i < out.get(k).size(); i++) {
                        assertThat(Math.abs(out.get(k).at(i) - expected.get(k).at(i))).isLessThan(1e-4);
                    }
                }
            }
        }
    }

    @Test
    void sumsOfAMillionTermsKeepTheirDigitsWhateverTheThreads() {
        var x = Random.uniform(Random.key(5), 1000, 1000).add(0.1);
        double exact = 0;
        for (double v : x.toDoubles()) {
            exact += v;
        }
        var graph = Trace.of(t -> List.of(t.get(0).mul(1.5).sum(), t.get(0).reshape(1_000_000, 1).mul(1.5).sum(0),
                t.get(0).reshape(100_000, 10).mul(1.5).sum(0)), List.of(x.type()));
        var one = run(graph, List.of(x), Options.of());
        var two = run(graph, List.of(x), Options.of().withThreads(2));
        assertThat(Math.abs(one.get(0).at(0) / (1.5 * exact) - 1)).isLessThan(1e-6);
        assertThat(Math.abs(one.get(1).at(0) / (1.5 * exact) - 1)).isLessThan(1e-6);
        for (int k = 0; k < 3; k++) {
            assertThat(one.get(k).memory().mismatch(two.get(k).memory())).isEqualTo(-1);
        }
    }

    @Test
    void averagesThatDecayDoNotStaySubnormal() {
        var type = Type.of(DType.F32, 1003);
        var graph = Trace.of(t -> List.of(t.get(0).add(t.get(1).sub(t.get(0)).mul(0.1))), List.of(type, type)).withDonated(Map.of(0, 0));
        try (var program = Compiler.compile(graph, Options.of())) {
            var m = Buffer.allocate(type);
            for (int i = 0; i < 1003; i++) {
                m.set(i, i % 2 == 0 ? 1.3e-38 : -1.3e-38);
            }
            var zero = Buffer.allocate(type);
            program.run(List.of(m, zero), List.of(m));
            boolean vectors = !Provider.best().name().equals("plain") && ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
            for (int i = 0; i < 1003 && vectors; i++) {
                assertThat(m.at(i)).isZero();
                assertThat(Math.copySign(1, m.at(i))).isEqualTo(i % 2 == 0 ? 1 : -1);
            }
        }
    }
}
