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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Loops equal the same steps written one after another, and the gradients that bodies bring equal those of their ops.
class LoopTest {
    /// a, b (carried), x (scanned), w (constant) -> b, a·w + x, stacked a·x and the carry a itself.
    enum Bodies implements Body {
        CROSS;

        @Override
        public String label() {
            return "cross";
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var a = in.get(0);
            return List.of(in.get(1), a.mul(in.get(3)).add(in.get(2)).tanh(), a.mul(in.get(2)), a);
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }

    /// A body without what it brings for its gradient.
    record Bare(Body body) implements Body {
        @Override
        public String label() {
            return body.label();
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            return body.apply(in);
        }

        @Override
        public List<Sample> samples() {
            return body.samples();
        }
    }

    private static Tensor draw(int seed, long... dims) {
        var type = Type.of(DType.F64, dims);
        return Tensor.of(new SplittableRandom(seed).doubles(type.shape().size(), -1, 1).toArray()).reshape(type.shape());
    }

    private static List<Tensor> arguments() {
        return List.of(draw(1, 3), draw(2, 3), draw(3, 5, 3), draw(4, 3));
    }

    /// The loop's outputs by a Java loop over slices.
    private static List<Tensor> unrolled(List<Tensor> in, boolean reverse) {
        var a = in.get(0);
        var b = in.get(1);
        var first = new Tensor[5];
        var second = new Tensor[5];
        for (int n = 0; n < 5; n++) {
            int t = reverse ? 4 - n : n;
            var out = Bodies.CROSS.apply(List.of(a, b, in.get(2).at(0, t), in.get(3)));
            a = out.get(0);
            b = out.get(1);
            first[t] = out.get(2);
            second[t] = out.get(3);
        }
        return List.of(a, b, Tensor.stack(0, first), Tensor.stack(0, second));
    }

    private static Tensor score(List<Tensor> out) {
        var total = Tensor.scalar(0, DType.F64);
        for (int i = 0; i < out.size(); i++) {
            total = total.add(out.get(i).mul(draw(50 + i, out.get(i).shape().toArray())).sum());
        }
        return total;
    }

    private static List<Tensor> gradients(Function<List<Tensor>, Tensor> f, List<Tensor> in) {
        return Gradient.at(f, in).gradients();
    }

    /// The gradients of a weighted sum of the gradients.
    private static List<Tensor> second(Function<List<Tensor>, Tensor> f, List<Tensor> in) {
        return gradients(xs -> score(Gradient.tape(tape -> {
            tape.watch(xs.toArray(Tensor[]::new));
            return tape.gradient(f.apply(xs), xs);
        })), in);
    }

    private static void close(List<Tensor> actual, List<Tensor> expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) {
            assertThat(actual.get(i).shape()).isEqualTo(expected.get(i).shape());
            var a = actual.get(i).toDoubles();
            var e = expected.get(i).toDoubles();
            for (int k = 0; k < a.length; k++) {
                assertThat(a[k]).as("tensor %d, element %d", i, k).isCloseTo(e[k], within(tolerance * (1 + Math.abs(e[k]))));
            }
        }
    }

    private static List<Tensor> compiled(Function<List<Tensor>, List<Tensor>> f, List<Tensor> in, Options options) {
        var graph = Trace.of(f, in.stream().map(Tensor::type).toList());
        try (var program = Compiler.compile(graph, options)) {
            var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
            program.run(in.stream().map(t -> t.array().buffer()).toList(), out);
            // Again: what the first run left behind must not matter.
            program.run(in.stream().map(t -> t.array().buffer()).toList(), out);
            return out.stream().map(Tensor::wrap).toList();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLoopIsItsStepsOneAfterAnother(boolean reverse) {
        var loop = new Loop(Bodies.CROSS, 2, 1, 5, reverse, false);
        var in = arguments();
        close(loop.apply(in), unrolled(in, reverse), 1e-12);
        close(compiled(loop::apply, in, Options.of()), unrolled(in, reverse), 1e-12);
        close(gradients(xs -> score(loop.apply(xs)), in), gradients(xs -> score(unrolled(xs, reverse)), in), 1e-12);
        close(second(xs -> score(loop.apply(xs)), in), second(xs -> score(unrolled(xs, reverse)), in), 1e-12);
    }

    @Test
    void gradientsOfACompiledLoopEqualEagerOnes() {
        var loop = new Loop(Bodies.CROSS, 2, 1, 5, false, false);
        var in = arguments();
        close(compiled(xs -> gradients(x -> score(loop.apply(x)), xs), in, Options.of()),
                gradients(x -> score(loop.apply(x)), in), 1e-12);
    }

    private static List<Tensor> arguments(Rnn rnn, long steps, long n, long features, long units) {
        long columns = rnn.cell().gates() * units;
        var in = new ArrayList<>(List.of(draw(1, steps, n, features)));
        for (int i = 0; i < rnn.cell().states(); i++) {
            in.add(draw(2 + i, n, units));
        }
        in.add(draw(4, features, columns));
        in.add(draw(5, units, columns));
        in.add(rnn.cell().twoBiases() ? draw(6, 2, columns) : draw(6, columns));
        if (rnn.masked()) {
            in.add(draw(7, steps, n, 1).gt(Tensor.scalar(-0.4, DType.F64)));
        }
        if (rnn.dropped()) {
            in.add(draw(8, n, units));
        }
        return in;
    }

    static Stream<Rnn> networks() {
        var plain = Stream.of(Rnn.Cell.values()).map(Rnn::of);
        var both = Stream.of(Rnn.Cell.values()).map(cell -> new Rnn(cell, true, true, false));
        var one = Stream.of(new Rnn(Rnn.Cell.LSTM, true, false, false), new Rnn(Rnn.Cell.GRU_RESET_BEFORE, false, true, false));
        return Stream.of(plain, both, one).flatMap(networks -> networks);
    }

    private static List<Tensor> floats(List<Tensor> in) {
        return in.stream().filter(x -> x.dtype().isFloat()).toList();
    }

    /// A function of the inputs that have gradients, the mask being given.
    private static <V> Function<List<Tensor>, V> of(Body body, List<Tensor> in, Function<List<Tensor>, V> end) {
        return xs -> {
            var given = xs.iterator();
            return end.apply(new Call(body).apply(in.stream().map(x -> x.dtype().isFloat() ? given.next() : x).toList()));
        };
    }

    /// Any of the outputs may be used alone: each time other gradients are given.
    @ParameterizedTest
    @MethodSource("networks")
    void theGradientThatANetworkBringsIsThatOfItsOps(Rnn rnn) {
        var in = arguments(rnn, 3, 2, 2, 3);
        int outputs = rnn.cell().states() == 2 ? 5 : 3;
        for (int used = 1; used < 1 << outputs; used += used < 8 ? 1 : 8) {
            int some = used;
            var own = of(rnn.recording(), in, out -> score(pick(out, some)));
            var ops = of(new Bare(rnn.recording()), in, out -> score(pick(out, some)));
            close(gradients(own, floats(in)), gradients(ops, floats(in)), 1e-12);
            if (used == 3) {
                close(second(own, floats(in)), second(ops, floats(in)), 1e-11);
            }
        }
    }

    private static List<Tensor> pick(List<Tensor> out, int used) {
        return IntStream.range(0, out.size()).filter(i -> (used >> i & 1) == 1).mapToObj(out::get).toList();
    }

    /// Sizes that are no multiple of a vector, on every provider and on one and two threads, against eager double precision.
    @ParameterizedTest
    @MethodSource("networks")
    void compiledTrainingOfANetworkEqualsEagerInDoublePrecision(Rnn rnn) {
        for (var in : List.of(arguments(rnn, 5, 3, 4, 5), arguments(rnn, 4, 33, 7, 24), arguments(rnn, 1, 2, 1, 1))) {
            Function<List<Tensor>, List<Tensor>> f = xs -> {
                var out = new ArrayList<Tensor>();
                for (int used : new int[] {2, 3}) {
                    out.addAll(gradients(of(rnn, in, y -> pick(y, used).stream().map(part -> part.square().sum()).reduce(Tensor::add).orElseThrow()), xs));
                }
                out.addAll(of(rnn, in, y -> y).apply(xs));
                return out;
            };
            var expected = f.apply(floats(in));
            var narrow = floats(in).stream().map(x -> x.cast(DType.F32)).toList();
            for (var provider : List.of(Provider.plain(), Provider.best())) {
                for (int threads : new int[] {1, 2}) {
                    close(compiled(f, narrow, Options.of().withProvider(provider).withThreads(threads)), expected, 2e-5);
                }
            }
        }
    }

    /// What the routine does not take runs by its ops, as everything does in double precision.
    @ParameterizedTest
    @MethodSource("networks")
    void aNetworkRunsByItsRoutineWhereThereIsOne(Rnn rnn) {
        var in = arguments(rnn, 3, 16, 2, 8).stream().map(x -> x.dtype().isFloat() ? x.cast(DType.F32) : x).toList();
        var graph = Trace.of(xs -> gradients(of(rnn, in, out -> out.get(1).sum()), xs), floats(in).stream().map(Tensor::type).toList());
        boolean routine = !Provider.best().name().equals("plain");
        for (int threads : new int[] {1, 2}) {
            try (var program = Compiler.compile(graph, Options.of().withThreads(threads))) {
                assertThat(program.plan().print().contains("call " + rnn.label() + " gradient")).isEqualTo(routine);
                assertThat(program.plan().print()).doesNotContain("ref:").doesNotContain("loop");
            }
        }
        try (var program = Compiler.compile(graph, Options.of().withProvider(Provider.plain()))) {
            assertThat(program.plan().print()).contains("loop " + rnn.label() + " step");
        }
    }

    @Test
    void aCarryThatChangesItsTypeIsNamed() {
        var loop = new Loop(Bodies.CROSS, 2, 1, 5, false, false);
        assertThatThrownBy(() -> loop.infer(List.of(Type.of(DType.F64, 3), Type.of(DType.F64, 1), Type.of(DType.F64, 5, 3),
                Type.of(DType.F64, 3)))).isInstanceOf(ShapeException.class).hasMessageContaining("carry 0 begins as f64[3]");
    }
}
