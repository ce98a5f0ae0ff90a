package dev.caviar.nn.train;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Saves the model while it trains, for use afterwards: the best so far, the last, or each of a series.
///
/// `{epoch}` and `{step}` in the folder's name stand for the epochs and steps done. A model whose loss is not finite is not saved.
/// To go on with an interrupted training, use [Checkpoints].
///
/// ```java
/// var fit = Fit.of().withEpochs(50).withCallbacks(
///         ModelCheckpoint.best(Path.of("runs/best"), "val_loss"),
///         ModelCheckpoint.last(Path.of("runs/{epoch}")).everyEpochs(10));
/// ```
public record ModelCheckpoint(Path folder, @Nullable String monitor, int epochs, long steps, @Nullable Duration time) implements Callback {
    public ModelCheckpoint {
        if (epochs < 0 || steps < 0) {
            throw new IllegalArgumentException("ModelCheckpoint every " + epochs + " epochs, every " + steps + " steps: they must be 1 or more.");
        }
    }

    /// After each epoch whose value is better than all before; larger is better as in [EarlyStopping].
    public static ModelCheckpoint best(Path folder, String monitor) {
        return new ModelCheckpoint(folder, monitor, 1, 0, null);
    }

    /// After each epoch.
    public static ModelCheckpoint last(Path folder) {
        return new ModelCheckpoint(folder, null, 1, 0, null);
    }

    /// After each `n`-th epoch.
    public ModelCheckpoint everyEpochs(int n) {
        return new ModelCheckpoint(folder, monitor, n, steps, time);
    }

    /// After each `n`-th step instead; the best is known after epochs only.
    public ModelCheckpoint everySteps(long n) {
        return new ModelCheckpoint(folder, null, 0, n, time);
    }

    /// After the step that ends each interval instead.
    public ModelCheckpoint every(Duration time) {
        return new ModelCheckpoint(folder, null, 0, 0, time);
    }

    @Override
    public Callback begin(Run run) {
        return new Watch(this);
    }

    @Override
    public void onEpochEnd(Run run) {
        throw new IllegalStateException("ModelCheckpoint was not begun.");
    }

    private void save(Run run, int epochsDone) {
        if (Double.isFinite(run.logs().get("loss"))) {
            var name = folder.toString().replace("{epoch}", Integer.toString(epochsDone)).replace("{step}", Long.toString(run.step()));
            run.model().save(folder.getFileSystem().getPath(name));
        }
    }

    /// What one run has seen.
    private static final class Watch implements Callback {
        private final ModelCheckpoint settings;
        private final @Nullable Best best;
        private long saved = System.nanoTime();

        Watch(ModelCheckpoint settings) {
            this.settings = settings;
            best = settings.monitor == null ? null : new Best("ModelCheckpoint", settings.monitor, 0);
        }

        @Override
        public void onBatchEnd(Run run) {
            boolean due = settings.time != null ? System.nanoTime() - saved >= settings.time.toNanos()
                    : settings.steps > 0 && run.step() % settings.steps == 0;
            if (due) {
                saved = System.nanoTime();
                settings.save(run, run.epoch());
            }
        }

        @Override
        public void onEpochEnd(Run run) {
            if (settings.epochs > 0 && (run.epoch() + 1) % settings.epochs == 0 && (best == null || best.improved(run))) {
                settings.save(run, run.epoch() + 1);
            }
        }

        @Override
        public Memory memory() {
            return best == null ? Memory.none() : best.memory();
        }

        @Override
        public void restore(Run run, Memory memory) {
            if (best != null) {
                best.restore(memory);
            }
        }
    }
}
