package dev.caviar.nn.optim;

/// A rate that falls along half a cosine, from `rate` to `floor·rate`, over `length` epochs or steps (Loshchilov & Hutter 2017).
///
/// At the end it stays, or `restarts` from a peak `peaks` times as high, in a period `stretch` times as long; the floor stays.
///
/// ```java
/// Schedule once = Cosine.of(0.1, 50).withFloor(0.01);
/// Schedule warmRestarts = Cosine.of(0.1, 1000).inSteps().withRestarts(2, 1);
/// ```
public record Cosine(double rate, double length, double floor, boolean restarts, double stretch, double peaks, boolean steps)
        implements Schedule {
    public Cosine {
        if (!(length > 0 && stretch > 0)) {
            throw new IllegalArgumentException("Cosine: a length of " + length + " stretched by " + stretch + ": both must be positive.");
        }
    }

    /// To 0, in epochs.
    public static Cosine of(double rate, double length) {
        return new Cosine(rate, length, 0, false, 1, 1, false);
    }

    /// The part of the rate that it ends at.
    public Cosine withFloor(double floor) {
        return new Cosine(rate, length, floor, restarts, stretch, peaks, steps);
    }

    /// Again from the start, each period `stretch` times as long and `peaks` times as high as the one before.
    public Cosine withRestarts(double stretch, double peaks) {
        return new Cosine(rate, length, floor, true, stretch, peaks, steps);
    }

    public Cosine inSteps() {
        return new Cosine(rate, length, floor, restarts, stretch, peaks, true);
    }

    @Override
    public double at(long step, int epoch) {
        double t = steps ? step : epoch;
        double period = length;
        double peak = 1;
        if (!restarts) {
            t = Math.min(t, period);
        }
        while (restarts && t >= period && period > 1e-9) {
            if (stretch == 1) {
                double done = Math.floor(t / period);
                t -= done * period;
                peak *= Math.pow(peaks, done);
                break;
            }
            t -= period;
            period *= stretch;
            peak *= peaks;
        }
        double fall = 0.5 * peak * (1 + Math.cos(Math.PI * t / period));
        return rate * ((1 - floor) * fall + floor);
    }
}
