package dev.caviar.engine.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Cast;
import dev.caviar.engine.tensor.Contract;
import dev.caviar.engine.tensor.Loop;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Ops;
import dev.caviar.engine.tensor.Precision;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Mixed precision: what is narrow, what stays wide, and that the numbers stay near.
class AutocastTest {
    private static final Set<DType> NARROW = Set.of(DType.BF16, DType.F16);

    /// A step of a network with one hidden layer: weights in place, and the loss.
    private static final Graph STEP = Trace.of(in -> {
        var weights = in.subList(1, 4);
        return Gradient.tape(tape -> {
            tape.watch(weights.toArray(Tensor[]::new));
            var hidden = in.getFirst().matmul(weights.get(0)).add(weights.get(1)).relu();
            var loss = hidden.matmul(weights.get(2)).square().mean();
            var out = new ArrayList<Tensor>();
            var gradients = tape.gradient(loss, weights);
            for (int i = 0; i < 3; i++) {
                out.add(weights.get(i).sub(gradients.get(i).mul(0.5)));
            }
            out.add(loss);
            return out;
        });
    }, Type.of(DType.F32, 5, 3), Type.of(DType.F32, 3, 4), Type.of(DType.F32, 4), Type.of(DType.F32, 4, 2))
            .withDonated(Map.of(1, 0, 2, 1, 3, 2));

    record Case(Op op, Sample sample) {
        @Override
        public String toString() {
            return op.label() + " " + sample.in();
        }
    }

    static Stream<Case> cases() {
        return Ops.prototypes().stream().flatMap(op -> op.samples().stream().filter(s -> s.error() == null).map(s -> new Case(op, s)));
    }

    @Test
    void aStepBeforeAndAfter() {
        assertThat("traced\n" + STEP + "\nautocast\n" + Autocast.apply(STEP, DType.BF16) + "\nwidened\n"
                + Widen.apply(Autocast.apply(STEP, DType.BF16), NARROW)).isEqualTo(golden());
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"BF16", "F16"})
    void productsReadTheNarrowTypeAndGiveF32(DType low) {
        for (var node : Autocast.apply(STEP, low).nodes()) {
            if (node.op() instanceof Contract) {
                assertThat(node.out().getFirst().dtype()).isEqualTo(DType.F32);
                for (var tensor : node.in()) {
                    assertThat(tensor).isInstanceOfSatisfying(dev.caviar.engine.tensor.Sym.class,
                            sym -> assertThat(java.util.Objects.requireNonNull(sym.node()).in().getFirst().dtype()).isEqualTo(low));
                }
            }
        }
    }

    @Test
    void aWeightIsCastOncePerStepAndNothingTwice() {
        var casts = Autocast.apply(STEP, DType.BF16).nodes().stream().filter(node -> node.op().equals(new Cast(DType.BF16))).toList();
        assertThat(casts).doesNotHaveDuplicates().extracting(node -> node.in().getFirst()).doesNotHaveDuplicates();
        // x, two matrices, the hidden layer and its gradient, the gradient of the outputs; not the bias.
        assertThat(casts).hasSize(6);
    }

    @Test
    void aTypeThatIsNotNarrowIsRefused() {
        assertThatThrownBy(() -> Autocast.apply(STEP, DType.F32)).hasMessageContaining("BF16 or F16");
    }

    @Test
    void aProductReadsTheNarrowTypeItselfAndWritesItAfterBiasAndActivation() {
        try (var program = Compiler.compile(STEP, Options.of().withProvider(Provider.plain()).withLow(DType.BF16))) {
            var steps = program.plan().steps().stream().filter(step -> step.what().startsWith("matmul")).toList();
            // 5 × 4 numbers of 2 bytes.
            assertThat(steps.getFirst().what()).isEqualTo("matmul + bias + relu 5×3×4");
            assertThat(steps.getFirst().bytes()).isEqualTo(40);
            assertThat(steps).extracting(step -> step.what().replaceAll(" \\d.*", "")).hasSize(5);
            // No step but the casts of x and the weights does nothing else than cast.
            assertThat(program.plan().steps()).extracting(step -> step.what()).filteredOn("cast"::equals).hasSize(3);
        }
    }

    @Test
    void whatIsNotChosenStaysWide() {
        var mixed = Autocast.apply(STEP, DType.BF16, node -> node.out().getFirst().shape().equals(Shape.of(5, 4)));
        var narrow = mixed.nodes().stream().filter(node -> node.op().equals(new Cast(DType.BF16))).map(node -> node.out().getFirst().shape());
        // The layer and the gradient of what it gives: x and both matrices, and the slopes.
        assertThat(narrow).containsExactlyInAnyOrder(Shape.of(5, 3), Shape.of(3, 4), Shape.of(4, 2), Shape.of(5, 2));
        assertThat(Autocast.apply(STEP, DType.BF16, _ -> false).print()).isEqualTo(STEP.print());
    }

    @Test
    void anEmbeddingIsLookedUpBeforeItIsCast() {
        var graph = Trace.of(in -> List.of(in.get(0).gather(in.get(1)).matmul(in.get(2))), Type.of(DType.F32, 1000, 8),
                Type.of(DType.I64, 5), Type.of(DType.F32, 8, 2));
        var casts = Autocast.apply(graph, DType.BF16).nodes().stream().filter(node -> node.op().equals(new Cast(DType.BF16))).map(Node::out).toList();
        assertThat(casts).containsExactlyInAnyOrder(List.of(Type.of(DType.BF16, 5, 8)), List.of(Type.of(DType.BF16, 8, 2)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyOpIsKeptOrComesNearInTheNarrowType(Case c) {
        var graph = Trace.of(args -> c.op.apply(args), c.sample.in());
        var in = draw(c.sample);
        // A loop's body is a program of its own, in mixed precision too.
        boolean near = c.op.precision() == Precision.LOW || c.op instanceof Loop;
        if (c.op.precision() != Precision.LOW) {
            assertThat(NARROW).allSatisfy(low -> assertThat(Autocast.apply(graph, low).print()).isEqualTo(graph.print()));
        }
        if (!near) {
            return;     // the same graph is the same program
        }
        var expected = run(graph, in, Options.of().withProvider(Provider.plain()));
        for (var low : NARROW) {
            for (var provider : List.of(Provider.plain(), Provider.best())) {
                close(run(graph, in, Options.of().withProvider(provider).withLow(low)), expected, 0.05);
            }
        }
    }

    /// The op between two products, so that what it reads and what it gives is wanted narrow where it has two axes.
    @ParameterizedTest
    @MethodSource("cases")
    void everyOpBetweenProductsComesNear(Case c) {
        var types = c.sample.in();
        if (!c.op.infer(types).getFirst().dtype().isFloat() || types.stream().noneMatch(t -> t.dtype() == DType.F32)
                || c.op.infer(types).getFirst().dtype() != DType.F32) {
            return;
        }
        var graph = Trace.of(args -> {
            var fed = args.stream().map(x -> x.dtype() == DType.F32 && x.rank() >= 1 ? x.matmul(eye(x.shape().dim(-1))) : x).toList();
            var y = c.op.apply(fed).getFirst();
            return List.of(y.rank() == 0 ? y : y.matmul(eye(y.shape().dim(-1))), y.mul(2));
        }, types);
        var in = draw(c.sample);
        var expected = run(graph, in, Options.of().withProvider(Provider.plain()));
        close(run(graph, in, Options.of().withProvider(Provider.plain()).withLow(DType.BF16)), expected, 0.12);
        close(run(graph, in, Options.of().withLow(DType.F16)), expected, 0.02);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"BF16", "F16"})
    void emulatedIsNearlyTheSameAsNarrow(DType low) {
        var random = new SplittableRandom(3);
        var in = STEP.inputs().stream().map(sym -> Tensor.of(random.doubles(sym.shape().size(), -1, 1).toArray()).cast(DType.F32).reshape(sym.shape())).toList();
        var mixed = Autocast.apply(STEP, low);
        var wide = Widen.apply(mixed, NARROW);
        assertThat(wide.print()).doesNotContain(low.name().toLowerCase(java.util.Locale.ROOT) + "[").contains("round_");
        var expected = run(mixed, in, Options.of().withProvider(Provider.plain()));
        close(run(wide, in, Options.of().withProvider(Provider.plain())), expected, 1e-6);
        close(run(mixed, in, Options.of()), expected, 1e-4);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void anyOpOfANarrowTypeIsEmulated(Case c) {
        if (c.sample.in().stream().noneMatch(t -> t.dtype() == DType.F32)) {
            return;     // nothing of it is narrow
        }
        for (var low : NARROW) {
            var types = c.sample.in().stream().map(t -> t.dtype() == DType.F32 ? t.withDType(low) : t).toList();
            var graph = Trace.of(args -> c.op.apply(args), types);
            var in = draw(c.sample).stream().map(x -> x.dtype() == DType.F32 ? x.cast(low) : x).toList();
            var wide = Widen.apply(graph, NARROW);
            assertThat(wide.outputs().stream().map(Tensor::type).toList()).isEqualTo(graph.outputs().stream().map(Tensor::type).toList());
            close(run(wide, in, Options.of().withProvider(Provider.plain())), run(graph, in, Options.of().withProvider(Provider.plain())), 0.02);
        }
    }

    private static String golden() {
        try (var in = AutocastTest.class.getResourceAsStream("/golden/autocast.txt")) {
            return new String(java.util.Objects.requireNonNull(in).readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Tensor eye(long n) {
        return Tensor.range(n, DType.I64).oneHot(n, DType.F32);
    }

    private static List<Tensor> run(Graph graph, List<Tensor> in, Options options) {
        try (var program = Compiler.compile(graph, options)) {
            var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
            program.run(in.stream().map(t -> t.array().buffer()).toList(), out);
            return out.stream().map(Tensor::wrap).toList();
        }
    }

    private static void close(List<Tensor> actual, List<Tensor> expected, double tolerance) {
        for (int i = 0; i < expected.size(); i++) {
            var a = actual.get(i).cast(DType.F64).toDoubles();
            var e = expected.get(i).cast(DType.F64).toDoubles();
            assertThat(a).hasSameSizeAs(e);
            for (int k = 0; k < a.length; k++) {
                assertThat(a[k]).as("output %d, element %d", i, k).isCloseTo(e[k], within(tolerance * (1 + Math.abs(e[k]))));
            }
        }
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
