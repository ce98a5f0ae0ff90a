package dev.caviar.nn.train;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Where and how often a training writes down all that it is, so that a killed one goes on bit for bit where it was.
///
/// A fit with these settings begins at the newest [Checkpoint] in the folder, if there is one: one folder is for one training. What
/// follows from the settings must be the same as before (data, batch size, seed, model, callbacks), else it is refused; the number of
/// epochs may be larger. Files are replaced as a whole: a kill, a crash or a full disk while one is written leaves those before it. A
/// checkpoint that cannot be written is warned about, and the training goes on; a damaged one is set aside, and the one before it
/// serves as well.
///
/// ```java
/// var fit = Fit.of().withEpochs(100).withCheckpoints(Checkpoints.of(Path.of("runs/first")).everySteps(1000));
/// ```
public record Checkpoints(Path folder, long steps, @Nullable Duration time, int kept) {
    public Checkpoints {
        if (steps < 0 || kept < 1) {
            throw new IllegalArgumentException("Checkpoints every " + steps + " steps of which " + kept + " are kept: both must be 1 or more.");
        }
    }

    /// After each epoch; the last two are kept.
    public static Checkpoints of(Path folder) {
        return new Checkpoints(folder, 0, null, 2);
    }

    /// Also after each `n`-th step.
    public Checkpoints everySteps(long n) {
        if (n < 1) {
            throw new IllegalArgumentException("Checkpoints.everySteps(" + n + "): it must be 1 or more.\nMaybe leave it out: then there is one after each epoch.");
        }
        return new Checkpoints(folder, n, time, kept);
    }

    /// Also after the step that ends each interval.
    public Checkpoints every(Duration time) {
        return new Checkpoints(folder, steps, time, kept);
    }

    /// How many stay; older ones are deleted.
    public Checkpoints withKept(int kept) {
        return new Checkpoints(folder, steps, time, kept);
    }
}
