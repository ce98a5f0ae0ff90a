package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Ends a training when a value has not become better for `patience` epochs, and puts the weights of the best epoch back.
///
/// Larger is better for names that end in `accuracy`, smaller for all others. An improvement of at most `minDelta` does not
/// count. With `restore`, the model has the best epoch's weights after the run, also where all epochs were done.
///
/// ```java
/// var fit = Fit.of().withEpochs(100).withCallbacks(EarlyStopping.of("val_accuracy", 5));
/// ```
public record EarlyStopping(String monitor, int patience, double minDelta, boolean restore) implements Callback {
    /// Restores the best weights.
    public static EarlyStopping of(String monitor, int patience) {
        return new EarlyStopping(monitor, patience, 0, true);
    }

    public EarlyStopping withMinDelta(double minDelta) {
        return new EarlyStopping(monitor, patience, minDelta, restore);
    }

    public EarlyStopping withRestore(boolean restore) {
        return new EarlyStopping(monitor, patience, minDelta, restore);
    }

    @Override
    public Callback begin(Run run) {
        return new Watch(this);
    }

    @Override
    public void onEpochEnd(Run run) {
        throw new IllegalStateException("EarlyStopping was not begun.");
    }

    /// The memory of one run.
    private static final class Watch implements Callback {
        private final EarlyStopping settings;
        private double best = Double.NaN;
        private int waited;
        private @Nullable Map<String, Buffer> weights;

        Watch(EarlyStopping settings) {
            this.settings = settings;
        }

        @Override
        public void onEpochEnd(Run run) {
            var value = run.logs().get(settings.monitor);
            if (value == null) {
                throw new IllegalArgumentException("EarlyStopping: there is no \"" + settings.monitor + "\" to watch; there are "
                        + run.logs().keySet() + ".\nMaybe fit with validation data.");
            }
            double margin = History.larger(settings.monitor) ? settings.minDelta : -settings.minDelta;
            if (!Double.isNaN(value) && (Double.isNaN(best) || History.better(settings.monitor, value, best + margin))) {
                best = value;
                waited = 0;
                weights = settings.restore ? run.model().weights() : null;
            } else if (++waited >= settings.patience) {
                run.stop(settings.monitor + " was best " + waited + " epochs ago");
            }
        }

        @Override
        public void onEnd(Run run) {
            if (weights != null) {
                run.model().assign(weights);
            }
        }
    }
}
