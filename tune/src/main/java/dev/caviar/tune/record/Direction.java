package dev.caviar.tune.record;

/// Whether small or large values are good; the names are Optuna's.
///
/// ```java
/// assert Direction.MAXIMIZE.better(0.9, 0.8) && Direction.MINIMIZE.better(0.1, 0.2);
/// ```
public enum Direction {
    /// Small values are good, such as a loss.
    MINIMIZE,
    /// Large values are good, such as an accuracy.
    MAXIMIZE;

    /// Whether `a` is strictly better than `b`. NaN is never better, and any number is better than NaN.
    public boolean better(double a, double b) {
        if (Double.isNaN(a)) return false;
        if (Double.isNaN(b)) return true;
        return this == MINIMIZE ? a < b : a > b;
    }
}
