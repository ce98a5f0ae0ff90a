package dev.caviar.engine.compile;

import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;

/// An input of a fed graph: its name, and the symbol that stands for what will be fed.
public record Placeholder(String name, Sym sym) {
    /// The symbol, for use in expressions.
    public Tensor value() {
        return sym;
    }
}
