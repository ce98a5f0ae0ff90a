package dev.caviar.engine.tensor;

import dev.caviar.engine.kernel.BinaryFn;
import dev.caviar.engine.kernel.UnaryFn;
import dev.caviar.engine.memory.DType;

/// What one element of an elementwise op computes, as an expression over the elements of its inputs at the same place.
/// The compiler joins such expressions and turns them into loops.
///
/// ```java
/// Lane sum = new Lane.Map2(BinaryFn.ADD, new Lane.In(0), new Lane.In(1));
/// Lane tanh = new Lane.Map1(UnaryFn.TANH, sum);     // tanh(a + b)
/// ```
public sealed interface Lane {
    /// The element of input `i`.
    record In(int i) implements Lane {}

    record Map1(UnaryFn fn, Lane x) implements Lane {}

    record Map2(BinaryFn fn, Lane a, Lane b) implements Lane {}

    record Choose(Lane condition, Lane a, Lane b) implements Lane {}

    record Convert(DType to, Lane x) implements Lane {}
}
