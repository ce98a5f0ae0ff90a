package dev.caviar.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.kernel.Team;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Args;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.TraceException;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.engine.tensor.Vjp;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Programs compute what eager computes, on planned memory.
class ProgramTest {
    /// A step of a network with batch norm, relu, dropout, softmax cross-entropy and Adam: state in, state out.
    private static List<Tensor> step(List<Tensor> in) {
        var x = in.get(0);
        var labels = in.get(1);
        var rate = in.get(2);
        var key = in.get(3);
        var weights = in.subList(4, 8);
        var m = in.subList(8, 12);
        var v = in.subList(12, 16);
        return Gradient.tape(tape -> {
            tape.watch(weights.toArray(Tensor[]::new));
            var z = x.matmul(weights.get(0));
            var mean = z.mean(0);
            var variance = z.variance(0);
            var h = z.sub(mean).mul(variance.add(1e-3).rsqrt()).mul(weights.get(1)).relu();
            h = Random.uniform(key, h.shape().toArray()).lt(Tensor.scalar(0.8)).where(h.div(0.8), Tensor.scalar(0));
            var logits = h.matmul(weights.get(2)).add(weights.get(3));
            var loss = logits.logSoftmax(-1).mul(labels.oneHot(10, DType.F32)).sum(-1).neg().mean();
            var g = tape.gradient(loss, weights);
            var out = new ArrayList<Tensor>();
            var ms = new ArrayList<Tensor>();
            var vs = new ArrayList<Tensor>();
            for (int i = 0; i < 4; i++) {
                ms.add(m.get(i).mul(0.9).add(g.get(i).mul(0.1)));
                vs.add(v.get(i).mul(0.999).add(g.get(i).square().mul(0.001)));
                out.add(weights.get(i).sub(ms.get(i).div(vs.get(i).sqrt().add(1e-8)).mul(rate)));
            }
            out.addAll(ms);
            out.addAll(vs);
            out.add(loss);
            out.add(logits.argmax(-1).eq(labels).cast(DType.F32).sum());
            return out;
        });
    }

    private static List<Tensor> arguments() {
        var keys = Random.split(Random.key(3), 6);
        var shapes = List.of(Shape.of(40, 70), Shape.of(70), Shape.of(70, 10), Shape.of(10));
        var in = new ArrayList<Tensor>(List.of(Random.normal(keys[0], 33, 40), Random.uniform(keys[1], 33).mul(10).cast(DType.I64),
                Tensor.scalar(0.01), keys[2]));
        for (int i = 0; i < 4; i++) {
            in.add(Random.normal(keys[i + 2], shapes.get(i).toArray()).mul(0.1));
        }
        for (int i = 0; i < 8; i++) {
            in.add(Tensor.full(i < 4 ? 0 : 1e-4, new Type(DType.F32, shapes.get(i % 4))));
        }
        return in;
    }

    private static Map<Integer, Integer> state() {
        var pairs = new HashMap<Integer, Integer>();
        for (int i = 0; i < 12; i++) {
            pairs.put(i + 4, i);
        }
        return pairs;
    }

    @Test
    void aTrainingStepInPlaceEqualsEagerStepsWithAnyThreadsAndProvider() {
        var first = arguments();
        var graph = Trace.of(ProgramTest::step, first.stream().map(Tensor::type).toList()).withDonated(state());
        var eager = new ArrayList<>(first);
        Tensor loss = null;
        for (int i = 0; i < 5; i++) {
            var out = step(eager);
            for (int k = 0; k < 12; k++) {
                eager.set(k + 4, out.get(k));
            }
            loss = out.get(12);
        }
        for (var options : List.of(Options.of(), Options.of().withThreads(2), Options.of().withProvider(Provider.plain()))) {
            try (var program = Compiler.compile(graph, options)) {
                var in = first.stream().map(t -> {
                    var own = Buffer.allocate(t.type());
                    own.copyFrom(t.array().buffer());
                    return own;
                }).toList();
                var out = new ArrayList<>(in.subList(4, 16));
                out.add(Buffer.allocate(Type.of(DType.F32)));
                out.add(Buffer.allocate(Type.of(DType.F32)));
                for (int i = 0; i < 5; i++) {
                    program.run(in, out);
                }
                assertThat(out.get(12).at(0)).isCloseTo(loss.item(), within(1e-4));
                for (int k = 0; k < 12; k++) {
                    var expected = eager.get(k + 4).toDoubles();
                    for (int j = 0; j < expected.length; j++) {
                        assertThat(out.get(k).at(j)).isCloseTo(expected[j], within(1e-3));
                    }
                }
                assertThat(program.plan().print()).contains("matmul").contains("arena");
                assertThat(program.plan().peakBytes()).isLessThan(program.plan().unplannedBytes());
            }
        }
    }

    @Test
    void anOutputMayBeAnInputAConstantOrTheSameTwice() {
        var graph = Trace.of(in -> {
            var y = in.get(0).mul(2);
            return List.of(in.get(0), Tensor.of(7f, 8f), y, y, y.reshape(2, 1));
        }, Type.of(DType.F32, 2));
        try (var program = Compiler.compile(graph, Options.of())) {
            var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
            program.run(List.of(Tensor.of(1f, 3f).array().buffer()), out);
            assertThat(out.stream().map(b -> Tensor.wrap(b).toFloats())).containsExactly(new float[] {1, 3}, new float[] {7, 8},
                    new float[] {2, 6}, new float[] {2, 6}, new float[] {2, 6});
        }
    }

    @Test
    void aDonatedInputThatIsReadLaterIsNotOverwrittenEarly() {
        // out0 takes over x, but out1 needs the old x and the new one.
        var graph = Trace.of(in -> {
            var next = in.get(0).add(1);
            return List.of(next, in.get(0).reverse(0).mul(next));
        }, Type.of(DType.F32, 3)).withDonated(Map.of(0, 0));
        try (var program = Compiler.compile(graph, Options.of())) {
            var x = Buffer.allocate(Type.of(DType.F32, 3));
            x.copyFrom(Tensor.of(1f, 2f, 3f).array().buffer());
            var other = Buffer.allocate(Type.of(DType.F32, 3));
            program.run(List.of(x), List.of(x, other));
            assertThat(Tensor.wrap(x).toFloats()).containsExactly(2, 3, 4);
            assertThat(Tensor.wrap(other).toFloats()).containsExactly(6, 6, 4);
        }
    }

    @Test
    void aSwapOfTwoDonatedInputsIsASwap() {
        var type = Type.of(DType.F32, 2);
        var graph = Trace.of(in -> List.of(in.get(1).mul(1), in.get(0).mul(1)), type, type).withDonated(Map.of(0, 0, 1, 1));
        try (var program = Compiler.compile(graph, Options.of())) {
            var a = Buffer.allocate(type);
            var b = Buffer.allocate(type);
            a.copyFrom(Tensor.of(1f, 2f).array().buffer());
            b.copyFrom(Tensor.of(3f, 4f).array().buffer());
            program.run(List.of(a, b), List.of(a, b));
            assertThat(Tensor.wrap(a).toFloats()).containsExactly(3, 4);
            assertThat(Tensor.wrap(b).toFloats()).containsExactly(1, 2);
        }
    }

    @Test
    void rowsAndColumnsAreRepeatedWhateverTheirLength() {
        for (long inner : new long[] {1, 7, 300, 1024, 1500, 5000}) {
            var x = Random.normal(Random.key(inner), 5, inner);
            var row = Random.normal(Random.key(1), inner);
            var column = Random.normal(Random.key(2), 5, 1);
            var f = Function.of(in -> List.of(in.get(0).mul(in.get(1)).add(in.get(2)).mul(in.get(2)).tanh()), Options.of().withThreads(2));
            var expected = x.mul(row).add(column).mul(column).tanh().toFloats();
            assertThat(f.call(List.of(x, row, column)).getFirst().toFloats()).containsExactly(expected, within(1e-6f));
        }
    }

    @Test
    void aCompiledFunctionIsTracedOncePerTypeAndUpdatesVariables() {
        var traces = new AtomicInteger();
        var w = Variable.of("w", 0);
        try (var f = Function.compile(x -> {
            traces.incrementAndGet();
            w.assignAdd(x.sum());
            return w.value().mul(2);
        })) {
            assertThat(f.apply(Tensor.of(1f, 2f)).item()).isEqualTo(6);
            assertThat(f.apply(Tensor.of(4f, 0f)).item()).isEqualTo(14);
            assertThat(w.value().item()).isEqualTo(7);
            assertThat(traces.get()).isEqualTo(1);
            f.apply(Tensor.of(1f, 2f, 3f));
            assertThat(traces.get()).isEqualTo(2);
        }
    }

    @Test
    void aDecisionOnATracedValueIsRefusedWithTheLine() {
        var f = Function.compile(x -> x.sum().item() > 0 ? x : x.neg());
        assertThatThrownBy(() -> f.apply(Tensor.of(1f))).isInstanceOf(TraceException.class)
                .hasMessageContaining("has no value yet").hasMessageContaining("ProgramTest.java").hasMessageContaining("where");
    }

    @Test
    void aTracedTensorThatEscapesIsNamed() {
        var escaped = new ArrayList<Tensor>();
        Trace.of(in -> {
            escaped.add(in.get(0).exp());
            return in;
        }, Type.of(DType.F32, 2));
        assertThatThrownBy(() -> escaped.getFirst().add(1)).isInstanceOf(TraceException.class)
                .hasMessageContaining("escaped").hasMessageContaining("ProgramTest.java");
        assertThatThrownBy(() -> Trace.of(in -> List.of(in.get(0).add(escaped.getFirst())), Type.of(DType.F32, 2)))
                .hasMessageContaining("escaped");
    }

    @Test
    void aFedGraphServesManyFeedsWithoutBeingRebuilt() {
        try (var session = new Session()) {
            var c = session.placeholder("coefficients", DType.F32, 3);
            var w = session.variable("w", () -> Tensor.scalar(0));
            Tensor train = session.update(() -> Gradient.tape(tape -> {
                var at = c.value();
                var cost = at.at(0, 0).mul(w.value().square()).add(at.at(0, 1).mul(w.value())).add(at.at(0, 2));
                w.assign(w.value().sub(tape.gradient(cost, w).mul(0.1)));
                return cost;
            }));
            assertThatThrownBy(() -> session.run(train, Map.of())).hasMessageContaining("init()");
            session.init();
            assertThatThrownBy(() -> session.run(train, Map.of())).hasMessageContaining("\"coefficients\"");
            for (int i = 0; i < 200; i++) {
                session.run(train, Map.of(c, Tensor.of(1f, -10f, 25f)));
            }
            assertThat(w.value().item()).isCloseTo(5, within(1e-4f));
            for (int i = 0; i < 200; i++) {
                session.run(train, Map.of(c, Tensor.of(1f, -20f, 100f)));
            }
            assertThat(w.value().item()).isCloseTo(10, within(1e-4f));
            assertThat(session.compiled()).isEqualTo(1);
        }
    }

    /// A sum over rows in Java, which would be 0 for every x.
    @Test
    void aLoopOverAnUnknownLengthNamesItsLine() {
        try (var session = new Session()) {
            var x = session.placeholder("x", DType.F32, -1, 3);
            assertThatThrownBy(() -> session.define(() -> {
                var sum = Tensor.zeros(3);
                for (long i = 0; i < x.value().shape().dim(0); i++) {
                    sum = sum.add(x.value().slice(0, i, i + 1).reshape(3));
                }
                return sum;
            })).isInstanceOf(IllegalStateException.class).hasMessageContaining("ProgramTest.java:").hasMessageContaining("the length of axis 0 of [?, 3]")
                    .hasMessageContaining("zero times").hasMessageContaining("\nMaybe work on the whole axis at once");
            var known = session.define(() -> x.value().mul(x.value().shape().dim(1)).sum(0));
            assertThat(session.run(known, Map.of(x, Tensor.ones(2, 3))).toFloats()).containsExactly(6, 6, 6);
        }
    }

    @Test
    void placeholdersMayHaveUnknownLengths() {
        try (var session = new Session()) {
            var x = session.placeholder("x", DType.F32, -1, 3);
            Tensor centred = session.define(() -> x.value().sub(x.value().mean(0)).square().mean());
            var two = Tensor.of(new float[][] {{1, 2, 3}, {3, 2, 1}});
            var three = Tensor.of(new float[][] {{1, 2, 3}, {3, 2, 1}, {2, 2, 2}});
            assertThat(session.run(centred, Map.of(x, two)).item()).isCloseTo(2f / 3, within(1e-6f));
            assertThat(session.run(centred, Map.of(x, three)).item()).isCloseTo(4f / 9, within(1e-6f));
            assertThatThrownBy(() -> session.run(centred, Map.of(x, Tensor.zeros(2, 4)))).hasMessageContaining("\"x\"");
        }
    }

    /// Linear regression as it is written in the first TensorFlow: both placeholders have as many examples as are fed.
    @Test
    void unknownLengthsThatMeetAreTakenToBeEqual() {
        try (var session = new Session()) {
            var x = session.placeholder("x", DType.F32, -1, 2);
            var y = session.placeholder("y", DType.F32, -1, 1);
            var w = session.variable("w", () -> Tensor.zeros(2, 1));
            Tensor cost = session.define(() -> x.value().matmul(w.value()).sub(y.value()).square().sum());
            Tensor step = session.update(() -> {
                var slope = Gradient.tape(tape -> tape.gradient(x.value().matmul(w.value()).sub(y.value()).square().mean(), w));
                w.assign(w.value().sub(slope.mul(0.1)));
                return slope;
            });
            session.init();
            for (int n : new int[] {0, 1, 7}) {
                var all = Map.of(x, Tensor.ones(n, 2), y, Tensor.full(3, Type.of(DType.F32, n, 1)));
                assertThat(session.run(cost, all).item()).isEqualTo(9f * n);
            }
            for (int i = 0; i < 100; i++) {
                session.run(step, Map.of(x, Tensor.of(new float[][] {{1, 0}, {0, 1}, {1, 1}}), y, Tensor.of(new float[][] {{2}, {-1}, {1}})));
            }
            assertThat(w.value().toFloats()).containsExactly(new float[] {2, -1}, within(1e-2f));
            assertThatThrownBy(() -> session.run(cost, Map.of(x, Tensor.ones(3, 2), y, Tensor.ones(4, 1)))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("\"x\" f32[3, 2], \"y\" f32[4, 1]").hasMessageContaining("\nMaybe feed as many examples");
        }
    }

    /// Six elements are two by three and three by two: no reshape may take the one for the other.
    @Test
    void eachUnknownLengthIsVerifiedByItself() {
        try (var session = new Session()) {
            var a = session.placeholder("a", DType.F32, -1, -1);
            var b = session.placeholder("b", DType.F32, -1, -1);
            Tensor sum = session.define(() -> a.value().add(b.value()));
            Tensor known = session.define(() -> a.value().mul(Tensor.ones(2, 3)));
            assertThat(session.run(sum, Map.of(a, Tensor.ones(2, 3), b, Tensor.ones(2, 3))).shape()).isEqualTo(Shape.of(2, 3));
            assertThatThrownBy(() -> session.run(sum, Map.of(a, Tensor.ones(2, 3), b, Tensor.ones(3, 2)))).hasMessageContaining("does not go together");
            assertThat(session.run(known, Map.of(a, Tensor.ones(2, 3))).sum().item()).isEqualTo(6);
            assertThatThrownBy(() -> session.run(known, Map.of(a, Tensor.ones(3, 2)))).hasMessageContaining("does not go together");
        }
    }

    @Test
    void aFunctionTakesAsManyTensorsAsItHasParameters() {
        try (var f = Function.compile((Tensor v) -> v.exp())) {
            assertThatThrownBy(() -> f.apply(Tensor.ones(3), Tensor.ones(2))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("A function of 1 was given 2: [f32[3], f32[2]]");
        }
    }

    /// Cubes each element; the passes know nothing of it.
    private record Cube() implements CustomOp {
        @Override
        public String label() {
            return "cube";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            return in;
        }

        @Override
        public List<Tensor> vjp(Vjp v) {
            return List.of(v.grad().mul(v.in(0).square()).mul(3));
        }

        @Override
        public void run(Args a) {
            for (long i = 0; i < a.out(0).size(); i++) {
                a.out(0).set(i, Math.pow(a.in(0).at(i), 3));
            }
        }

        @Override
        public List<Sample> samples() {
            return List.of(Sample.of(Type.of(DType.F32, 3)));
        }
    }

    @Test
    void anOpOfTheUsersOwnIsTracedCompiledAndDifferentiated() {
        var f = Function.compile(x -> new Cube().on(x.add(1)).mul(2));
        assertThat(f.apply(Tensor.of(1f, 2)).toFloats()).containsExactly(16, 54);
        assertThat(f.graph(Type.of(DType.F32, 2)).print()).contains("cube(");
        var slope = Function.compile(x -> Gradient.of(y -> new Cube().on(y)).apply(x));
        assertThat(slope.apply(Tensor.of(2f)).item()).isEqualTo(12);
    }

    @Test
    void anInputThatIsOverwrittenIsStillAnOutput() {
        var graph = Trace.of(in -> List.of(in.get(0).add(1), in.get(0)), Type.of(DType.F32, 2)).withDonated(Map.of(0, 0));
        try (var program = Compiler.compile(graph, Options.of())) {
            var x = Buffer.allocate(Type.of(DType.F32, 2));
            x.copyFrom(Tensor.of(1f, 2f).array().buffer());
            var old = Buffer.allocate(Type.of(DType.F32, 2));
            program.run(List.of(x), List.of(x, old));
            assertThat(Tensor.wrap(x).toFloats()).containsExactly(2, 3);
            assertThat(Tensor.wrap(old).toFloats()).containsExactly(1, 2);
        }
    }

    @Test
    void aStructureIsCompiledOnceAndItsProgramsShareNoMemory() {
        var blueprints = new Blueprints();
        java.util.function.Supplier<dev.caviar.engine.graph.Graph> trace = () -> Trace.of(in -> List.of(in.get(0).mul(3).tanh()), Type.of(DType.F32, 5));
        var one = blueprints.of(trace.get(), Options.of());
        assertThat(blueprints.of(trace.get(), Options.of())).isSameAs(one);
        assertThat(blueprints.of(trace.get(), Options.of().withThreads(2))).isNotSameAs(one);
        assertThat(blueprints.of(Trace.of(in -> List.of(in.get(0).mul(4).tanh()), Type.of(DType.F32, 5)), Options.of())).isNotSameAs(one);
        var x = Tensor.of(1f, 2f, 3f, 4f, 5f).array().buffer();
        var first = Buffer.allocate(Type.of(DType.F32, 5));
        var second = Buffer.allocate(Type.of(DType.F32, 5));
        try (var a = one.program(); var b = one.program()) {
            a.run(List.of(x), List.of(first));
            b.run(List.of(x), List.of(second));
        }
        assertThat(Tensor.wrap(first).toFloats()).isEqualTo(Tensor.wrap(second).toFloats());
    }

    @Test
    void anUpdateRunsOnEachBlockOfItsGradientAndInPlace() {
        var types = List.of(Type.of(DType.F32, 20, 300), Type.of(DType.F32, 20, 130), Type.of(DType.F32, 300, 130));
        var graph = Trace.of(in -> {
            var gradient = in.get(0).contract(in.get(1), new dev.caviar.engine.tensor.Contract(List.of(), List.of(), List.of(0), List.of(0)));
            return List.of(in.get(2).sub(gradient.mul(0.1)), in.get(2).matmul(in.get(1).transpose(1, 0)));
        }, types).withDonated(Map.of(2, 0));
        var in = new ArrayList<Tensor>();
        for (int i = 0; i < 3; i++) {
            in.add(Random.normal(Random.key(i), types.get(i)));
        }
        var expected = graph.apply(in);
        for (var options : List.of(Options.of(), Options.of().withThreads(2), Options.of().withThreads(3), Options.of().withProvider(Provider.plain()))) {
            try (var program = Compiler.compile(graph, options)) {
                assertThat(program.plan().print()).contains(" rows");
                var weight = Buffer.allocate(types.get(2));
                weight.copyFrom(in.get(2).array().buffer());
                var other = Buffer.allocate(graph.outputs().get(1).type());
                program.run(List.of(in.get(0).array().buffer(), in.get(1).array().buffer(), weight), List.of(weight, other));
                assertThat(Tensor.wrap(weight).toFloats()).containsExactly(expected.get(0).toFloats(), org.assertj.core.api.Assertions.offset(1e-4f));
                assertThat(Tensor.wrap(other).toFloats()).containsExactly(expected.get(1).toFloats(), org.assertj.core.api.Assertions.offset(1e-4f));
            }
        }
    }

    @Test
    void aStepThatIsTooSmallForAllThreadsRunsOnSome() {
        var types = List.of(Type.of(DType.F32, 40, 400), Type.of(DType.F32, 400, 40));
        var graph = Trace.of(in -> List.of(in.get(0).matmul(in.get(1))), types);
        var in = types.stream().map(type -> Random.normal(Random.key(1), type)).toList();
        var out = Buffer.allocate(Type.of(DType.F32, 40, 40));
        try (var program = Compiler.compile(graph, Options.of().withThreads(4))) {
            program.run(in.stream().map(tensor -> tensor.array().buffer()).toList(), List.of(out));
        }
        assertThat(Tensor.wrap(out).toFloats()).containsExactly(graph.apply(in).getFirst().toFloats(), org.assertj.core.api.Assertions.offset(1e-3f));
    }

    @Test
    void aTeamSmallerThanAProgramWasCutForDoesAllOfIt() {
        var types = List.of(Type.of(DType.F32, 256, 300), Type.of(DType.F32, 300, 200));
        var graph = Trace.of(in -> List.of(in.get(0).matmul(in.get(1)).tanh(), in.get(1).exp()), types);
        var in = types.stream().map(type -> Random.normal(Random.key(1), type).array().buffer()).toList();
        var whole = graph.outputs().stream().map(output -> Buffer.allocate(output.type())).toList();
        var again = graph.outputs().stream().map(output -> Buffer.allocate(output.type())).toList();
        try (var program = (PlannedProgram) Compiler.compile(graph, Options.of().withThreads(4)); var two = Team.of(2)) {
            program.run(in, whole);
            program.run(in, again, two);
        }
        for (int i = 0; i < whole.size(); i++) {
            assertThat(Tensor.wrap(again.get(i)).toFloats()).isEqualTo(Tensor.wrap(whole.get(i)).toFloats());
        }
    }

    /// Steps hold bare addresses: without a look at the arenas this would read what is no longer there, and end the process.
    @Test
    void memoryThatWasGivenBackBetweenTwoRunsIsRefused() {
        var type = Type.of(DType.F32, 1 << 18);
        var graph = Trace.of(in -> List.of(in.get(0).add(in.get(1))), type, type);
        var mine = Buffer.allocate(type);
        try (var program = Compiler.compile(graph, Options.of()); var kept = Arena.ofShared()) {
            var theirs = Arena.ofShared();
            var given = new Buffer(theirs.allocate(type.bytes(), 64), type);
            var held = new Buffer(kept.allocate(type.bytes(), 64), type);
            program.run(List.of(mine, given), List.of(held));
            theirs.close();
            assertThatThrownBy(() -> program.run(List.of(mine, given), List.of(held))).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("input 1, f32[262144]").hasMessageContaining("given back").hasMessageContaining("\nMaybe close its arena");
            assertThatThrownBy(() -> program.run(List.of(mine, held), List.of(given))).hasMessageContaining("output 0");
            program.run(List.of(mine, mine), List.of(held));
        }
    }
}
