package dev.caviar.engine.tensor;

/// The current interpreter.
final class Scoped {
    static final ScopedValue<Interpreter> CURRENT = ScopedValue.newInstance();

    private Scoped() {}
}
