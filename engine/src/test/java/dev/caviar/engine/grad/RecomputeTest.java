package dev.caviar.engine.grad;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Plan;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/// What is computed again gives the same gradients, in less memory.
class RecomputeTest {
    private static final int LAYERS = 16;
    private static final Type X = Type.of(DType.F32, 256, 32);
    private static final Type W = Type.of(DType.F32, 32, 32);

    /// Gradients of a deep network with dropout by all of its weights, in pieces of so many layers; 0 for no recomputation.
    private static List<Tensor> gradients(int piece, List<Tensor> in) {
        var weights = in.subList(2, in.size());
        return Gradient.tape(tape -> {
            tape.watch(weights.toArray(Tensor[]::new));
            var keys = Random.split(in.get(1), LAYERS);
            BiFunction<Integer, Tensor, Tensor> layer = (i, x) -> {
                var h = x.matmul(weights.get(i)).tanh();
                return Random.uniform(keys[i], h.shape().toArray()).lt(Tensor.scalar(0.9)).where(h, Tensor.scalar(0));
            };
            var h = in.get(0);
            for (int from = 0; from < LAYERS; from += Math.max(1, piece)) {
                int first = from;
                if (piece == 0) {
                    h = layer.apply(from, h);
                    continue;
                }
                h = Gradient.recompute(x -> {
                    var y = x;
                    for (int i = first; i < first + piece; i++) {
                        y = layer.apply(i, y);
                    }
                    return y;
                }, h);
            }
            var loss = h.square().sum();
            var out = new ArrayList<Tensor>(tape.gradient(loss, weights));
            out.add(loss);
            return out;
        });
    }

    private static List<Tensor> arguments() {
        var in = new ArrayList<>(List.of(Random.normal(Random.key(1), X), Random.key(5)));
        for (int i = 0; i < LAYERS; i++) {
            in.add(Random.normal(Random.key(10 + i), W).mul(0.3));
        }
        return in;
    }

    /// A step in place: each weight takes over its gradient.
    private static Graph graph(int piece) {
        var donated = new HashMap<Integer, Integer>();
        for (int i = 0; i < LAYERS; i++) {
            donated.put(2 + i, i);
        }
        return Trace.of(in -> {
            var out = new ArrayList<>(gradients(piece, in));
            for (int i = 0; i < LAYERS; i++) {
                out.set(i, in.get(2 + i).sub(out.get(i).mul(0.01)));
            }
            return out;
        }, arguments().stream().map(Tensor::type).toList()).withDonated(donated);
    }

    @Test
    void gradientsStayTheSameTracedOrNot() {
        var in = arguments();
        var plain = gradients(0, in);
        for (int piece : new int[] {1, 4, 16}) {
            var again = gradients(piece, in);
            for (int i = 0; i < plain.size(); i++) {
                assertThat(again.get(i).toFloats()).as("eager, pieces of %d", piece).isEqualTo(plain.get(i).toFloats());
            }
        }
        var traced = results(graph(4), in);
        var plainly = results(graph(0), in);
        for (int i = 0; i < plainly.size(); i++) {
            assertThat(traced.get(i)).isEqualTo(plainly.get(i));
        }
    }

    private static List<float[]> results(Graph graph, List<Tensor> in) {
        try (var program = Compiler.compile(graph, Options.of())) {
            var out = graph.outputs().stream().map(t -> Buffer.allocate(t.type())).toList();
            program.run(in.stream().map(t -> t.array().buffer()).toList(), out);
            return out.stream().map(buffer -> Tensor.wrap(buffer).toFloats()).toList();
        }
    }

    @Test
    void thePeakOfADeepNetworkIsLower() {
        var peaks = new HashMap<Integer, Long>();
        for (int piece : new int[] {0, 1, 2, 4, 8, 16}) {
            peaks.put(piece, Compiler.plan(graph(piece), Options.of()).peakBytes());
        }
        assertThat(peaks.get(4)).isLessThan(peaks.get(0) * 4 / 10);
        assertThat(peaks.get(1)).isLessThan(peaks.get(0));
    }

    @Test
    void theRecomputedOpsAreWrittenTwiceAndWaitForTheGradient() {
        var text = graph(4).print();
        assertThat(text).contains("= after(");
        var nodes = graph(4).nodes().stream().filter(node -> node.op().label().equals("tanh")).count();
        assertThat(nodes).isEqualTo(2 * LAYERS);
        Plan plan = Compiler.plan(graph(4), Options.of());
        assertThat(plan.steps()).noneMatch(step -> step.what().contains("after"));
    }

    @Test
    void secondGradientsGoThroughToo() {
        var x = Tensor.scalar(0.7);
        java.util.function.Function<Tensor, Tensor> f = t -> Gradient.recompute(u -> u.tanh().mul(u).exp(), t);
        assertThat(Gradient.of(Gradient.of(f)).apply(x).itemAsDouble())
                .isEqualTo(Gradient.of(Gradient.of(u -> u.tanh().mul(u).exp())).apply(x).itemAsDouble());
    }

    @Test
    void aCustomGradientKeepsItsRule() {
        var through = Gradient.custom(Tensor::round, (x, g) -> g.mul(2));
        var slope = Gradient.of(x -> Gradient.recompute(in -> through.apply(in.mul(3)), x)).apply(Tensor.of(0.2, 0.7));
        assertThat(slope.toDoubles()).containsExactly(6, 6);
    }
}
