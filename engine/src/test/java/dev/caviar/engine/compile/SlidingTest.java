package dev.caviar.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Slide;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Conv;
import dev.caviar.engine.tensor.Eager;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Convolutions and poolings in compiled programs.
class SlidingTest {
    private static final List<Type> TYPES = List.of(Type.of(DType.F32, 10, 18, 17, 2), Type.of(DType.F32, 3, 3, 2, 16),
            Type.of(DType.F32, 16), Type.of(DType.F32, 3, 3, 16, 12), Type.of(DType.F32, 12));
    private static final Slide HALVES = Slide.of(2).withStrides(List.of(2L, 2L));

    private static Tensor layers(List<Tensor> in) {
        var first = Conv.of(Slide.of(2)).on(in.get(0), in.get(1)).add(in.get(2)).relu();
        var pooled = Window.max(first, List.of(2L, 2L), HALVES);
        var second = Conv.of(Slide.of(2)).on(pooled, in.get(3)).add(in.get(4)).relu();
        return Window.mean(second, List.of(2L, 2L), HALVES);
    }

    /// Loss and all gradients.
    private static List<Tensor> step(List<? extends Tensor> given) {
        var in = List.<Tensor>copyOf(given);
        return Gradient.tape(tape -> {
            tape.watch(in.toArray(Tensor[]::new));
            var loss = layers(in).square().sum();
            var out = new ArrayList<>(List.of(loss));
            out.addAll(tape.gradient(loss, in));
            return out;
        });
    }

    private static List<Tensor> values() {
        return IntStream.range(0, TYPES.size()).mapToObj(i -> Random.normal(Random.key(i), TYPES.get(i))).toList();
    }

    private static List<Buffer> run(Graph graph, Options options) {
        try (var program = Compiler.compile(graph, options)) {
            var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
            program.run(values().stream().map(t -> t.array().buffer()).toList(), out);
            return out;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aStepEqualsEagerAnyNumberOfThreads(int threads) {
        var graph = Trace.of(SlidingTest::step, TYPES);
        var wanted = Eager.of(Provider.plain()).scoped(() -> step(values()));
        for (var provider : List.of(Provider.plain(), Provider.best())) {
            var options = Options.of().withProvider(provider).withThreads(threads);
            var out = run(graph, options);
            for (int i = 0; i < wanted.size(); i++) {
                var expected = wanted.get(i).toDoubles();
                double scale = wanted.get(i).abs().max(IntStream.range(0, wanted.get(i).rank()).toArray()).itemAsDouble();
                for (int k = 0; k < expected.length; k++) {
                    assertThat(out.get(i).at(k)).as("output %d, element %d", i, k).isCloseTo(expected[k], within(1e-5 * scale));
                }
            }
            var again = run(graph, options);
            for (int i = 0; i < again.size(); i++) {
                assertThat(again.get(i).memory().mismatch(out.get(i).memory())).as("output %d is the same each time", i).isEqualTo(-1);
            }
        }
    }

    @Test
    void whatFollowsAConvolutionRunsWithIt() {
        try (var program = Compiler.compile(Trace.of(SlidingTest::step, TYPES), Options.of())) {
            var text = program.plan().steps().stream().map(step -> step.what() + " by " + step.how()).toList().toString();
            assertThat(text).contains("conv + bias [10, 18, 17, 2] [3, 3, 2, 16]", "conv + bias + relu [10, 8, 7, 16] [3, 3, 16, 12]", "conv weight gradient + bias [10, 18, 17, 2] [3, 3, 2, 16]",
                    "conv input gradient").doesNotContain("reduce_sum [0, 1, 2]", "ref");
        }
    }

    /// relu → largest of four is largest of four → relu, on a quarter of the numbers.
    @Test
    void aReluBeforeMaxPoolingRunsAfterIt() {
        var graph = Trace.of(in -> List.of(Window.max(in.getFirst().relu(), List.of(2L, 2L), HALVES)), Type.of(DType.F32, 3, 8, 8, 5));
        assertThat(graph.print()).containsSubsequence("window_max", "relu");
        var x = Random.normal(Random.key(1), 3, 8, 8, 5);
        var y = Buffer.allocate(graph.outputs().getFirst().type());
        try (var program = Compiler.compile(graph, Options.of())) {
            program.run(List.of(x.array().buffer()), List.of(y));
        }
        assertThat(Tensor.wrap(y).toFloats()).isEqualTo(Window.max(x.relu(), List.of(2L, 2L), HALVES).toFloats());
    }

    /// A bias that somebody else reads before it is added stays apart from the convolution.
    @Test
    void whatOthersReadIsKept() {
        var graph = Trace.of(in -> {
            var y = Conv.of(Slide.of(2)).on(in.get(0), in.get(1));
            return List.of(y, y.add(in.get(2)).relu());
        }, TYPES.subList(0, 3));
        var out = new ArrayList<Buffer>();
        try (var program = Compiler.compile(graph, Options.of())) {
            graph.outputs().forEach(t -> out.add(Buffer.allocate(t.type())));
            program.run(values().subList(0, 3).stream().map(t -> t.array().buffer()).toList(), out);
        }
        var bias = values().get(2).toFloats();
        for (int i = 0; i < out.getFirst().size(); i++) {
            assertThat(out.get(1).at(i)).isCloseTo(Math.max(0, out.get(0).at(i) + bias[i % 16]), within(1e-5));
        }
    }
}
