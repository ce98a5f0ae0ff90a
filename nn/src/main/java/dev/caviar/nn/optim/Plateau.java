package dev.caviar.nn.optim;

/// A learning rate that is made smaller when a value has stopped becoming better: the rule, and its memory in [Watch].
///
/// After more than `patience` values in a row that were no improvement, the rate is multiplied by `factor`, down to `floor`; then `cooldown`
/// values do not count. An improvement is by at least `threshold`: times the best where `relative`, else as it is.
///
/// ```java
/// var watch = Plateau.of(0.5, 3).start(0.1);
/// for (double loss : new double[] {1, 1, 1, 1, 1}) {
///     watch = watch.see(loss);
/// }
/// double rate = watch.rate();       // 0.05
/// ```
public record Plateau(double factor, int patience, double threshold, boolean relative, boolean larger, int cooldown, double floor, double smallest) {
    public Plateau {
        if (!(factor > 0 && factor < 1) || patience < 0 || cooldown < 0) {
            throw new IllegalArgumentException("Plateau: factor " + factor + " must be in (0, 1), patience " + patience + " and cooldown "
                    + cooldown + " 0 or more.");
        }
    }

    /// For a value that should become smaller, by a ten-thousandth of the best or more.
    public static Plateau of(double factor, int patience) {
        return new Plateau(factor, patience, 1e-4, true, false, 0, 0, 1e-8);
    }

    /// As Keras counts: after `patience` values, by an absolute threshold.
    public static Plateau keras(double factor, int patience) {
        return new Plateau(factor, Math.max(0, patience - 1), 1e-4, false, false, 0, 0, 0);
    }

    public Plateau withThreshold(double threshold) {
        return new Plateau(factor, patience, threshold, relative, larger, cooldown, floor, smallest);
    }

    public Plateau withRelative(boolean relative) {
        return new Plateau(factor, patience, threshold, relative, larger, cooldown, floor, smallest);
    }

    /// Whether larger values are better.
    public Plateau withLarger(boolean larger) {
        return new Plateau(factor, patience, threshold, relative, larger, cooldown, floor, smallest);
    }

    public Plateau withCooldown(int cooldown) {
        return new Plateau(factor, patience, threshold, relative, larger, cooldown, floor, smallest);
    }

    public Plateau withFloor(double floor) {
        return new Plateau(factor, patience, threshold, relative, larger, cooldown, floor, smallest);
    }

    /// A rate is left as it is where it would fall by no more than this.
    public Plateau withSmallest(double smallest) {
        return new Plateau(factor, patience, threshold, relative, larger, cooldown, floor, smallest);
    }

    /// Before the first value.
    public Watch start(double rate) {
        return new Watch(this, rate, larger ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY, 0, 0);
    }

    private boolean better(double value, double best) {
        if (Double.isInfinite(best)) {
            return larger ? value > best : value < best;
        }
        double margin = relative ? best * threshold : threshold;
        return larger ? value > best + margin : value < best - margin;
    }

    /// What has been seen so far.
    ///
    /// ```java
    /// double rate = Plateau.of(0.1, 0).start(1).see(5).see(5).rate();      // 0.1
    /// ```
    public record Watch(Plateau rule, double rate, double best, int waited, int cooling) {
        /// After one more value.
        public Watch see(double value) {
            boolean better = rule.better(value, best);
            int bad = better || cooling > 0 ? 0 : waited + 1;
            int left = Math.max(0, cooling - 1);
            double top = better ? value : best;
            if (bad <= rule.patience) {
                return new Watch(rule, rate, top, bad, left);
            }
            double next = Math.max(rate * rule.factor, rule.floor);
            return new Watch(rule, rate - next > rule.smallest ? next : rate, top, 0, rule.cooldown);
        }
    }
}
