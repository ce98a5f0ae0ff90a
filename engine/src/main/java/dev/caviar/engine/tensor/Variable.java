package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Type;

/// A named tensor that can be given new values of the same type: what training changes.
///
/// Inside a compiled function it stays a variable: the program reads its value at each run and writes it back.
///
/// ```java
/// var w = Variable.of("w", 0f);
/// w.assignAdd(0.1);
/// float now = w.value().item();            // 0.1
/// ```
public final class Variable {
    private final String name;
    private final Type type;
    private volatile Array current;

    private Variable(String name, Array value) {
        this.name = name;
        this.type = value.type();
        this.current = value;
    }

    public static Variable of(String name, Tensor value) {
        return new Variable(name, value.array());
    }

    public static Variable of(String name, double value) {
        return new Variable(name, Tensor.scalar(value).array());
    }

    public String name() {
        return name;
    }

    public Type type() {
        return type;
    }

    /// The value, for use in expressions; a tape watches it by itself.
    public Tensor value() {
        return Interpreter.current().read(this);
    }

    /// Gives it a new value; throws [ShapeException] where the type differs.
    public void assign(Tensor value) {
        if (!value.type().equals(type)) {
            throw new ShapeException("assign to variable \"" + name + "\": it is " + type + ", the value is "
                    + value.type() + ".\nMaybe cast or reshape the value first.");
        }
        Interpreter.current().assign(this, value);
    }

    public void assignAdd(Tensor value) {
        assign(value().add(value));
    }

    public void assignAdd(double value) {
        assign(value().add(value));
    }

    /// The value itself, whatever the interpreter; for those who implement one.
    public Array current() {
        return current;
    }

    /// Sets the value, whatever the interpreter; for those who implement one.
    public void set(Array value) {
        current = value;
    }

    @Override
    public String toString() {
        return name + " = " + current;
    }
}
