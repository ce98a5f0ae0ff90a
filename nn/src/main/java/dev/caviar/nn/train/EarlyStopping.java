package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Ends a training when a value has not become better for `patience` epochs, and puts the weights of the best epoch back.
///
/// Larger is better for names that end in accuracy, auc, precision, recall, f1 or r2, smaller for all others. An improvement of at most `minDelta` does not
/// count. With `restore`, the model has the best epoch's weights after the run, also where all epochs were done.
///
/// ```java
/// var fit = Fit.of().withEpochs(100).withCallbacks(EarlyStopping.of("val_accuracy", 5));
/// ```
public record EarlyStopping(String monitor, int patience, double minDelta, boolean restore) implements Callback {
    public EarlyStopping {
        if (patience < 0 || Double.isNaN(minDelta)) {
            throw new IllegalArgumentException("EarlyStopping with a patience of " + patience + " and differences from " + minDelta + ": the patience is 0 or more.\nMaybe 5.");
        }
    }

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

    /// What one run has seen.
    private static final class Watch implements Callback {
        private final EarlyStopping settings;
        private final Best best;
        private int waited;
        private @Nullable Map<String, Buffer> weights;

        Watch(EarlyStopping settings) {
            this.settings = settings;
            best = new Best("EarlyStopping", settings.monitor, settings.minDelta);
        }

        @Override
        public void onEpochEnd(Run run) {
            if (best.improved(run)) {
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

        @Override
        public Memory memory() {
            return best.memory().with("waited", waited).withTensors(weights == null ? Map.of() : weights);
        }

        @Override
        public void restore(Run run, Memory memory) {
            best.restore(memory);
            waited = memory.whole("waited");
            weights = memory.tensors().isEmpty() ? null : memory.tensors();
        }
    }
}
