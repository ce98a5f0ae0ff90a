package dev.caviar.engine.compile;

import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;

/// An input of a fed graph: its name, and the symbol that stands for what will be fed.
///
/// ```java
/// try (var session = new Session()) {
///     Placeholder x = session.placeholder("x", DType.F32, 3);
///     Tensor twice = session.define(() -> x.value().mul(2));
///     session.init();
///     Tensor y = session.run(twice, Map.of(x, Tensor.of(1f, 2f, 3f)));     // 2, 4, 6
/// }
/// ```
public record Placeholder(String name, Sym sym) {
    /// The symbol, for use in expressions.
    public Tensor value() {
        return sym;
    }
}
