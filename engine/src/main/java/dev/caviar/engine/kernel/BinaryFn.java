package dev.caviar.engine.kernel;

import java.util.function.DoubleBinaryOperator;

/// A function of two numbers; [#apply] is its meaning in double precision. Comparisons and logic give 1 or 0.
///
/// `MAX` and `MIN` are NaN where either argument is.
///
/// ```java
/// double y = BinaryFn.MAX.apply(2, 3);     // 3.0
/// ```
public enum BinaryFn {
    ADD((a, b) -> a + b),
    SUB((a, b) -> a - b),
    MUL((a, b) -> a * b),
    DIV((a, b) -> a / b),
    POW(Math::pow),
    MAX(Math::max),
    MIN(Math::min),
    EQ((a, b) -> a == b ? 1 : 0),
    NE((a, b) -> a != b ? 1 : 0),
    LT((a, b) -> a < b ? 1 : 0),
    LE((a, b) -> a <= b ? 1 : 0),
    GT((a, b) -> a > b ? 1 : 0),
    GE((a, b) -> a >= b ? 1 : 0),
    AND((a, b) -> a != 0 && b != 0 ? 1 : 0),
    OR((a, b) -> a != 0 || b != 0 ? 1 : 0);

    private final DoubleBinaryOperator meaning;

    BinaryFn(DoubleBinaryOperator meaning) {
        this.meaning = meaning;
    }

    /// The function's value in double precision.
    public double apply(double a, double b) {
        return meaning.applyAsDouble(a, b);
    }

    /// Whether the result is a boolean whatever the arguments are.
    public boolean isPredicate() {
        return ordinal() >= EQ.ordinal();
    }
}
