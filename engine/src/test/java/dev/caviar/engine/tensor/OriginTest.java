package dev.caviar.engine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.compile.Function;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Inline;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Ops of a trace know the part of the model and the line that asked for them, through every pass.
class OriginTest {
    private static final Type VECTOR = Type.of(DType.F32, 3);

    private static List<String> names(Graph graph) {
        return graph.nodes().stream().map(Node::name).toList();
    }

    @Test
    void partsNestAndGradientsBelongToTheirOp() {
        var graph = Trace.of(in -> List.of(Gradient.of(x -> Origin.named("net",
                () -> Origin.named("dense", x::tanh).add(Origin.named("head", x::exp))).sum()).apply(in.get(0))), VECTOR);
        assertThat(names(graph)).contains("net/dense/tanh", "∇net/dense/mul", "net/head/exp", "∇net/head/mul");
        assertThat(graph.print()).contains("= tanh(%0) : f32[3]  # net/dense");
    }

    @Test
    void linesAndPartsSurviveInliningAndSpecialising() {
        var wide = new Type(DType.F32, dev.caviar.engine.memory.Shape.of(-1, 3));
        var graph = Trace.of(in -> List.of(Origin.named("loss",
                () -> new Call(Bodies.SOFTMAX_CROSS_ENTROPY).apply(in).getFirst())), wide, wide);
        var at = graph.nodes().getFirst().where();
        var type = Type.of(DType.F32, 2, 3);
        var passed = Inline.apply(graph.specialise(List.of(type, type)));
        assertThat(at).hasToString(graph.nodes().getLast().where().toString());
        assertThat(passed.nodes()).allSatisfy(node -> {
            assertThat(node.where()).isEqualTo(at);
            assertThat(node.name()).startsWith("loss/");
        });
    }

    @Test
    void aFunctionThatDependsOnAValueIsToldSoWithBothLines() {
        var f = Function.compile(x -> {
            var total = x.sum();
            return total.itemAsDouble() > 0 ? x : x.neg();
        });
        assertThatThrownBy(() -> f.apply(Tensor.of(1f, 2f))).isInstanceOf(TraceException.class)
                .hasMessageMatching("(?s).*OriginTest.java:(\\d+)\\) asks for a value: a traced tensor f32\\[\\], made by reduce_sum at "
                        + ".*OriginTest.java:(\\d+)\\), has no value yet.*Maybe decide with where.*")
                .satisfies(e -> {
                    var lines = java.util.regex.Pattern.compile("OriginTest.java:(\\d+)").matcher(e.getMessage()).results()
                            .mapToInt(match -> Integer.parseInt(match.group(1))).toArray();
                    assertThat(lines[0]).isEqualTo(lines[1] + 1);
                });
        assertThatThrownBy(() -> Function.compile(x -> x.mul((float) x.toDoubles()[0])).apply(Tensor.of(1f)))
                .hasMessageContaining("OriginTest.java").hasMessageContaining("a traced tensor f32[1] has no value yet");
    }
}
