package dev.caviar.engine.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/// The op that makes a number that is not finite is found, and no other.
class NonFiniteTest {
    private static float[] run(UnaryOperator<Tensor> f, float... x) {
        var type = Type.of(DType.F32, x.length);
        var graph = Trace.of(in -> List.of(f.apply(in.get(0))), type);
        var out = Buffer.allocate(graph.outputs().getFirst().type());
        try (var program = Compiler.compile(graph, Options.of().withNanCheck(true))) {
            program.run(List.of(Tensor.of(x).array().buffer()), List.of(out));
        }
        return Tensor.wrap(out).toFloats();
    }

    @Test
    void namesTheFirstOpWithItsPartLineAndPlace() {
        var e = catchThrowableOfType(NonFiniteException.class, () -> run(x -> {
            var p = Origin.named("head", () -> x.mul(2).relu());
            return Origin.named("loss", () -> p.log().neg().add(1).exp());
        }, 1, 2, -3, 4));
        assertThat(e.op()).isEqualTo("log");
        assertThat(e.part()).isEqualTo("loss");
        assertThat(e.value()).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(e.input()).isEqualTo(-1);
        assertThat(e).hasMessageMatching("(?s)log in \"loss\" \\(step \\d+, written at .*NonFiniteTest.java:\\d+\\)\\) gave -Infinity at \\[2\\] of "
                + "f32\\[4\\], from f32\\[4\\] between 0.0 and 8.0\\.\nMaybe keep what goes in away from 0.*");
    }

    @Test
    void findsItInGradients() {
        assertThatThrownBy(() -> run(x -> Origin.named("norm", () -> Gradient.of(t -> t.sqrt().sum()).apply(x)), 1, 0))
                .isInstanceOf(NonFiniteException.class).hasMessageContaining("div in \"∇norm\"").hasMessageContaining("divisor");
    }

    @Test
    void tellsWhatWasGivenFromWhatWasMade() {
        var e = catchThrowableOfType(NonFiniteException.class, () -> run(x -> x.mul(2).exp(), 1, Float.NaN));
        assertThat(e.input()).isZero();
        assertThat(e).hasMessageContaining("The program was given NaN at [1] of input 0").hasMessageContaining("Maybe the data");
        assertThatThrownBy(() -> run(Tensor::exp, 1000)).hasMessageContaining("exp").hasMessageContaining("gave Infinity");
    }

    @Test
    void anInfinityThatIsMeantIsLeftAlone() {
        var masked = run(x -> x.gt(0).where(x, Tensor.scalar(Double.NEGATIVE_INFINITY)).softmax(0), 1, -1, 1);
        assertThat(masked).containsExactly(0.5f, 0, 0.5f);
        assertThatThrownBy(() -> run(x -> {
            var low = x.gt(0).where(x, Tensor.scalar(Double.NEGATIVE_INFINITY));
            return low.sub(low);
        }, 1, -1)).hasMessageContaining("sub").hasMessageContaining("gave NaN at [1]").hasMessageContaining("∞ − ∞");
    }

    @Test
    void aCheckedProgramGivesTheSameNumbers() {
        UnaryOperator<Tensor> f = x -> x.mul(x).add(1).log().sum(0).expandDims(0).mul(x).softmax(0);
        var type = Type.of(DType.F32, 3);
        var graph = Trace.of(in -> List.of(f.apply(in.get(0))), type);
        assertThat(Compiler.plan(graph, Options.of().withNanCheck(true)).steps()).hasSizeGreaterThan(Compiler.plan(graph, Options.of()).steps().size());
        assertThat(run(f, 1, 2, 3)).containsExactly(f.apply(Tensor.of(1f, 2f, 3f)).toFloats(), org.assertj.core.api.Assertions.within(1e-6f));
    }
}
