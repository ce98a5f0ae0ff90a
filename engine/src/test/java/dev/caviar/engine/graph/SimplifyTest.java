package dev.caviar.engine.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Move;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Unary;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Each rule takes work out and leaves the values as they are.
class SimplifyTest {
    private static final Type MATRIX = Type.of(DType.F32, 3, 4);

    enum Rule {
        NOTHING(x -> x.mul(1).add(0).div(Tensor.scalar(1)).sub(0), 0),
        SQUARE(x -> x.mul(x), 1),
        POWER(x -> x.pow(2), 1),
        NEGATED_TWICE(x -> x.neg().neg(), 0),
        THERE_AND_BACK(x -> x.transpose(1, 0).transpose(1, 0), 0),
        RESHAPED_TWICE(x -> x.reshape(12).reshape(2, 6), 1),
        RESHAPED_TO_ITSELF(x -> x.reshape(12).reshape(3, 4), 0),
        EXPANDED_TWICE(x -> new Move.Expand(Shape.of(2, 5, 3, 4), List.of(1)).on(new Move.Expand(Shape.of(2, 3, 4), List.of(0)).on(x)), 1),
        /// No loop walks both at once.
        EXPANDED_APART(x -> new Move.Expand(Shape.of(2, 3, 5, 4), List.of(2)).on(new Move.Expand(Shape.of(2, 3, 4), List.of(0)).on(x)), 2),
        SLICED_TWICE(x -> new Move.Slice(List.of(1L, 0L), List.of(2L, 1L), List.of(1L, 1L)).on(new Move.Slice(List.of(0L, 1L), List.of(3L, 2L), List.of(1L, 2L)).on(x)), 1),
        PADDED_TWICE(x -> pad(0, 1, 2).on(pad(1, 2, 1).on(x)), 2),
        PADDED_AROUND(x -> pad(1, 2, 1).on(pad(0, 1, 2).on(x)), 1),
        SUM_OF_ONE(x -> x.expandDims(1).sum(1), 0),
        CONSTANTS(x -> x.add(Tensor.scalar(2).mul(3).exp().sub(Tensor.scalar(1).log())), 2),
        SAME_CONSTANT(x -> x.mul(Tensor.scalar(3)).add(x.mul(Tensor.scalar(3))), 3),
        PRODUCT_OF_TRANSPOSED(x -> x.transpose(1, 0).matmul(x), 1),
        PRODUCT_WITH_TRANSPOSED(x -> x.matmul(x.transpose(1, 0)), 1),
        STOPPED(x -> x.stopGradient().tanh(), 1);

        private static Move.Pad pad(long before, long after, long step) {
            return new Move.Pad(List.of(before, 0L), List.of(after, 1L), List.of(step, 1L));
        }

        final UnaryOperator<Tensor> f;
        final int ops;

        Rule(UnaryOperator<Tensor> f, int ops) {
            this.f = f;
            this.ops = ops;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRuleLeavesTheValuesAndFewerOps(Rule rule) {
        var graph = Trace.of(in -> List.of(rule.f.apply(in.getFirst())), MATRIX);
        var simple = Simplify.apply(graph);
        assertThat(Verify.holds(simple)).isTrue();
        assertThat(simple.nodes()).as(simple.print()).hasSize(rule.ops);
        var x = Random.normal(Random.key(1), 3, 4);
        assertThat(simple.apply(List.of(x)).getFirst().toFloats()).isEqualTo(graph.apply(List.of(x)).getFirst().toFloats());
        assertThat(simple.outputs().getFirst().type()).isEqualTo(graph.outputs().getFirst().type());
    }

    @Test
    void anInputThatIsGivenAwayStaysSo() {
        var graph = Trace.of(in -> List.of(in.getFirst().mul(1).add(2)), MATRIX).withDonated(Map.of(0, 0));
        assertThat(Simplify.apply(graph).donated()).isEqualTo(Map.of(0, 0));
    }

    @Test
    void aGraphThatIsNoneIsNamed() {
        var owner = new Object();
        var x = Sym.input(MATRIX, owner);
        var wrong = Sym.of(new Node(Unary.TANH, List.of(x), List.of(Type.of(DType.F32, 5)), new Origin("", null)), 0, owner);
        assertThatThrownBy(() -> Verify.holds(new Graph(List.of(x), List.of(wrong), Map.of())))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("tanh").hasMessageContaining("[5]");
        var stranger = Sym.input(MATRIX, owner);
        var node = Sym.of(new Node(Unary.TANH, List.of(stranger), List.of(MATRIX), new Origin("", null)), 0, owner);
        assertThatThrownBy(() -> Verify.holds(new Graph(List.of(x), List.of(node), Map.of())))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("no input of the graph");
    }
}
