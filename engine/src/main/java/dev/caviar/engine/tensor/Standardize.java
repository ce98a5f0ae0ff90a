package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Shifts and scales to mean 0 and variance 1 over some axes: what batch, layer and group norm have in common.
///
/// Takes x and the scalar ε; gives `(x − mean) / √(variance + ε)`, the mean, and the biased variance, the last two without the axes
/// `over`. Its gradient is the closed form of Ioffe & Szegedy (2015, section 3), which needs two sums where differentiating the ops one
/// by one needs four and a third pass.
///
/// ```java
/// var x = Tensor.of(new float[][] {{1, 10}, {3, 30}});
/// var y = new Call(new Standardize(List.of(0))).on(x, Tensor.scalar(0));     // -1, -1 and 1, 1
/// ```
public record Standardize(List<Integer> over) implements Body {
    public Standardize {
        over = List.copyOf(over);
    }

    @Override
    public String label() {
        return "standardize";
    }

    @Override
    public List<Tensor> apply(List<Tensor> in) {
        var x = in.get(0);
        var mean = x.mean(axes());
        var centred = x.sub(Composite.keep(mean, x.shape(), axes()));
        var variance = centred.square().mean(axes());
        return List.of(centred.mul(Composite.keep(factor(variance, in.get(1)), x.shape(), axes())), mean, variance);
    }

    private static Tensor factor(Tensor variance, Tensor epsilon) {
        return variance.add(epsilon).rsqrt();
    }

    private int[] axes() {
        return over.stream().mapToInt(axis -> axis).toArray();
    }

    @Override
    public @Nullable Body gradient(List<Boolean> given, UnaryOperator<Body> pullback) {
        return given.equals(List.of(true, false, false)) ? new Back(this) : null;
    }

    @Override
    public List<Sample> samples() {
        int rank = over.stream().mapToInt(axis -> axis + 1).max().orElse(0);
        var x = new Type(DType.F32, new Shape(List.of(4L, 3L, 2L, 5L).subList(0, Math.max(2, rank))));
        return List.of(Sample.of(x, Type.of(DType.F32)).within(0.2, 2));
    }

    /// Takes x, ε, the three outputs and the gradient of the first; gives those of x and ε.
    private record Back(Standardize of) implements Body {
        @Override
        public String label() {
            return "gradient of standardize";
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var x = in.get(0);
            var epsilon = in.get(1);
            var y = in.get(2);
            var variance = in.get(4);
            var dy = in.get(5);
            int[] axes = of.axes();
            var along = dy.mul(y);
            var dx = dy.sub(Composite.keep(dy.mean(axes), x.shape(), axes)).sub(y.mul(Composite.keep(along.mean(axes), x.shape(), axes)))
                    .mul(Composite.keep(factor(variance, epsilon), x.shape(), axes));
            var dEpsilon = along.sum(axes).div(variance.add(epsilon)).sum().mul(-0.5);
            return List.of(dx, dEpsilon);
        }

        @Override
        public List<Sample> samples() {
            return of.samples().stream().map(sample -> {
                var x = sample.in().get(0);
                var few = x.withShape(x.shape().without(of.over));
                return new Sample(List.of(x, sample.in().get(1), x, few, few, x), 0.2, 2, null);
            }).toList();
        }
    }
}
