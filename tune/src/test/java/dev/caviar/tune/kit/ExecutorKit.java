package dev.caviar.tune.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Executor;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.TrialPruned;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.sample.TpeSampler;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import dev.caviar.tune.storage.MemoryStorage;
import dev.caviar.tune.storage.StorageException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What every executor does, as tests: extend the class, and give it the executor.
///
/// ```java
/// class MyExecutorTest extends ExecutorKit {
///     @Override
///     protected Executor executor() {
///         return new MyExecutor(4);
///     }
/// }
/// ```
public abstract class ExecutorKit {
    private static final Space SPACE = Space.of(Param.of("x", Real.of(-5, 5)), Param.of("n", Whole.of(1, 9)));
    private static final Objective BOWL = trial -> {
        var x = trial.real("x");
        for (var step = 0; step < 3; step++) {
            trial.checkStop();
            trial.report(step, x / (step + 1));
        }
        return x * x + trial.whole("n");
    };

    /// A new executor.
    protected abstract Executor executor();

    @Test
    protected void itRunsAsManyTrialsAsTheBudgetSays() {
        for (var trials : List.of(1, 2, 17)) {
            var study = study(options());
            var runs = new AtomicInteger();
            study.optimize(trial -> {
                runs.incrementAndGet();
                return BOWL.evaluate(trial);
            }, Budget.trials(trials), executor());
            assertThat(study.trials()).hasSize(trials).allMatch(trial -> trial.state() == TrialState.COMPLETE && trial.reports().size() == 3);
            assertThat(study.trials()).extracting(TrialView::number).isEqualTo(IntStream.range(0, trials).boxed().toList());
            assertThat(runs.get()).isEqualTo(trials);
            study.optimize(BOWL, Budget.trials(trials), executor());
            assertThat(study.trials()).hasSize(trials);
        }
    }

    @Test
    protected void aStudyTakesItsWorkersForItsLag() {
        var study = study(options());
        study.optimize(BOWL, Budget.trials(1), executor());
        assertThat(study.lag()).isEqualTo(executor().workers()).isPositive();
    }

    @Test
    protected void itFindsWhatOneWorkerFinds() {
        for (var sampler : List.<Sampler>of(TpeSampler.of(), StudyOptions.of("kit").sampler())) {
            var study = study(options().withSampler(sampler).withLag(executor().workers()));
            study.optimize(BOWL, Budget.trials(25), executor());
            var alone = study(options().withSampler(sampler).withLag(executor().workers()));
            alone.optimize(BOWL, Budget.trials(25));
            assertThat(found(study)).isEqualTo(found(alone));
        }
    }

    @Test
    protected void aFailureOrAPrunedTrialIsOnlyItsOwn() {
        var study = study(options());
        study.optimize(trial -> {
            if (trial.slot() % 5 == 1) throw new IllegalStateException("odd");
            if (trial.slot() % 5 == 2) throw new TrialPruned();
            if (trial.slot() % 5 == 3) return Double.NaN;
            if (trial.slot() % 5 == 4) throw new StackOverflowError();
            return 1;
        }, Budget.trials(15), executor());
        var tally = study.tally();
        assertThat(List.of(tally.trials(), tally.complete(), tally.pruned(), tally.failed())).containsExactly(15, 3, 3, 9);
    }

    @Test
    protected void queuedSettingsComeFirst() {
        var study = study(options());
        for (var i = 0; i < 3; i++) study.enqueue(Map.of("x", i * 0.5));
        study.optimize(BOWL, Budget.trials(6), executor());
        assertThat(study.trials().subList(0, 3)).extracting(trial -> trial.params().get("x")).containsExactly(0.0, 0.5, 1.0);
        assertThat(study.trials()).hasSize(6);
    }

    @Test
    protected void aStoppedSearchEndsAndIsTakenUpAgain() {
        var storage = new MemoryStorage();
        var whole = study(options());
        whole.optimize(BOWL, Budget.trials(12));
        var runs = new AtomicInteger();
        try (var study = Study.create(storage, options())) {
            study.optimize(trial -> {
                if (runs.incrementAndGet() == 4) study.stop();
                return BOWL.evaluate(trial);
            }, Budget.trials(1_000_000), executor());
            assertThat(study.tally().open()).isEmpty();
            assertThat(study.tally().finished()).isLessThan(1000);
        }
        var before = storage.trials("kit").stream().filter(TrialView::counts).count();
        try (var study = Study.open(storage, options())) {
            study.optimize(BOWL, Budget.trials(Math.max(12, (int) before)), executor());
            assertThat(found(study).subList(0, 12)).isEqualTo(found(whole));
        }
    }

    @Test
    protected void timeEndsASearch() {
        var study = study(options());
        study.optimize(BOWL, Budget.trials(5).within(Duration.ZERO), executor());
        assertThat(study.trials()).isEmpty();
    }

    @Test
    protected void whatCannotBeStoredEndsTheSearchAndIsTold() {
        var study = study(options());
        assertThatThrownBy(() -> study.optimize(trial -> {
            if (trial.slot() == 3) throw new StorageException("the disk is full");
            return BOWL.evaluate(trial);
        }, Budget.trials(1000), executor())).isInstanceOf(StorageException.class).hasMessageContaining("the disk is full");
        assertThat(study.tally().finished()).isLessThan(1000);
    }

    @Test
    protected void anInterruptEndsTheSearchAndStays() throws InterruptedException {
        var study = study(options());
        var interrupted = new AtomicInteger();
        var caller = Thread.ofPlatform().start(() -> {
            var self = Thread.currentThread();
            study.optimize(trial -> {
                if (trial.slot() == 2) self.interrupt();
                return BOWL.evaluate(trial);
            }, Budget.trials(1_000_000), executor());
            if (Thread.interrupted()) interrupted.incrementAndGet();
        });
        caller.join();
        assertThat(interrupted.get()).isEqualTo(1);
        assertThat(study.tally().open()).isEmpty();
    }

    private static StudyOptions options() {
        return StudyOptions.of("kit").withSpace(SPACE).withSeed(4);
    }

    private static Study study(StudyOptions options) {
        return Study.inMemory(options);
    }

    private static List<String> found(Study study) {
        return study.trials().stream().filter(TrialView::counts).sorted(Comparator.comparingInt(TrialView::slot))
                .map(trial -> trial.slot() + " " + trial.state() + " " + trial.params() + " " + trial.reports() + " " + trial.values()).toList();
    }
}
