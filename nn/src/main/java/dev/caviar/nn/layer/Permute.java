package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/// The axes of each example in another order; they are numbered from 1, since 0 is the examples'.
///
/// ```java
/// var layer = Permute.of(2, 1);        // [32, 100, 8] -> [32, 8, 100]
/// ```
public record Permute(List<Long> dims) implements UnaryLayer {
    public Permute {
        dims = List.copyOf(dims);
        if (!dims.stream().sorted().toList().equals(LongStream.rangeClosed(1, dims.size()).boxed().toList())) {
            throw new IllegalArgumentException("Permute" + dims + ": each of 1 to " + dims.size() + " must be there once.");
        }
    }

    /// The input's axis that each of the output's is, from the first behind the examples' on.
    public static Permute of(long... dims) {
        return new Permute(LongStream.of(dims).boxed().toList());
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        if (x.rank() != dims.size() + 1) {
            throw new ShapeException("the input has " + (x.rank() - 1) + (x.rank() == 2 ? " axis" : " axes") + " behind the examples', the order names "
                    + dims.size() + ".\nMaybe name each of them once, from 1 on.");
        }
        s.pass(dims.getFirst() == 1 ? s.mask(x) : null);
        return x.transpose(LongStream.concat(LongStream.of(0), dims.stream().mapToLong(n -> n)).mapToInt(Math::toIntExact).toArray());
    }

    @Override
    public String toString() {
        return "Permute" + dims;
    }
}
