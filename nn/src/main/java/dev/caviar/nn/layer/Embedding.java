package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;

/// A vector for each of `inputs` words, classes or other things that are numbered from 0.
///
/// The input is `[examples, …]` of whole numbers in [0, inputs), in any type; the output `[examples, …, units]`. Another number throws
/// [IndexOutOfBoundsException] when it is met. With `maskZero`, 0 is padding: such steps do not count for the layers behind (see
/// [Scope#mask()]), and words are numbered from 1. Only the vectors that a batch has used change by it.
///
/// ```java
/// var reader = Sequential.of(Embedding.of(10_000, 32).withMaskZero(true), GRU.of(32), Dense.of(1, "sigmoid"));
/// ```
public record Embedding(int inputs, int units, boolean maskZero, Init init) implements UnaryLayer {
    public Embedding {
        if (inputs < 1 || units < 1) {
            throw new IllegalArgumentException("Embedding(" + inputs + ", " + units + "): it takes 1 input or more, and 1 unit or more.");
        }
    }

    /// With vectors that begin uniformly within ±0.05.
    public static Embedding of(int inputs, int units) {
        return new Embedding(inputs, units, false, Init.uniform());
    }

    public Embedding withMaskZero(boolean maskZero) {
        return new Embedding(inputs, units, maskZero, init);
    }

    public Embedding withInit(Init init) {
        return new Embedding(inputs, units, maskZero, init);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        var positions = x.dtype() == DType.I32 ? x : x.cast(DType.I64);
        if (maskZero) {
            s.pass(positions.ne(Tensor.scalar(0, positions.dtype())));
        }
        return s.param("embeddings", Shape.of(inputs, units), init).gather(positions);
    }

    @Override
    public String toString() {
        return "Embedding(" + inputs + ", " + units + ")";
    }
}
