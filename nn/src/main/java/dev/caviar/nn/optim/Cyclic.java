package dev.caviar.nn.optim;

/// A rate that rises and falls on straight lines, again and again (Smith 2017).
///
/// ```java
/// Schedule triangles = Cyclic.of(0.001, 0.1, 2000, 2000).withForm(Cyclic.Form.HALVING).inSteps();
/// ```
public record Cyclic(double low, double high, double up, double down, Form form, double factor, boolean steps) implements Schedule {
    /// How high the peaks are.
    public enum Form {
        /// All of them the same.
        TRIANGLES,
        /// Each half as high above `low` as the one before.
        HALVING,
        /// factor^t as high above `low`.
        EXPONENTIAL
    }

    public Cyclic {
        if (!(up > 0 && down > 0)) {
            throw new IllegalArgumentException("Cyclic: up over " + up + ", down over " + down + ": both must be positive.");
        }
    }

    /// Triangles, in epochs.
    public static Cyclic of(double low, double high, double up, double down) {
        return new Cyclic(low, high, up, down, Form.TRIANGLES, 1, false);
    }

    public Cyclic withForm(Form form) {
        return new Cyclic(low, high, up, down, form, factor, steps);
    }

    public Cyclic withFactor(double factor) {
        return new Cyclic(low, high, up, down, Form.EXPONENTIAL, factor, steps);
    }

    public Cyclic inSteps() {
        return new Cyclic(low, high, up, down, form, factor, true);
    }

    @Override
    public double at(long step, int epoch) {
        return low + (high - low) * height(steps ? step : epoch);
    }

    /// A momentum that is smallest where the rate is largest.
    public Schedule momentum(double low, double high) {
        return (step, epoch) -> high - (high - low) * height(steps ? step : epoch);
    }

    /// How far up it is, from 0 to 1.
    private double height(double t) {
        double cycle = Math.floor(t / (up + down));
        double inside = t - cycle * (up + down);
        double height = inside <= up ? inside / up : (up + down - inside) / down;
        return switch (form) {
            case TRIANGLES -> height;
            case HALVING -> height * Math.pow(0.5, cycle);
            case EXPONENTIAL -> height * Math.pow(factor, t);
        };
    }
}
