package dev.caviar.engine.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Args;
import dev.caviar.engine.tensor.Bodies;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Sample;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Vjp;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// K runs of a graph as one graph.
class BatchTest {
    @Test
    void aBatchedGraphPrintsTheAxisOfTheRuns() {
        var one = Trace.of(in -> List.of(in.get(0).matmul(in.get(1)).add(in.get(2)).relu().sum()),
                Type.of(DType.F32, 5, 3), Type.of(DType.F32, 3, 2), Type.of(DType.F32, 2));
        assertThat(Batch.apply(one, 4, Set.of(1, 2)).print()).isEqualTo("""
                %0 = input 0 : f32[5, 3]
                %1 = input 1 : f32[4, 3, 2]
                %2 = input 2 : f32[4, 2]
                %3 = expand{to=[4, 5, 3], axes=[0]}(%0) : f32[4, 5, 3]
                %4 = contract{batchLeft=[0], batchRight=[0], sumLeft=[2], sumRight=[1]}(%3, %1) : f32[4, 5, 2]
                %5 = expand{to=[4, 5, 2], axes=[1]}(%2) : f32[4, 5, 2]
                %6 = add(%4, %5) : f32[4, 5, 2]
                %7 = relu(%6) : f32[4, 5, 2]
                %8 = reduce_sum{fn=SUM, axes=[1, 2]}(%7) : f32[4]
                return %8
                """);
    }

    @Test
    void whatIsSharedIsComputedOnceAndASharedRightOperandSeesATallerMatrix() {
        var one = Trace.of(in -> List.of(in.get(0).matmul(in.get(1).exp())), Type.of(DType.F32, 5, 3), Type.of(DType.F32, 3, 2));
        assertThat(Batch.apply(one, 4, Set.of(0)).print()).contains("exp(%1) : f32[3, 2]")
                .contains("contract{batchLeft=[], batchRight=[], sumLeft=[2], sumRight=[0]}(%0, %2) : f32[4, 5, 2]");
    }

    @Test
    void everyOutputHasTheAxisAlsoOneThatNothingDiffersIn() {
        var one = Trace.of(in -> List.of(in.get(0).neg(), in.get(1), in.get(1).mul(2)), Type.of(DType.F32, 2), Type.of(DType.F32, 2));
        var out = Batch.apply(one, 3, Set.of(0)).apply(List.of(Tensor.ones(3, 2), Tensor.of(1f, 2f)));
        assertThat(out.get(1).toFloats()).containsExactly(1, 2, 1, 2, 1, 2);
        assertThat(out.get(2).toFloats()).containsExactly(2, 4, 2, 4, 2, 4);
    }

    @Test
    void donatedInputsStayDonatedUnlessTheyAreShared() {
        var type = Type.of(DType.F32, 2);
        var one = Trace.of(in -> List.of(in.get(0).neg(), in.get(1).neg()), type, type).withDonated(Map.of(0, 0, 1, 1));
        assertThat(Batch.apply(one, 3, Set.of(0)).donated()).isEqualTo(Map.of(0, 0));
    }

    @Test
    void eachKeyDrawsWhatItDrawsAlone() {
        var keys = Tensor.stack(0, Random.key(1), Random.key(2));
        var both = Batch.each(key -> Random.normal(Random.split(key, 2)[1], 70), keys).toFloats();
        for (int i = 0; i < 2; i++) {
            assertThat(java.util.Arrays.copyOfRange(both, 70 * i, 70 * i + 70))
                    .isEqualTo(Random.normal(Random.split(Random.key(i + 1), 2)[1], 70).toFloats());
        }
    }

    @Test
    void gradientsOfEachExampleComeAtOnce() {
        assertThat(Batch.each(Gradient.of(x -> x.pow(3)), Tensor.of(1f, 2f, 3f)).toFloats()).containsExactly(3, 12, 27);
    }

    @Test
    void gradientsFlowThroughABatch() {
        var x = Tensor.of(1f, 2f, 3f);
        var slope = Gradient.of(v -> Batch.each(Tensor::square, v).sum()).apply(x);
        assertThat(slope.toFloats()).containsExactly(2, 4, 6);
    }

    @Test
    void aCallWhoseExtraAxesAreExamplesStaysACall() {
        var type = Type.of(DType.F32, 3, 4);
        var one = Trace.of(in -> Gradient.tape(tape -> {
            tape.watch(in.get(0));
            return tape.gradient(new Call(Bodies.SOFTMAX_CROSS_ENTROPY).on(in.get(0), in.get(1)).sum(), List.of(in.get(0)));
        }), type, type);
        assertThat(Batch.apply(one, 2, Set.of(0)).print()).contains("call gradient of softmax_cross_entropy")
                .contains("f32[2, 3, 4]").doesNotContain("exp(");
    }

    @Test
    void anOpOfTheUsersOwnRunsCallByCall() {
        record Twice() implements CustomOp {
            @Override
            public String label() {
                return "twice";
            }

            @Override
            public List<Type> infer(List<Type> in) {
                return in;
            }

            @Override
            public List<Tensor> vjp(Vjp v) {
                return Vjp.one(v.grad().mul(2));
            }

            @Override
            public void run(Args a) {
                for (long i = 0; i < a.in(0).size(); i++) {
                    a.out(0).set(i, 2 * a.in(0).at(i));
                }
            }

            @Override
            public List<Sample> samples() {
                return List.of(Sample.of(Type.of(DType.F32, 3)));
            }
        }
        assertThat(Batch.each(x -> new Twice().on(x), Tensor.of(new float[][] {{1, 2}, {3, 4}})).toFloats()).containsExactly(2, 4, 6, 8);
    }

    @Test
    void inputsThatDoNotExistAreRefused() {
        var one = Trace.of(in -> List.of(in.get(0).neg()), Type.of(DType.F32, 2));
        assertThatThrownBy(() -> Batch.apply(one, 2, Set.of(1))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("inputs [1] of 1");
        assertThatThrownBy(() -> Batch.apply(one, 0, Set.of(0))).hasMessageContaining("Batch of 0 runs");
    }

    @Test
    void variablesAreSharedByTheSlices() {
        var w = dev.caviar.engine.tensor.Variable.of("w", 3);
        assertThat(Batch.each(x -> x.mul(w.value()).sum(), Tensor.of(new float[][] {{1, 2}, {3, 4}})).toFloats()).containsExactly(9, 21);
        var slope = dev.caviar.engine.grad.Gradient.tape(tape -> tape.gradient(Batch.each(x -> x.mul(w.value()), Tensor.of(1f, 2f)), w));
        assertThat(slope.item()).isEqualTo(3);
    }
}
