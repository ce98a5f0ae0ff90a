package dev.caviar.engine.compile;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// An op gave a number that is infinite or not a number, though what went into it was all right. The message names the op, the part of
/// the model, the line and the first such element. Only programs that are compiled with [Options#withNanCheck] look for it.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(Origin.named("loss", () -> in.get(0).log())), Type.of(DType.F32, 2));
/// try (var program = Compiler.compile(g, Options.of().withNanCheck(true))) {
///     program.run(List.of(Tensor.of(1f, 0f).array().buffer()), List.of(Buffer.allocate(Type.of(DType.F32, 2))));
/// } catch (NonFiniteException e) {
///     System.err.println(e.op() + " in " + e.part());     // log in loss
/// }
/// ```
public final class NonFiniteException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String op;
    private final String part;
    private final int step;
    private final int input;
    private final double value;

    NonFiniteException(String message, String op, String part, int step, int input, double value) {
        super(message);
        this.op = op;
        this.part = part;
        this.step = step;
        this.input = input;
        this.value = value;
    }

    /// The op's name.
    public String op() {
        return op;
    }

    /// The part of the model that it works for; empty where that has no name.
    public String part() {
        return part;
    }

    /// The step of the program's plan.
    public int step() {
        return step;
    }

    /// The input of the program that such a number was given in; −1 where the op itself made it.
    public int input() {
        return input;
    }

    /// An infinity or NaN.
    public double value() {
        return value;
    }

    static String advice(String op, double value) {
        return "Maybe " + switch (op) {
            case "log", "log1p" -> "keep what goes in away from 0: add a small number, or use a loss that takes logits";
            case "div", "reciprocal", "rsqrt", "pow" -> "keep the divisor away from 0: add a small number";
            case "sqrt" -> "keep what goes in from falling below 0, and its gradient from 1/0: add a small number";
            default -> Double.isNaN(value) ? "look at what goes in: NaN comes from ∞ − ∞, 0 · ∞ and 0 / 0"
                    : "the numbers grow from step to step: lower the learning rate, clip gradients, or normalise the features";
        } + ".";
    }

    static String where(@Nullable StackTraceElement line) {
        return line == null ? "" : String.format(Locale.ROOT, ", written at %s", line);
    }
}
