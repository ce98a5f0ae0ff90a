package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Layers that bring several inputs together, element by element. [Concatenate] and [Dot] are others.
///
/// Inputs of length 1 along an axis count for all its places; an input of fewer axes gets them behind the examples'.
///
/// ```java
/// Layer residual = (s, x) -> Merge.ADD.apply(s, x[0], s.call("inside", Dense.of(8, "relu"), x[0]));
/// ```
public enum Merge implements Layer {
    ADD(Tensor::add),
    /// The first without the second; there are two.
    SUBTRACT(Tensor::sub),
    MULTIPLY(Tensor::mul),
    AVERAGE(Tensor::add),
    MAXIMUM(Tensor::max),
    MINIMUM(Tensor::min);

    private final BinaryOperator<Tensor> f;

    Merge(BinaryOperator<Tensor> f) {
        this.f = f;
    }

    /// By its name in any case, such as `add`.
    public static Merge of(String name) {
        return Arrays.stream(values()).filter(one -> one.name().equalsIgnoreCase(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no merge \"" + name + "\".\nMaybe one of "
                        + Arrays.stream(values()).map(Merge::kind).collect(Collectors.joining(", ")) + "."));
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        if (x.length < 2 || this == SUBTRACT && x.length > 2) {
            throw new ShapeException("it takes " + (this == SUBTRACT ? "two inputs" : "two inputs or more") + ", there " + (x.length == 1 ? "is 1." : "are " + x.length + "."));
        }
        int rank = Stream.of(x).mapToInt(Tensor::rank).max().orElseThrow();
        var y = widened(x[0], rank);
        for (var next : Arrays.asList(x).subList(1, x.length)) {
            y = f.apply(y, widened(next, rank));
        }
        return this == AVERAGE ? y.div(x.length) : y;
    }

    private static Tensor widened(Tensor x, int rank) {
        if (x.rank() == rank) {
            return x;
        }
        var dims = new ArrayList<>(x.shape().dims());
        dims.addAll(Math.min(1, dims.size()), List.copyOf(Padding.each(rank - x.rank(), 1)));
        return x.reshape(new Shape(dims));
    }

    @Override
    public String kind() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return name().charAt(0) + kind().substring(1) + "()";
    }
}
