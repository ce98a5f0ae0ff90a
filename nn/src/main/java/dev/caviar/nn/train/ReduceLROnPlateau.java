package dev.caviar.nn.train;

import dev.caviar.nn.optim.Plateau;
import dev.caviar.nn.optim.Schedule;
import org.jspecify.annotations.Nullable;

/// Multiplies the learning rate by `factor` when a value has not become better for `patience` epochs.
///
/// An improvement of at most `minDelta` does not count; after a reduction, `cooldown` epochs are not counted either; the rate does not
/// fall below `minRate`. A schedule keeps its shape and is scaled as a whole. Larger is better as in [EarlyStopping].
///
/// ```java
/// var fit = Fit.of().withEpochs(100).withCallbacks(ReduceLROnPlateau.of("val_loss", 0.5, 3));
/// ```
public record ReduceLROnPlateau(String monitor, double factor, int patience, double minDelta, int cooldown, double minRate)
        implements Callback {
    public ReduceLROnPlateau {
        if (!(factor > 0 && factor < 1) || patience < 1 || cooldown < 0) {
            throw new IllegalArgumentException("ReduceLROnPlateau by " + factor + " after " + patience + " epochs, cooldown " + cooldown
                    + ": the factor must be in (0, 1), the epochs 1 or more, the cooldown 0 or more.");
        }
    }

    /// Keras' numbers for the rest: an improvement of 1e-4 at least, no cooldown, no lowest rate.
    public static ReduceLROnPlateau of(String monitor, double factor, int patience) {
        return new ReduceLROnPlateau(monitor, factor, patience, 1e-4, 0, 0);
    }

    public ReduceLROnPlateau withMinDelta(double minDelta) {
        return new ReduceLROnPlateau(monitor, factor, patience, minDelta, cooldown, minRate);
    }

    public ReduceLROnPlateau withCooldown(int cooldown) {
        return new ReduceLROnPlateau(monitor, factor, patience, minDelta, cooldown, minRate);
    }

    public ReduceLROnPlateau withMinRate(double minRate) {
        return new ReduceLROnPlateau(monitor, factor, patience, minDelta, cooldown, minRate);
    }

    @Override
    public Callback begin(Run run) {
        return new Watch(this);
    }

    @Override
    public void onEpochEnd(Run run) {
        throw new IllegalStateException("ReduceLROnPlateau was not begun.");
    }

    /// What one run has seen, and what it has made of the rate.
    private static final class Watch implements Callback {
        private final ReduceLROnPlateau settings;
        private Plateau.Watch seen;
        private @Nullable Schedule given;
        private @Nullable Schedule scaled;
        private double scale = 1;

        Watch(ReduceLROnPlateau settings) {
            this.settings = settings;
            seen = Plateau.keras(settings.factor, settings.patience).withThreshold(settings.minDelta).withCooldown(settings.cooldown)
                    .withLarger(History.larger(settings.monitor)).start(1);
        }

        @Override
        public void onEpochEnd(Run run) {
            var before = seen;
            seen = before.see(Best.value("ReduceLROnPlateau", settings.monitor, run));
            if (seen.rate() == before.rate()) {
                return;
            }
            if (run.optimizer().rate() != scaled) {    // the first time, or another callback has set one
                given = null;
                scale = 1;
            }
            scale *= settings.factor;
            apply(run);
        }

        private void apply(Run run) {
            var from = given == null ? run.optimizer().rate() : given;
            double by = scale;
            given = from;
            scaled = (step, epoch) -> {
                double rate = from.at(step, epoch);
                return Math.max(rate * by, Math.min(rate, settings.minRate));
            };
            run.optimizer(run.optimizer().withRate(scaled));
        }

        @Override
        public Memory memory() {
            return Memory.none().with("rate", seen.rate()).with("best", seen.best()).with("waited", seen.waited()).with("cooling", seen.cooling())
                    .with("scale", scale);
        }

        @Override
        public void restore(Run run, Memory memory) {
            seen = new Plateau.Watch(seen.rule(), memory.number("rate"), memory.number("best"), memory.whole("waited"), memory.whole("cooling"));
            scale = memory.number("scale");
            if (scale != 1) {
                apply(run);
            }
        }
    }
}
