package dev.caviar.tune.prune;

import dev.caviar.tune.kit.PrunerKit;
import org.junit.jupiter.api.Nested;

/// Every pruner of this package against the kit.
final class AllPrunersTest {
    @Nested
    class Percentile extends PrunerKit {
        @Override
        protected Pruner pruner() {
            return PercentilePruner.of(40).withStartupTrials(2);
        }
    }

    @Nested
    class Patient extends PrunerKit {
        @Override
        protected Pruner pruner() {
            return PatientPruner.of(1).around(MedianPruner.of());
        }
    }

    @Nested
    class Threshold extends PrunerKit {
        @Override
        protected Pruner pruner() {
            return ThresholdPruner.above(0.8);
        }
    }

    @Nested
    class Halving extends PrunerKit {
        @Override
        protected Pruner pruner() {
            return SuccessiveHalvingPruner.of();
        }
    }

    @Nested
    class Hyperband extends PrunerKit {
        @Override
        protected Pruner pruner() {
            return HyperbandPruner.of("kit");
        }
    }

    @Nested
    class Wilcoxon extends PrunerKit {
        @Override
        protected Pruner pruner() {
            return WilcoxonPruner.of();
        }
    }

    @Nested
    class Fronts extends PrunerKit {
        @Override
        protected Pruner pruner() {
            return ParetoPruner.of();
        }
    }
}
