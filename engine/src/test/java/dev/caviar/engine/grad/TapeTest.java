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

    @Test
    void aPausedTapeFollowsNothingButThoseAroundItDo() {
        var g = Gradient.tape(tape -> {
            var factor = tape.paused(() -> x.value().square());
            return tape.gradient(factor.mul(x.value()), x);
        });
        assertThat(g.item()).isEqualTo(9);
        var outer = Gradient.tape(around -> {
            var y = Gradient.tape(tape -> tape.paused(() -> x.value().square()));
            return around.gradient(y, x);
        });
        assertThat(outer.item()).isEqualTo(6);
    }

    @Test
    void aCustomGradientTakesThePlaceOfTheOpsOwn() {
        var through = Gradient.custom(Tensor::round, (in, g) -> g.mul(2));
        var at = Tensor.of(0.2, 1.7);
        assertThat(through.apply(at).toDoubles()).containsExactly(0, 2);
        assertThat(Gradient.of(v -> through.apply(v).mul(3)).apply(at).toDoubles()).containsExactly(6, 6);
        try (var compiled = dev.caviar.engine.compile.Function.compile((Tensor v) -> Gradient.of(u -> through.apply(u).mul(3)).apply(v))) {
            assertThat(compiled.apply(at).toDoubles()).containsExactly(6, 6);
        }
    }

    @Test
    void aCustomGradientHasASecondDerivative() {
        // log(1 + e^x), whose own gradient overflows for large x.
        var softplus = Gradient.custom(v -> v.exp().add(1).log(), (v, g) -> g.mul(v.sigmoid()));
        double s = 1 / (1 + Math.exp(-0.7));
        var at = Tensor.scalar(0.7, DType.F64);
        assertThat(Gradient.of(softplus::apply).apply(at).itemAsDouble()).isCloseTo(s, within(1e-12));
        assertThat(Gradient.of(Gradient.of(softplus::apply)).apply(at).itemAsDouble()).isCloseTo(s * (1 - s), within(1e-12));
        assertThat(Gradient.of(softplus::apply).apply(Tensor.scalar(1000, DType.F64)).itemAsDouble()).isEqualTo(1);
    }

    @Test
    void aCustomGradientOfSeveralTensorsAndOfOneItself() {
        var product = Gradient.custom(in -> List.of(in.get(0).mul(in.get(1)), in.get(0)),
                v -> java.util.Arrays.asList(v.grad(0).mul(v.in(1)).add(v.grad(1)), null));
        var a = Tensor.of(2.0, 3);
        var b = Tensor.of(5.0, 7);
        Gradient.persistent(tape -> {
            tape.watch(a, b);
            var out = product.apply(List.of(a, b));
            assertThat(tape.gradient(out.get(0), List.of(a, b)).get(0).toDoubles()).containsExactly(5, 7);
            assertThat(tape.gradient(out.get(0), List.of(a, b)).get(1).toDoubles()).containsExactly(0, 0);
            assertThat(tape.gradient(out.get(1), a).toDoubles()).containsExactly(1, 1);
            return null;
        });
        var bad = Gradient.custom(v -> v.sum(), (v, g) -> g);
        assertThatThrownBy(() -> Gradient.of(bad::apply).apply(a)).hasMessageContaining("custom gradient: input 0 is f64[2] but the rule's gradient is f64[]");
    }

    @Test
    void jacobiansAndHessians() {
        var at = Tensor.of(1.0, 2, 3);
        var jacobian = Gradient.jacobian(v -> Tensor.stack(0, v.at(0, 0).mul(v.at(0, 1)), v.at(0, 2).square())).apply(at);
        assertThat(jacobian.shape()).isEqualTo(dev.caviar.engine.memory.Shape.of(2, 3));
        assertThat(jacobian.toDoubles()).containsExactly(2, 1, 0, 0, 0, 6);
        java.util.function.Function<Tensor, Tensor> f = v -> v.pow(3).sum().add(v.at(0, 0).mul(v.at(0, 2)));
        var hessian = Gradient.jacobian(Gradient.of(f)).apply(at);
        assertThat(hessian.toDoubles()).containsExactly(new double[] {6, 0, 1, 0, 12, 0, 1, 0, 18}, within(1e-12));
        var vector = Tensor.of(1.0, -1, 2);
        assertThat(Gradient.hessianVector(f, at, vector).toDoubles()).containsExactly(hessian.matmul(vector.reshape(3, 1)).toDoubles(), within(1e-12));
        try (var compiled = dev.caviar.engine.compile.Function.compile((Tensor v) -> Gradient.jacobian(Gradient.of(f)).apply(v))) {
            assertThat(compiled.apply(at).toDoubles()).containsExactly(hessian.toDoubles(), within(1e-12));
        }
    }

    @Test
    void aDecisionByAValueInsideATracedFunctionNamesItsLine() {
        try (var compiled = dev.caviar.engine.compile.Function.compile((Tensor v) -> v.item() > 0 ? v : v.neg())) {
            assertThatThrownBy(() -> compiled.apply(Tensor.scalar(1))).isInstanceOf(TraceException.class)
                    .hasMessageContaining("TapeTest.java:").hasMessageContaining("asks for a value").hasMessageContaining("Maybe decide with where(");
        }
        try (var compiled = dev.caviar.engine.compile.Function.compile((Tensor v) -> {
            var y = v;
            while (y.square().sum().itemAsDouble() > 1) {
                y = y.mul(0.5);
            }
            return y;
        })) {
            assertThatThrownBy(() -> compiled.apply(Tensor.scalar(4))).hasMessageContaining("TapeTest.java:").hasMessageContaining("made by square");
        }
    }
}
