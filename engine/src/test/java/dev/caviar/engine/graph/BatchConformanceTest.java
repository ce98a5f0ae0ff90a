package dev.caviar.engine.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Eager;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Ops;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// K calls of an op as one give what K single calls give, for every op and every choice of inputs that differ.
class BatchConformanceTest {
    private static final int K = 3;
    private static final Eager PLAIN = Eager.of(Provider.plain());

    record Case(Op op, Sample sample, Set<Integer> over) {
        @Override
        public String toString() {
            return op.label() + " " + sample.in() + " over " + over;
        }
    }

    static Stream<Case> cases() {
        return Ops.prototypes().stream().flatMap(op -> op.samples().stream().filter(s -> s.error() == null).flatMap(s ->
                IntStream.range(1, 1 << s.in().size()).mapToObj(bits -> new Case(op, s, choice(bits)))));
    }

    private static Set<Integer> choice(int bits) {
        var over = new HashSet<Integer>();
        IntStream.range(0, 31).filter(i -> (bits >> i & 1) == 1).forEach(over::add);
        return over;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void oneCallOfKEqualsKCalls(Case c) {
        var random = new SplittableRandom(1);
        var calls = new ArrayList<List<Tensor>>();
        for (int k = 0; k < K; k++) {
            var in = new ArrayList<Tensor>();
            for (int i = 0; i < c.sample.in().size(); i++) {
                in.add(k == 0 || c.over.contains(i) ? draw(c.sample, i, random) : calls.getFirst().get(i));
            }
            calls.add(in);
        }
        var arguments = IntStream.range(0, c.sample.in().size()).mapToObj(i -> c.over.contains(i)
                ? Tensor.stack(0, calls.stream().map(in -> in.get(i)).toArray(Tensor[]::new)) : calls.getFirst().get(i)).toList();
        var single = Trace.of(in -> c.op.apply(in), c.sample.in());
        var batched = Batch.apply(single, K, c.over);
        var expected = calls.stream().map(in -> PLAIN.scoped(() -> c.op.apply(in))).toList();
        same("eager", PLAIN.scoped(() -> batched.apply(arguments)), expected);
        same("compiled", compiled(batched, arguments), expected);
    }

    private static List<Tensor> compiled(Graph graph, List<Tensor> in) {
        try (var program = Compiler.compile(graph, Options.of().withProvider(Provider.plain()))) {
            var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
            program.run(in.stream().map(t -> t.array().buffer()).toList(), out);
            return out.stream().<Tensor>map(Tensor::wrap).toList();
        }
    }

    private static void same(String how, List<Tensor> batched, List<List<Tensor>> calls) {
        for (int i = 0; i < batched.size(); i++) {
            int output = i;
            var stacked = Tensor.stack(0, calls.stream().map(out -> out.get(output)).toArray(Tensor[]::new));
            assertThat(batched.get(i).type()).as(how).isEqualTo(stacked.type());
            assertThat(bits(batched.get(i))).as(how).isEqualTo(bits(stacked));
        }
    }

    private static long[] bits(Tensor x) {
        var buffer = x.array().buffer();
        boolean whole = x.dtype() == DType.I64;
        return IntStream.range(0, (int) buffer.size())
                .mapToLong(i -> whole ? buffer.longAt(i) : Double.doubleToLongBits(buffer.at(i))).toArray();
    }

    private static Tensor draw(Sample sample, int i, SplittableRandom random) {
        var buffer = Buffer.allocate(sample.in().get(i));
        for (long e = 0; e < buffer.size(); e++) {
            double value = random.nextDouble(sample.low(), sample.high());
            buffer.set(e, buffer.type().dtype() == DType.BOOL ? (random.nextBoolean() ? 1 : 0) : value);
        }
        return Tensor.wrap(buffer);
    }
}
