package dev.caviar.tune.sample;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Dist;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Every parameter by itself, evenly on its scale; see Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 2012.
///
/// ```java
/// Sampler sampler = new RandomSampler();
/// assert !sampler.usesHistory();
/// ```
public record RandomSampler() implements Sampler {
    @Override
    public @Nullable Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
        return dist.at(random.nextDouble());
    }

    @Override
    public boolean usesHistory() {
        return false;
    }
}
