package dev.caviar.nn.layer;

import dev.caviar.engine.memory.Shape;

/// What a functional model is given: examples of a shape, which is that of one example. A length of −1 may be any.
///
/// ```java
/// var image = Input.of("image", 28, 28, 1);
/// var series = Input.of(-1, 8);
/// ```
public final class Input implements Symbolic {
    private final String name;
    private final Shape shape;

    private Input(String name, Shape shape) {
        this.name = name;
        this.shape = shape;
    }

    public static Input of(long... dims) {
        return of("", dims);
    }

    public static Input of(String name, long... dims) {
        return new Input(name, Shape.of(dims));
    }

    /// Its name; empty where none was given.
    public String name() {
        return name;
    }

    /// The shape of one example.
    public Shape shape() {
        return shape;
    }

    @Override
    public String toString() {
        return "Input" + (name.isEmpty() ? "" : " \"" + name + "\" ") + shape;
    }
}
