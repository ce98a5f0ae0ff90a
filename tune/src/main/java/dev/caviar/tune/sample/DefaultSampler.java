package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What to search with where nothing better is known: chooses by the space and the budget, and says what and why.
///
/// As long as a Gaussian process is affordable ([GpSampler]) it proposes; while it finds nothing better for some trials, a Parzen estimator
/// ([TpeSampler]) takes turns with it, which errs in other ways. After that the estimator proposes alone. Objectives that define their parameters as they
/// run are left to the estimator. Every trial keeps which of both proposed it, in the system attribute [#BY].
///
/// ```java
/// var space = Space.of(Param.of("rate", Real.log(1e-4, 1)), Param.of("units", Whole.of(50, 100)));
/// var sampler = DefaultSampler.of(space, 50);
/// assert sampler.reason().startsWith("A Gaussian process");
/// ```
public final class DefaultSampler implements Sampler {
    /// Key of the system attribute that says who proposed a trial's setting: `gp` or `tpe`.
    public static final String BY = "caviar:by";
    // A process with so many trials, or in so many dimensions, takes long to fit and hardly knows more.
    private static final int AFFORDABLE = 300;
    private static final int DIMENSIONS = 40;
    private static final int PATIENCE = 10;

    private final GpSampler process = GpSampler.of();
    private final TpeSampler estimator = TpeSampler.of().withStartup(GpSampler.STARTUP);
    private final int dimensions;
    private final int trials;

    private DefaultSampler(int dimensions, int trials) {
        if (trials < 1) throw new SpaceException("DefaultSampler(" + trials + " trials): at least 1 is needed.");
        this.dimensions = dimensions;
        this.trials = trials;
    }

    /// For a space and about so many trials.
    public static DefaultSampler of(Space space, int trials) {
        return new DefaultSampler(space.params().size(), trials);
    }

    /// What proposes, and why.
    public String reason() {
        if (dimensions > DIMENSIONS) return "A Parzen estimator, since " + dimensions + " parameters are too many for a Gaussian process.";
        var mixed = "A Gaussian process, in turns with a Parzen estimator while it is stuck, ";
        return trials <= AFFORDABLE ? mixed + "since so few trials (" + trials + ") are worth some thought each."
                : mixed + "for the first " + AFFORDABLE + " of " + trials + " trials; then the estimator alone, which stays fast.";
    }

    @Override
    public Map<String, @Nullable Object> propose(History past, TrialView trial, Space space, RandomGenerator random) {
        return by(past, trial, space).propose(past, trial, space, random);
    }

    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        return estimator.propose(past, trial, name, dist, random);
    }

    @Override
    public Map<String, @Nullable Object> notes(History past, TrialView trial, Space space) {
        return Map.of(BY, by(past, trial, space) == process ? "gp" : "tpe");
    }

    private Sampler by(History past, TrialView trial, Space space) {
        if (past.trials().size() >= AFFORDABLE || space.params().size() > DIMENSIONS) return estimator;
        return trial.slot() % 2 == 1 && stuck(past) ? estimator : process;
    }

    private static boolean stuck(History past) {
        if (past.directions().size() > 1 || past.trials().size() <= PATIENCE) return false;
        var best = past.best();
        return best.isPresent() && past.trials().size() - 1 - past.trials().indexOf(best.get()) >= PATIENCE;
    }
}
