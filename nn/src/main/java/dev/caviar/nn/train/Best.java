package dev.caviar.nn.train;

/// The best that a value has been in a run.
final class Best {
    private final String who;
    private final String monitor;
    private final double minDelta;
    private double value = Double.NaN;

    /// An improvement of at most `minDelta` does not count.
    Best(String who, String monitor, double minDelta) {
        this.who = who;
        this.monitor = monitor;
        this.minDelta = minDelta;
    }

    /// Whether this epoch's value is better than all before, and then the best.
    boolean improved(Run run) {
        double now = value(who, monitor, run);
        double margin = History.larger(monitor) ? minDelta : -minDelta;
        if (Double.isNaN(now) || !Double.isNaN(value) && !History.better(monitor, now, value + margin)) {
            return false;
        }
        value = now;
        return true;
    }

    /// What this epoch gave under a name.
    static double value(String who, String monitor, Run run) {
        var value = run.logs().get(monitor);
        if (value == null) {
            throw new IllegalArgumentException(who + ": there is no \"" + monitor + "\" to watch; there are " + run.logs().keySet()
                    + ".\nMaybe fit with validation data.");
        }
        return value;
    }

    Memory memory() {
        return Memory.none().with("best", value);
    }

    void restore(Memory memory) {
        value = memory.number("best");
    }
}
