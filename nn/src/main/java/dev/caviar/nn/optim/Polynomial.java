package dev.caviar.nn.optim;

/// A rate that falls to `end` by a power of the time that is left: `(rate − end)·(1 − t/length)^power + end`.
///
/// Then it stays there; with `cycle` the length grows by itself each time that it is passed, and the rate rises again.
///
/// ```java
/// Schedule line = Polynomial.of(0.1, 0, 30);
/// Schedule square = Polynomial.of(0.1, 0.001, 4000).withPower(2).inSteps();
/// ```
public record Polynomial(double rate, double end, double length, double power, boolean cycle, boolean steps) implements Schedule {
    public Polynomial {
        if (!(length > 0)) {
            throw new IllegalArgumentException("Polynomial: a length of " + length + " must be positive.");
        }
    }

    /// A straight line, in epochs; it may rise.
    public static Polynomial of(double rate, double end, double length) {
        return new Polynomial(rate, end, length, 1, false, false);
    }

    public Polynomial withPower(double power) {
        return new Polynomial(rate, end, length, power, cycle, steps);
    }

    public Polynomial withCycle(boolean cycle) {
        return new Polynomial(rate, end, length, power, cycle, steps);
    }

    public Polynomial inSteps() {
        return new Polynomial(rate, end, length, power, cycle, true);
    }

    @Override
    public double at(long step, int epoch) {
        double t = steps ? step : epoch;
        double whole = cycle ? length * Math.max(1, Math.ceil(t / length)) : length;
        return (rate - end) * Math.pow(1 - Math.min(t, whole) / whole, power) + end;
    }
}
