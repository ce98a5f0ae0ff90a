package dev.caviar.engine.grad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.TraceException;
import dev.caviar.engine.tensor.Variable;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/// The tape examples of the notes, and what a tape refuses.
class TapeTest {
    private final Variable x = Variable.of("x", 3);
    private final Variable y = Variable.of("y", 2);

    @Test
    void squareAtThreeIsNineWithSlopeSix() {
        Gradient.tape(tape -> {
            var z = x.value().square();
            assertThat(z.item()).isEqualTo(9);
            assertThat(tape.gradient(z, x).item()).isEqualTo(6);
            return null;
        });
    }

    @Test
    void oneCallGivesSeveralGradients() {
        Gradient.tape(tape -> {
            var z = y.value().square().add(x.value().square());
            assertThat(z.item()).isEqualTo(13);
            var g = tape.gradients(z, List.of(y, x));
            assertThat(g.get(0).item()).isEqualTo(4);
            assertThat(g.get(1).item()).isEqualTo(6);
            return null;
        });
    }

    @Test
    void persistentTapeAnswersTwice() {
        Gradient.persistent(tape -> {
            var square = x.value().square();
            var cube = x.value().pow(3);
            assertThat(tape.gradient(square, x).item()).isEqualTo(6);
            assertThat(tape.gradient(cube, x).item()).isCloseTo(27, within(1e-4f));
            return null;
        });
    }

    @Test
    void nestedTapesGiveTheSecondDerivative() {
        var second = Gradient.tape(outer -> {
            var first = Gradient.tape(inner -> inner.gradient(x.value().pow(3), x));
            assertThat(first.item()).isCloseTo(27, within(1e-4f));
            return outer.gradient(first, x);
        });
        assertThat(second.item()).isCloseTo(18, within(1e-4f));
    }

    @Test
    void thirdDerivativeOfTanh() {
        var third = Gradient.of(Gradient.of(Gradient.of(Tensor::tanh)));
        for (double at : new double[] {-1.3, 0, 0.4, 2}) {
            double t = Math.tanh(at);
            double s = 1 - t * t;
            var value = third.apply(Tensor.scalar(at, DType.F64)).itemAsDouble();
            assertThat(value).isCloseTo(s * (6 * t * t - 2), within(1e-12));
        }
    }

    @Test
    void javaControlFlowRunsUnderTheTape() {
        var slope = Gradient.tape(tape -> {
            var v = x.value();
            for (int i = 0; i < 3; i++) {
                if (v.item() > 0) {
                    v = v.mul(x.value());
                }
            }
            return tape.gradient(v, x);
        });
        assertThat(slope.item()).isEqualTo(4 * 27);
    }

    @Test
    void aSecondUseOfAnOrdinaryTapeSaysSo() {
        assertThatThrownBy(() -> Gradient.tape(tape -> {
            var z = x.value().square();
            tape.gradient(z, x);
            return tape.gradient(z, x);
        })).isInstanceOf(TraceException.class).hasMessageContaining("used already").hasMessageContaining("persistent");
    }

    @Test
    void anUnwatchedConstantSaysSo() {
        var c = Tensor.scalar(3);
        assertThatThrownBy(() -> Gradient.tape(tape -> tape.gradient(c.square(), c)))
                .isInstanceOf(TraceException.class).hasMessageContaining("not watched");
        assertThat(Gradient.tape(tape -> {
            tape.watch(c);
            return tape.gradient(c.square(), c);
        }).item()).isEqualTo(6);
    }

    @Test
    void anOpOnAnotherThreadIsRefused() {
        Gradient.tape(tape -> {
            var watched = x.value().mul(2);
            var elsewhere = CompletableFuture.supplyAsync(() -> watched.mul(3));
            assertThatThrownBy(elsewhere::join).isInstanceOf(CompletionException.class)
                    .hasMessageContaining("watched by a gradient tape");
            return null;
        });
    }

    @Test
    void anOpThatATraceWritesOnceCountsOnce() {
        var slope = Gradient.of(x -> x.exp().mul(2).add(x.exp().mul(3)));
        try (var compiled = dev.caviar.engine.compile.Function.compile(slope::apply)) {
            assertThat(compiled.apply(Tensor.scalar(0)).item()).isEqualTo(slope.apply(Tensor.scalar(0)).item()).isEqualTo(5);
        }
    }

    @Test
    void noGradientFlowsThroughStop() {
        var g = Gradient.tape(tape -> tape.gradient(x.value().square().stopGradient().mul(x.value()), x));
        assertThat(g.item()).isEqualTo(9);
    }

    @Test
    void softmaxCrossEntropyHasGradientPredictionMinusTarget() {
        var z = Tensor.of(5d, 2, -1, 3).cast(DType.F64);
        var target = Tensor.of(0L, 1, 0, 0).cast(DType.F64);
        var g = Gradient.tape(tape -> {
            tape.watch(z);
            return tape.gradient(z.logSoftmax(0).mul(target).sum().neg(), z);
        });
        var expected = z.softmax(0).sub(target).toDoubles();
        assertThat(g.toDoubles()).containsExactly(expected, within(1e-12));
    }
}
