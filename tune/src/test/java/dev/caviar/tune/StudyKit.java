package dev.caviar.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.prune.Pruner;
import dev.caviar.tune.prune.Verdict;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.storage.Event;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// What every study does, wherever it is kept.
abstract class StudyKit {
    /// A new, empty storage.
    abstract Storage storage();

    private static final Space SPACE = Preset.basic().space();

    /// A made-up accuracy of a setting, the same wherever it is computed.
    private static final Objective SCORE = trial -> {
        var score = 0.9 - Math.abs(Math.log10(trial.real("learning_rate")) + 2.5) / 10 + trial.real("dropout") / 50 - trial.whole("layers") / 100.0;
        for (var epoch = 0; epoch < 5; epoch++) {
            trial.checkStop();
            trial.report(epoch, score * (epoch + 1) / 5 + (trial.seed() % 7) / 1000.0);
            if (trial.shouldPrune()) throw new TrialPruned();
        }
        return score;
    };

    private static StudyOptions options() {
        return StudyOptions.of("test").withDirection(Direction.MAXIMIZE).withSpace(SPACE).withSeed(1);
    }

    @Test
    void askAndTellFindAParabolasBottom() {
        var study = Study.create(storage(), StudyOptions.of("parabola").withSeed(3));
        for (var i = 0; i < 200; i++) {
            var trial = study.ask();
            study.tell(trial, Math.pow(trial.real("x", -10, 10) - 5, 2));
        }
        assertThat(study.best().orElseThrow().value().getAsDouble()).isLessThan(0.05);
        assertThat((double) study.best().orElseThrow().params().get("x")).isBetween(4.7, 5.3);
        assertThat(study.trials()).hasSize(200).allMatch(trial -> trial.state() == TrialState.COMPLETE);
    }

    @Test
    void theSameSeedGivesTheSameSearchWithOneWorkerAndWithTwo() {
        var alone = search(options().withLag(2), Executor.inline());
        assertThat(search(options().withLag(2), Executor.threads(2))).isEqualTo(alone);
        assertThat(search(options().withLag(2).withSeed(2), Executor.inline())).isNotEqualTo(alone);
    }

    @Test
    void aJudgeOfThePastSeesTheSamePastWhateverTheNumberOfWorkers() {
        Pruner harsh = (past, running) -> past.best().isPresent()
                && running.lastReport().getAsDouble() < past.best().get().value().getAsDouble() * 0.95 * (running.reports().size()) / 5
                ? Verdict.STOP : Verdict.CONTINUE;
        var judged = options().withPruner(harsh).withSampler(new Follower()).withLag(3);
        var alone = search(judged, Executor.inline());
        assertThat(alone).anyMatch(line -> line.contains("PRUNED")).anyMatch(line -> line.contains("COMPLETE"));
        assertThat(search(judged, Executor.threads(3))).isEqualTo(alone);
        assertThat(search(judged, Executor.threads(2))).isEqualTo(alone);
    }

    @Test
    void aTrialSeesNothingYoungerThanTheLag() {
        var seen = new ConcurrentHashMap<Integer, Integer>();
        Sampler spy = new Sampler() {
            @Override
            public Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
                seen.put(trial.number(), past.trials().size());
                return dist.at(0.5);
            }
        };
        var study = Study.create(storage(), StudyOptions.of("lag").withSampler(spy).withLag(3));
        study.optimize(trial -> trial.real("x", 0, 1), Budget.trials(8), Executor.threads(3));
        for (var n = 0; n < 8; n++) assertThat(seen.get(n)).isEqualTo(Math.max(0, n - 2));
    }

    @Test
    void aTrialSeesWhatTheTrialsThatTheLagHidesTry() {
        var alone = pending(Executor.inline());
        assertThat(alone.get(0)).isEmpty();
        assertThat(alone.get(7)).hasSize(2).allMatch(trial -> trial.state() == TrialState.RUNNING && trial.reports().isEmpty() && !trial.params().isEmpty());
        assertThat(pending(Executor.threads(3))).isEqualTo(alone);
    }

    private Map<Integer, List<TrialView>> pending(Executor executor) {
        var seen = new ConcurrentHashMap<Integer, List<TrialView>>();
        Sampler spy = new Sampler() {
            @Override
            public Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
                seen.put(trial.slot(), past.pending());
                return dist.at(random.nextDouble());
            }
        };
        var study = Study.create(storage(), options().withSampler(spy).withLag(3));
        study.optimize(SCORE, Budget.trials(12), executor);
        return seen;
    }

    @Test
    void nanAndThrownErrorsFailTheirTrialOnly() {
        var study = Study.create(storage(), options());
        study.optimize(trial -> {
            trial.report(0, 0.5);
            if (trial.number() == 1) return Double.NaN;
            if (trial.number() == 2) throw new IllegalStateException("no memory for 3 layers");
            if (trial.number() == 3) throw new StackOverflowError();
            return trial.number();
        }, Budget.trials(6));
        var trials = study.trials();
        assertThat(trials.get(1).state()).isEqualTo(TrialState.FAIL);
        assertThat(trials.get(1).error()).contains("NaN");
        assertThat(trials.get(1).reports()).containsEntry(0, 0.5);
        assertThat(trials.get(2).error()).contains("no memory for 3 layers");
        assertThat(trials.get(3).error()).contains("StackOverflowError");
        assertThat(study.tally().failed()).isEqualTo(3);
        assertThat(study.best().orElseThrow().number()).isEqualTo(5);
    }

    @Test
    void aBudgetCountsWhatIsThereAlready() {
        var study = Study.create(storage(), options());
        study.optimize(SCORE, Budget.trials(4));
        study.optimize(SCORE, Budget.trials(7), Executor.threads(4));
        study.optimize(SCORE, Budget.trials(5));
        assertThat(study.trials()).hasSize(7);
        assertThatThrownBy(() -> Budget.trials(0)).hasMessageContaining("at least 1");
    }

    @Test
    void noTrialBeginsAfterTheDeadline() {
        var study = Study.create(storage(), options());
        study.optimize(SCORE, Budget.trials(5).within(Duration.ZERO));
        assertThat(study.trials()).isEmpty();
    }

    @Test
    void finishedTrialsAreDeliveredInTheOrderOfTheSearch() {
        var study = Study.create(storage(), options());
        var order = new ArrayList<Integer>();
        study.onFinished(trial -> order.add(trial.number()));
        var second = new CountDownLatch(1);
        study.optimize(trial -> {
            if (trial.number() == 0) second.await();
            if (trial.number() == 2) second.countDown();
            return 1;
        }, Budget.trials(6), Executor.threads(2));
        assertThat(order).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void aStoppedSearchIsTakenUpWhereItWas() {
        var whole = search(options(), Executor.inline());
        for (var workers = 1; workers <= 2; workers++) {
            var storage = storage();
            var count = new AtomicInteger();
            try (var study = Study.create(storage, options())) {
                study.optimize(trial -> {
                    if (count.incrementAndGet() == 6) study.stop();
                    return SCORE.evaluate(trial);
                }, Budget.trials(20), Executor.threads(workers));
                assertThat(study.trials()).anyMatch(TrialView::cutOff);
            }
            var order = new ArrayList<Integer>();
            try (var study = Study.open(storage, options())) {
                study.onFinished(trial -> order.add(trial.slot()));
                study.optimize(SCORE, Budget.trials(20), Executor.threads(workers));
                assertThat(lines(study)).isEqualTo(whole);
                assertThat(study.tally().finished()).isEqualTo(20);
                assertThat(study.tally().failed()).isZero();
                var again = study.trials().stream().filter(trial -> trial.retryOf().isPresent()).findFirst().orElseThrow();
                assertThat(again.params()).isEqualTo(study.trials().get(again.retryOf().getAsInt()).params());
                assertThat(again.number()).isGreaterThan(again.slot());
            }
            assertThat(order).isSorted().hasSizeGreaterThan(10);
        }
    }

    @Test
    void trialsOfADeadProcessAreRunAgain() {
        var whole = search(options(), Executor.inline());
        var storage = storage();
        try (var study = Study.create(storage, options())) {
            study.optimize(SCORE, Budget.trials(3));
        }
        var dead = Map.of("host", Owner.self().host(), "pid", Long.MAX_VALUE >> 8, "started", 1L, "worker", "x");
        storage.start("test", tally -> Optional.of(Storage.Begin.next(List.of(new Event.SystemAttribute(TrialView.OWNER, dead)))));
        var far = Map.of("host", "another machine", "pid", 1L, "started", 1L, "worker", "y");
        storage.start("test", tally -> Optional.of(Storage.Begin.next(List.of(new Event.SystemAttribute(TrialView.OWNER, far)))));
        try (var study = Study.open(storage, options())) {
            assertThat(study.trials().get(3).cutOff()).isTrue();
            assertThat(study.trials().get(4).state()).isEqualTo(TrialState.RUNNING);
            storage.append("test", 4, List.of(Event.End.complete(0.0)));
            study.optimize(SCORE, Budget.trials(20));
            assertThat(study.tally().finished()).isEqualTo(20);
            assertThat(lines(study).get(3)).isEqualTo(whole.get(3));
        }
    }

    @Test
    void aSilentTrialOfAnotherMachineIsGivenUpAndABeatingOneIsNot() {
        var study = Study.create(storage(), options());
        var trial = study.ask();
        var began = trial.view().started();
        var far = new Owner("another machine", 1, 1, "0", 30);
        assertThat(far.dead(trial.view(), began.plusSeconds(170))).isFalse();
        assertThat(far.dead(trial.view(), began.plusSeconds(190))).isTrue();
        study.beat();
        var beat = Instant.parse((String) study.trials().getFirst().systemAttributes().get(TrialView.HEARTBEAT));
        assertThat(far.dead(study.trials().getFirst(), beat.plusSeconds(170))).isFalse();
        assertThat(new Owner("another machine", 1, 1, "0", 0).dead(trial.view(), began.plusSeconds(999_999))).isFalse();
        assertThat(Owner.self().dead(trial.view(), began.plusSeconds(999_999))).isFalse();
        var self = Owner.self();
        assertThat(new Owner(self.host(), self.pid(), self.started() - 1000, "0", 0).dead(trial.view(), began)).isTrue();
        study.close();
    }

    @Test
    void aListenerMayStopTheSearch() {
        var study = Study.create(storage(), options());
        study.onFinished(trial -> {
            if (trial.number() == 4) study.stop();
        });
        study.optimize(trial -> {
            if (trial.number() > 8) while (!trial.shouldStop()) Thread.onSpinWait();
            return SCORE.evaluate(trial);
        }, Budget.trials(1000), Executor.threads(4));
        assertThat(study.tally().trials()).isBetween(5, 13);
    }

    @Test
    void anInterruptedThreadEndsItsSearch() {
        var study = Study.create(storage(), options());
        study.optimize(trial -> {
            Thread.currentThread().interrupt();
            throw new InterruptedException();
        }, Budget.trials(20));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(study.trials()).hasSize(1).allMatch(TrialView::cutOff);
    }

    @Test
    void trialsAskedForAndNeverToldAreCutOffOnClose() {
        var storage = storage();
        int number;
        try (var study = Study.create(storage, options())) {
            number = study.ask().number();
            study.optimize(SCORE, Budget.trials(2));    // does not wait for the other
        }
        assertThat(storage.trials("test").get(number).cutOff()).isTrue();
    }

    @Test
    void anotherDirectionOrSpaceIsRefused() {
        var storage = storage();
        Study.create(storage, options());
        assertThatThrownBy(() -> Study.open(storage, options().withDirection(Direction.MINIMIZE)))
                .isInstanceOf(StorageException.class).hasMessageContaining("direction MAXIMIZE, not MINIMIZE");
        assertThatThrownBy(() -> Study.open(storage, options().withSpace(Preset.mnist().space()))).hasMessageContaining("another space");
        assertThatThrownBy(() -> Study.create(storage, options())).hasMessageContaining("already exists");
        assertThatThrownBy(() -> Study.open(storage, StudyOptions.of("nobody"))).hasMessageContaining("no study \"nobody\"");
        var again = Study.open(storage, StudyOptions.of("test"));
        assertThat(again.space()).isEqualTo(SPACE);
        assertThat(again.seed()).isEqualTo(1);
        assertThat(again.direction()).isEqualTo(Direction.MAXIMIZE);
    }

    @Test
    void aJobDescriptorAndTheLagStayWithTheStudy() {
        var storage = storage();
        try (var study = Study.create(storage, options().withJob(Map.of("data", "digits", "epochs", 10)))) {
            study.optimize(SCORE, Budget.trials(2), Executor.threads(2));
        }
        var study = Study.open(storage, StudyOptions.of("test"));
        assertThat(study.job()).isEqualTo(Map.of("data", "digits", "epochs", 10L));
        assertThat(study.lag()).isEqualTo(2);
    }

    @Test
    void whatIsChosenAndNeverReadIsKnown() {
        var study = Study.create(storage(), options());
        var trial = study.ask();
        trial.real("learning_rate");
        trial.whole("units");
        trial.text("optimizer");
        assertThat(trial.unread()).contains("dropout", "l2", "layers", "batch_size").doesNotContain("learning_rate", "units", "optimizer");
    }

    @Test
    void aTrialExplainsWhatItDoesNotHave() {
        var study = Study.create(storage(), StudyOptions.of("small").withSpace(Space.of(
                Param.of("optimizer", Choice.of("adam")), Param.of("momentum", Real.of(0, 1)).when("optimizer", "adam"))));
        var trial = study.ask();
        assertThat(trial.has("momentum")).isTrue();
        assertThatThrownBy(() -> trial.real("momentun")).hasMessageContaining("no parameter \"momentun\"").hasMessageContaining("optimizer, momentum");
        assertThatThrownBy(() -> trial.flag("optimizer")).hasMessageContaining("is adam, which is not true or false");
        assertThat(trial.choice("size", 1, 2, 3)).isIn(1, 2, 3);
        assertThatThrownBy(() -> trial.real("size", 0, 1)).hasMessageContaining("cannot become");
    }

    @Test
    void anExecutorThatBreaksSaysWhy() {
        var study = Study.create(storage(), options());
        assertThatThrownBy(() -> study.optimize(trial -> {
            throw new StorageException("the disk is full");
        }, Budget.trials(10), Executor.threads(2))).hasMessageContaining("the disk is full");
    }

    @Test
    void nobodyWaitsForATrialWhoseEndCouldNotBeStored() {
        var study = Study.create(storage(), options());
        assertThatThrownBy(() -> study.optimize(trial -> {
            if (trial.number() == 2) throw new StorageException("the disk is full");
            return SCORE.evaluate(trial);
        }, Budget.trials(5))).hasMessageContaining("the disk is full");
        study.optimize(SCORE, Budget.trials(5));
        assertThat(study.tally().finished()).isEqualTo(5);
        assertThat(study.trials().get(2).cutOff()).isTrue();
        assertThat(study.trials()).extracting(TrialView::slot).contains(2);
    }

    @Test
    void aSamplerThatBreaksLeavesNothingBehind() {
        Sampler broken = (past, trial, name, dist, random) -> trial.slot() == 2 ? "nonsense" : dist.at(0.5);
        var storage = storage();
        var study = Study.create(storage, options().withSampler(broken));
        assertThatThrownBy(() -> study.optimize(SCORE, Budget.trials(5), Executor.threads(2))).hasMessageContaining("nonsense is not a value of");
        assertThat(study.tally().open()).isEmpty();
        var again = Study.open(storage, options());
        again.optimize(SCORE, Budget.trials(5));
        assertThat(again.tally().finished()).isEqualTo(5);
    }

    @Test
    void suggestedScalesAreKept() {
        var study = Study.create(storage(), StudyOptions.of("scales"));
        study.optimize(trial -> trial.real("beta", 0.9, 0.999, Scale.ONE_MINUS_LOG) + trial.whole("batch", 16, 256, Scale.POWER_OF_TWO), Budget.trials(3));
        assertThat(study.trials().getFirst().space().get("beta")).isEqualTo(Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG));
    }

    private List<String> search(StudyOptions options, Executor executor) {
        try (var study = Study.create(storage(), options)) {
            study.optimize(SCORE, Budget.trials(20), executor);
            return lines(study);
        }
    }

    private static List<String> lines(Study study) {
        return study.trials().stream().filter(TrialView::counts)
                .sorted(java.util.Comparator.comparingInt(TrialView::slot))
                .map(trial -> trial.slot() + " " + trial.state() + " " + trial.params() + " " + trial.reports() + " " + trial.values()).toList();
    }

    /// Goes near the best so far: what it proposes depends on everything it sees.
    private static final class Follower implements Sampler {
        @Override
        public Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
            var best = past.best().filter(known -> known.params().containsKey(name));
            if (best.isEmpty()) return dist.at(random.nextDouble());
            return dist.at(Math.clamp(dist.unit(best.get().params().get(name)) + (random.nextDouble() - 0.5) / 3, 0, 1));
        }
    }
}
