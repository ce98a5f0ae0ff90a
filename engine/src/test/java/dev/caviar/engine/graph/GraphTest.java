package dev.caviar.engine.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Bodies;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Graphs as text and as data.
class GraphTest {
    private static final Type VECTOR = Type.of(DType.F32, 3);

    @Test
    void aGraphPrintsOneLinePerOp() {
        var graph = Trace.of(in -> List.of(in.get(0).mul(in.get(1)).add(1).tanh().sum()), VECTOR, VECTOR);
        assertThat(graph.print()).isEqualTo("""
                %0 = input 0 : f32[3]
                %1 = input 1 : f32[3]
                %2 = mul(%0, %1) : f32[3]
                %3 = expand{to=[3], axes=[0]}(f32[]{1.0}) : f32[3]
                %4 = add(%2, %3) : f32[3]
                %5 = tanh(%4) : f32[3]
                %6 = reduce_sum{fn=SUM, axes=[0]}(%5) : f32[]
                return %6
                """);
    }

    @Test
    void theGradientOfATraceIsAGraphToo() {
        var graph = Trace.of(in -> List.of(Gradient.of(Tensor::square).apply(in.get(0))), VECTOR);
        assertThat(graph.print()).isEqualTo("""
                %0 = input 0 : f32[3]
                %1 = expand{to=[3], axes=[0]}(f32[]{1.0}) : f32[3]
                %2 = mul(%1, %0) : f32[3]
                %3 = expand{to=[3], axes=[0]}(f32[]{2.0}) : f32[3]
                %4 = mul(%2, %3) : f32[3]
                return %4
                """);
    }

    @Test
    void anOpOnTheSameInputsIsWrittenOnce() {
        var graph = Trace.of(in -> List.of(in.get(0).exp().add(in.get(0).exp())), VECTOR);
        assertThat(graph.nodes()).hasSize(2);
    }

    @Test
    void inliningPutsABodyInPlaceOfItsCall() {
        var type = Type.of(DType.F32, 2, 3);
        var graph = Trace.of(in -> new Call(Bodies.SOFTMAX_CROSS_ENTROPY).apply(in), type, type);
        assertThat(graph.print()).contains("call softmax_cross_entropy");
        var inlined = Inline.apply(graph).print();
        assertThat(inlined).doesNotContain("call").contains("reduce_max").contains("exp").contains("log");
    }

    @Test
    void foldGoesThroughTheGraphOnceFromInputsToOutputs() {
        var graph = Trace.of(in -> List.of(in.get(0).add(in.get(1)).add(in.get(0))), VECTOR, VECTOR);
        List<Integer> depth = graph.fold(List.of(0, 0), array -> 0,
                (node, in) -> List.of(1 + in.stream().mapToInt(i -> i).max().orElse(0)));
        assertThat(depth).containsExactly(2);
    }

    @Test
    void aDonationOfAnotherTypeIsRefused() {
        var graph = Trace.of(in -> List.of(in.get(0).sum()), VECTOR);
        assertThatThrownBy(() -> graph.withDonated(Map.of(0, 0))).hasMessageContaining("f32[3]").hasMessageContaining("f32[]");
    }

    @Test
    void aLoopOfThousandsOfStepsNeedsNoDeepStack() {
        var graph = Trace.of(in -> {
            var x = in.getFirst();
            for (int i = 0; i < 5_000; i++) {
                x = x.mul(in.getFirst()).tanh();
            }
            return List.of(x);
        }, VECTOR);
        assertThat(graph.nodes()).hasSize(10_000);
        try (var program = Compiler.compile(graph, Options.of())) {
            var out = Buffer.allocate(VECTOR);
            program.run(List.of(Tensor.of(0.5f, 1, 2).array().buffer()), List.of(out));
            assertThat(Tensor.wrap(out).toFloats()).hasSize(3).doesNotContain(Float.NaN);
        }
    }

    @Test
    void fingerprintsAreEqualWhereGraphsAre() {
        var four = Type.of(DType.F32, 4);
        var graph = Trace.of(in -> List.of(in.get(0).mul(2).tanh()), four);
        assertThat(Trace.of(in -> List.of(in.get(0).mul(2).tanh()), four).fingerprint()).isEqualTo(graph.fingerprint());
        var others = List.of(
                Trace.of(in -> List.of(in.get(0).mul(2.0000002).tanh()), four),
                Trace.of(in -> List.of(in.get(0).mul(2).tanh()), Type.of(DType.F32, 5)),
                Trace.of(in -> List.of(in.get(0).mul(2).tanh()), Type.of(DType.F64, 4)),
                Trace.of(in -> List.of(in.get(0).mul(2).sin()), four),
                Trace.of(in -> List.of(in.get(0).mul(2).tanh()), four, four),
                Trace.of(in -> List.of(in.get(0).mul(2).tanh(), in.get(0).mul(2)), four),
                graph.withDonated(Map.of(0, 0)));
        assertThat(others).extracting(Graph::fingerprint).doesNotContain(graph.fingerprint()).doesNotHaveDuplicates();
    }

    @Test
    void fingerprintsTellLargeConstantsApart() {
        var zeros = new float[100];
        var one = new float[100];
        one[99] = 1;
        assertThat(plus(zeros).fingerprint()).isEqualTo(plus(zeros.clone()).fingerprint()).isNotEqualTo(plus(one).fingerprint());
    }

    private static Graph plus(float[] constant) {
        var array = Tensor.of(constant);
        return Trace.of(in -> List.of(in.get(0).add(array)), Type.of(DType.F32, 100));
    }

    @Test
    void aGraphIsDrawnAsBoxesAndArrows() {
        var graph = Trace.of(in -> List.of(in.get(0).mul(2).tanh().sum()), Type.of(DType.F32, 3));
        var dot = graph.diagram().dot();
        assertThat(dot).startsWith("digraph {").contains("n0 [label=\"input 0\\nf32[3]\", shape=ellipse]").contains("[label=\"tanh\"]")
                .contains("n2 -> n3 [label=\"f32[3]\"]").contains("penwidth=2");
    }

    @Test
    void theGraphOfASessionIsPrintedAndDrawn() {
        try (var session = new dev.caviar.engine.compile.Session()) {
            var x = session.placeholder("x", DType.F32, -1, 3);
            var norm = session.define(() -> x.value().square().sum(1));
            assertThat(session.graph(norm).print()).contains("square(%0)").contains("reduce_sum").contains("return %2");
            assertThat(session.graph(norm).diagram().boxes()).hasSize(4);
        }
    }
}
