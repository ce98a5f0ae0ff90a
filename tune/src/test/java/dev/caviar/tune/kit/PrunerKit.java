package dev.caviar.tune.kit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Executor;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.TrialPruned;
import dev.caviar.tune.prune.Pruner;
import dev.caviar.tune.prune.Verdict;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// What every pruner does: extend it, and give it the pruner.
///
/// ```java
/// class MyPrunerTest extends PrunerKit {
///     @Override
///     protected Pruner pruner() {
///         return MedianPruner.of();
///     }
/// }
/// ```
public abstract class PrunerKit {
    /// The pruner for the study `kit`.
    protected abstract Pruner pruner();

    @Test
    void aTrialThatReportedNothingGoesOn() {
        for (var past : List.of(past(0, 1), past(20, 1), past(20, -1)))
            assertThat(pruner().judge(past, TrialView.running(20))).isEqualTo(Verdict.CONTINUE);
    }

    @Test
    void askedAgainItAnswersTheSameAndNotesTheSame() {
        var random = new SplittableRandom(2);
        for (var sign : new int[] {1, -1}) {
            var past = past(30, sign);
            var running = TrialView.running(30);
            for (var step = 0; step < 8; step++) {
                running = running.withReport(step, random.nextDouble());
                assertThat(pruner().judge(past, running)).isEqualTo(pruner().judge(past, running));
                assertThat(pruner().notes(past, running)).isEqualTo(pruner().notes(past, running));
            }
            assertThat(pruner().seen(past, running).trials()).isSubsetOf(past.trials());
        }
    }

    @Test
    void anyReportsAreTaken() {
        for (var value : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, Double.MAX_VALUE}) {
            var running = TrialView.running(30);
            for (var step : new int[] {0, 1, 2, 1_000_000_000}) running = running.withReport(step, value);
            assertThat(pruner().judge(past(30, 1), running)).isNotNull();
        }
    }

    @Test
    void theNumberOfWorkersChangesNothing() {
        assertThat(states(Executor.threads(3))).isEqualTo(states(Executor.inline()));
    }

    private List<TrialState> states(Executor executor) {
        var study = Study.inMemory(StudyOptions.of("kit").withLag(3).withPruner(pruner()));
        study.optimize(trial -> {
            var level = trial.real("x", 0, 1);
            for (var step = 0; step < 6; step++) {
                trial.report(step, level + 0.3 * Math.sin(7 * step + 9 * level));
                if (trial.shouldPrune()) throw new TrialPruned();
            }
            return level;
        }, Budget.trials(30), executor);
        return study.trials().stream().map(TrialView::state).toList();
    }

    private static History past(int count, int sign) {
        var random = new SplittableRandom(1);
        var trials = new ArrayList<TrialView>();
        for (var i = 0; i < count; i++) {
            var trial = TrialView.running(i);
            for (var step = 0; step < 6; step++) trial = trial.withReport(step, random.nextInt(20) == 0 ? Double.NaN : random.nextDouble());
            trials.add(switch (i % 5) {
                case 0 -> trial.ended(TrialState.FAIL);
                case 1 -> trial.ended(TrialState.PRUNED, 0.5);
                default -> trial.ended(TrialState.COMPLETE, random.nextDouble());
            });
        }
        return new History(trials, List.of(sign > 0 ? Direction.MINIMIZE : Direction.MAXIMIZE));
    }
}
