package dev.caviar.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.GridSampler;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.storage.Event;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What one does with studies besides searching, wherever they are kept.
abstract class StudiesKit extends StudyKit {
    private static final Space PLANE = Space.of(Param.of("x", Real.of(0, 5)), Param.of("y", Real.of(0, 3)));

    /// Binh and Korn's problem: two objectives, two limits.
    private static final Objective BINH_KORN = Objective.several(trial -> {
        double x = trial.real("x"), y = trial.real("y");
        trial.constrain((x - 5) * (x - 5) + y * y - 25, 7.7 - (x - 8) * (x - 8) - (y + 3) * (y + 3));
        return List.of(4 * x * x + 4 * y * y, (x - 5) * (x - 5) + (y - 5) * (y - 5));
    });

    private static StudyOptions line(String name) {
        return StudyOptions.of(name).withSpace(Space.of(Param.of("x", Real.of(-10, 10)))).withSeed(4);
    }

    @Test
    void severalObjectivesHaveAFrontAndNoBest() {
        var storage = storage();
        var options = StudyOptions.of("two").withDirections(Direction.MINIMIZE, Direction.MINIMIZE).withSpace(PLANE).withSeed(1);
        var study = Study.create(storage, options);
        study.optimize(BINH_KORN, Budget.trials(60), Executor.threads(2));
        var front = study.paretoFront();
        assertThat(front).hasSizeBetween(5, 40).allMatch(trial -> trial.violation() == 0 && trial.values().size() == 2);
        for (var a : front) for (var b : front)
            assertThat(a.values().get(0) < b.values().get(0) && a.values().get(1) < b.values().get(1)).isFalse();
        assertThat(study.trials()).anyMatch(trial -> trial.violation() > 0);
        assertThat(study.hypervolume(140, 50)).isBetween(3000.0, 7000.0);
        assertThat(study.hypervolume(0, 0)).isZero();
        assertThatThrownBy(study::best).isInstanceOf(IllegalStateException.class).hasMessageContaining("paretoFront()");
        assertThatThrownBy(() -> study.optimize(BINH_KORN, Budget.trials(70).withTarget(1))).hasMessageContaining("2 objectives");
        assertThatThrownBy(() -> Study.open(storage, StudyOptions.of("two").withDirection(Direction.MINIMIZE))).hasMessageContaining("direction MINIMIZE, MINIMIZE, not MINIMIZE");
        assertThat(Study.open(storage, StudyOptions.of("two")).paretoFront()).isEqualTo(front);
    }

    @Test
    void aMaximisedObjectiveCountsTheOtherWayRound() {
        var study = Study.create(storage(), StudyOptions.of("mixed").withDirections(Direction.MINIMIZE, Direction.MAXIMIZE));
        for (var values : new double[][] {{1, 1}, {2, 3}, {3, 2}}) study.tell(study.ask(), values);
        assertThat(study.paretoFront()).extracting(TrialView::number).containsExactly(0, 1);
        assertThat(study.hypervolume(4, 0)).isEqualTo(3 * 1 + 2 * 2);
        study.tell(study.ask(), 1, Double.NaN);
        assertThat(study.trials().getLast().state()).isEqualTo(TrialState.FAIL);
        study.optimize(trial -> 1.0, Budget.trials(5));
        assertThat(study.trials().getLast().error()).contains("1 values for 2 directions");
    }

    @Test
    void whatIsBeyondALimitIsNeverTheBest() {
        var study = Study.create(storage(), line("limited"));
        study.optimize(trial -> {
            trial.constrain(trial.real("x") - 2);
            return -trial.real("x");
        }, Budget.trials(30));
        assertThat((double) study.best().orElseThrow().params().get("x")).isBetween(0.0, 2.0);
        assertThat(study.trials()).anyMatch(trial -> (double) trial.params().get("x") > 2);
    }

    @Test
    void queuedSettingsAreTriedFirstAndInOrder() {
        var storage = storage();
        var study = Study.create(storage, line("queued"));
        study.enqueue(Map.of("x", 1.5), Map.of("why", "by hand"));
        study.enqueue(Map.of());
        study.enqueue(Map.of("x", -2.5));
        assertThat(study.trials()).allMatch(trial -> trial.state() == TrialState.WAITING && trial.started() == null);
        study.optimize(trial -> trial.real("x"), Budget.trials(5));
        var trials = study.trials();
        assertThat(trials).hasSize(5).allMatch(trial -> trial.state() == TrialState.COMPLETE && trial.started() != null);
        assertThat(trials.get(0).params()).isEqualTo(Map.of("x", 1.5));
        assertThat(trials.get(0).attributes()).isEqualTo(Map.of("why", "by hand"));
        assertThat(trials.get(2).params()).isEqualTo(Map.of("x", -2.5));
        assertThatThrownBy(() -> study.enqueue(Map.of("z", 1))).hasMessageContaining("no parameter \"z\"");
        assertThatThrownBy(() -> study.enqueue(Map.of("x", 11))).hasMessageContaining("x = 11 is not in");
    }

    @Test
    void queuedSettingsTakeNoPointFromAGrid() {
        var grid = GridSampler.of(PLANE, 3);
        var study = Study.create(storage(), StudyOptions.of("grid").withSpace(PLANE).withSampler(grid).withLag(2));
        study.enqueue(Map.of("x", 0.125, "y", 0.125));
        study.optimize(trial -> trial.real("x"), Budget.trials(4), Executor.threads(2));
        study.enqueue(Map.of("x", 0.25, "y", 0.25));
        study.cutOff(study.ask());
        study.optimize(trial -> trial.real("x"), Budget.trials(100), Executor.threads(2));
        var tried = study.trials().stream().filter(TrialView::counts).map(TrialView::params).toList();
        assertThat(tried).hasSize(11).containsAll(grid.points()).contains(Map.of("x", 0.125, "y", 0.125), Map.of("x", 0.25, "y", 0.25));
    }

    @Test
    void aQueuedSettingServesAnObjectiveThatSuggests() {
        var study = Study.create(storage(), StudyOptions.of("suggests"));
        study.enqueue(Map.of("x", 1.5, "c", "b"));
        study.optimize(trial -> trial.real("x", 0, 2) + (trial.choice("c", "a", "b").equals("b") ? 1 : 0), Budget.trials(1));
        assertThat(study.best().orElseThrow().value().getAsDouble()).isEqualTo(2.5);
    }

    @Test
    void aQueuedTrialThatIsCutOffKeepsItsSetting() {
        var study = Study.create(storage(), StudyOptions.of("cut off"));
        study.enqueue(Map.of("x", 0.25));
        study.cutOff(study.ask());
        var again = study.ask();
        assertThat(again.slot()).isZero();
        assertThat(again.real("x", 0, 1)).isEqualTo(0.25);
        study.close();
    }

    @Test
    void fixedValuesAreNotSearched() {
        var study = Study.create(storage(), StudyOptions.of("fixed").withSpace(PLANE).withFixed(Map.of("y", 1.25)));
        study.optimize(trial -> trial.real("x"), Budget.trials(5));
        assertThat(study.trials()).extracting(trial -> trial.params().get("y")).containsOnly(1.25);
        assertThat(study.trials()).extracting(trial -> trial.params().get("x")).doesNotHaveDuplicates();
        var open = StudyOptions.of("fixed").withSpace(PLANE);
        assertThatThrownBy(() -> Study.open(study.storage(), open.withFixed(Map.of("y", 1e9)))).hasMessageContaining("y = 1.0E9 is not in").hasMessageContaining("\nMaybe ");
        assertThatThrownBy(() -> Study.open(study.storage(), open.withFixed(Map.of("why", 1)))).hasMessageContaining("no parameter \"why\"").hasMessageContaining("\nMaybe ");
    }

    @Test
    void aSamplerThatProposesWhatIsNotInTheSpaceIsNamed() {
        Sampler wild = (past, trial, name, dist, random) -> 1e9;
        assertThatThrownBy(() -> Study.create(storage(), StudyOptions.of("wild").withSpace(PLANE).withSampler(wild)).ask())
                .hasMessageContaining("The sampler ").hasMessageContaining("1.0E9 is not a value of");
    }

    @Test
    void aSettingIsRepeatedWithOtherSeeds() {
        var study = Study.create(storage(), line("repeated"));
        Objective noisy = trial -> Math.floorMod(trial.seed(), 1000);
        study.optimize(noisy.repeated(4), Budget.trials(3));
        for (var trial : study.trials()) {
            var repeats = ((List<?>) trial.attributes().get("repeats")).stream().mapToDouble(value -> ((Number) value).doubleValue()).toArray();
            assertThat(repeats).hasSize(4);
            assertThat(Arrays.stream(repeats).distinct().count()).isGreaterThan(2);
            var mean = Arrays.stream(repeats).average().orElseThrow();
            assertThat(trial.value().getAsDouble()).isEqualTo(mean);
            var variance = Arrays.stream(repeats).map(value -> (value - mean) * (value - mean)).sum() / 3;
            assertThat((double) trial.attributes().get("spread")).isCloseTo(Math.sqrt(variance), within(1e-9));
        }
        assertThatThrownBy(() -> noisy.repeated(0)).hasMessageContaining("repeated(0)");
    }

    @Test
    void aTargetAndPatienceEndTheSearchAtTheSameTrialWithAnyNumberOfWorkers() {
        for (var budget : List.of(Budget.trials(200).withTarget(0.5), Budget.trials(200).withPatience(7))) {
            var sizes = new ArrayList<Integer>();
            for (var workers = 1; workers <= 3; workers++) {
                var study = Study.create(storage(), line("stops").withLag(3));
                study.optimize(trial -> Math.abs(trial.real("x") - 1), budget, Executor.threads(workers));
                sizes.add(study.tally().finished());
            }
            assertThat(sizes).as(budget.toString()).containsOnly(sizes.getFirst());
            assertThat(sizes.getFirst()).isBetween(4, 150);
        }
        var study = Study.create(storage(), line("alone").withLag(1));
        study.optimize(trial -> Math.abs(trial.real("x") - 1), Budget.trials(200).withTarget(0.5));
        assertThat(study.trials().getLast()).isEqualTo(study.best().orElseThrow());
        assertThat(study.best().orElseThrow().value().getAsDouble()).isLessThanOrEqualTo(0.5);
    }

    @Test
    void aFailureIsTriedAgainAsOftenAsIsAllowed() {
        var study = Study.create(storage(), line("flaky").withRetries(new Retries(2, 5)));
        var tries = new ConcurrentHashMap<Integer, AtomicInteger>();
        study.optimize(trial -> {
            var nth = tries.computeIfAbsent(trial.slot(), _ -> new AtomicInteger()).incrementAndGet();
            if (trial.slot() == 1 && nth < 3 || trial.slot() == 2) throw new IOException("the network is away");
            return trial.real("x");
        }, Budget.trials(4));
        assertThat(tries.get(1).get()).isEqualTo(3);
        assertThat(tries.get(2).get()).isEqualTo(3);
        assertThat(study.tally().complete()).isEqualTo(3);
        assertThat(study.tally().failed()).isEqualTo(1);
        assertThat(study.tally().cutOff()).isEmpty();
        var last = study.trials().stream().filter(trial -> trial.slot() == 2).toList().getLast();
        assertThat(last.error()).contains("the network is away");
        assertThat(last.systemAttributes()).containsEntry("failed_trial", last.systemAttributes().get("retry_history") instanceof List<?> list ? list.getFirst() : -1);
        assertThat(study.trials().stream().filter(trial -> trial.slot() == 2).map(TrialView::params).distinct()).hasSize(1);
    }

    @Test
    void aSettingThatKillsItsProcessIsGivenUpInTheEnd() {
        var storage = storage();
        Study.create(storage, line("deadly")).close();
        var dead = Map.of("host", Owner.self().host(), "pid", Long.MAX_VALUE >> 8, "started", 1L, "worker", "x");
        var tries = 0;
        while (true) {
            try (var study = Study.open(storage, line("deadly").withRetries(new Retries(0, 2)))) {
                if (study.tally().failed() == 1) break;
                storage.start("deadly", tally -> {
                    var turn = Turn.next(tally);
                    var events = new ArrayList<>(turn.events(tally.trials(), Owner.self()));
                    events.add(new Event.SystemAttribute(TrialView.OWNER, dead));
                    return Optional.of(Storage.Begin.next(events));
                });
                tries++;
            }
        }
        assertThat(tries).isEqualTo(3);
        assertThat(storage.trials("deadly")).extracting(TrialView::slot).containsOnly(0);
    }

    @Test
    void aHiddenTrialIsNeverTheBestAndNotLearntFrom() {
        var seen = new ArrayList<Integer>();
        Sampler spy = new Sampler() {
            @Override
            public Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
                seen.add(past.trials().size());
                return dist.at(random.nextDouble());
            }
        };
        var storage = storage();
        var study = Study.create(storage, line("hides").withSampler(spy));
        study.optimize(trial -> trial.number() == 2 ? -1e9 : trial.real("x"), Budget.trials(4));
        study.notes().hide(2);
        assertThat(study.best().orElseThrow().number()).isNotEqualTo(2);
        study.optimize(trial -> trial.real("x"), Budget.trials(5));
        assertThat(seen).containsExactly(0, 1, 2, 3, 3);
        assertThat(Study.open(storage, line("hides")).notes().hidden()).containsExactly(2);
        study.notes().show(2);
        assertThat(study.best().orElseThrow().number()).isEqualTo(2);
        assertThatThrownBy(() -> study.notes().hide(9)).hasMessageContaining("no trial 9");
    }

    @Test
    void notesTagsAndAttributesStayWithTheStudy() {
        var storage = storage();
        var study = Study.create(storage, line("noted"));
        study.optimize(trial -> 1.0, Budget.trials(2));
        var longText = "ü *long* ".repeat(700);
        study.notes().write(longText);
        study.notes().write(1, "odd one");
        study.notes().tag("baseline");
        study.notes().tag("digits");
        study.notes().tag("baseline");
        study.notes().untag("digits");
        study.notes().attribute("owner", Map.of("name", "Ada"));
        var notes = Study.open(storage, line("noted")).notes();
        assertThat(notes.read()).isEqualTo(longText);
        assertThat(notes.read(1)).isEqualTo("odd one");
        assertThat(notes.read(0)).isEmpty();
        assertThat(notes.tags()).containsExactly("baseline");
        assertThat(notes.attributes()).containsEntry("owner", Map.of("name", "Ada"));
        notes.write("short");
        assertThat(study.notes().read()).isEqualTo("short");
    }

    @Test
    void aCopyHasEverythingAndGoesOnByItself() {
        var storage = storage();
        var study = Study.create(storage, line("first").withJob(Map.of("data", "digits")));
        study.optimize(trial -> {
            trial.report(0, trial.real("x"));
            trial.note("n", trial.number());
            if (trial.number() == 1) throw new IllegalStateException("no");
            return trial.number() == 2 ? Double.NEGATIVE_INFINITY : trial.real("x");
        }, Budget.trials(4));
        study.ask();
        study.enqueue(Map.of("x", 3.5));
        study.notes().tag("original");
        for (var target : List.of(storage, storage())) {
            Study.copy(storage, "first", target, "second");
            var copy = Study.open(target, line("second"));
            assertThat(copy.trials().subList(0, 4)).isEqualTo(study.trials().subList(0, 4));
            assertThat(copy.trials().get(4).cutOff()).isTrue();
            assertThat(copy.job()).isEqualTo(Map.of("data", "digits"));
            assertThat(copy.notes().tags()).containsExactly("original");
            copy.optimize(trial -> trial.real("x"), Budget.trials(7));
            assertThat(copy.trials()).hasSize(8);
            assertThat(copy.trials().get(5).params()).isEqualTo(Map.of("x", 3.5));
            assertThat(copy.trials().get(6).params()).isEqualTo(study.trials().get(4).params());
            assertThat(study.trials()).hasSize(6);
            assertThatThrownBy(() -> Study.copy(storage, "first", target, "second")).hasMessageContaining("already exists");
        }
        study.close();
    }

    @Test
    void aWarmStartTriesTheBestFirstAndShowsTheRest() {
        var storage = storage();
        var old = Study.create(storage, line("old"));
        old.optimize(trial -> 100 + Math.abs(trial.real("x") - 3), Budget.trials(20));
        var shown = new ArrayList<History>();
        Sampler spy = new Sampler() {
            @Override
            public Object propose(History past, TrialView trial, String name, Dist dist, RandomGenerator random) {
                shown.add(past);
                return dist.at(random.nextDouble());
            }
        };
        var options = line("new").withSampler(spy).withSeed(9).withWarmStart(WarmStart.from(storage, "old", 2));
        Objective objective = trial -> Math.abs(trial.real("x") - 3);
        Study.create(storage, options).optimize(objective, Budget.trials(4));
        var study = Study.open(storage, line("new").withSampler(spy));
        study.optimize(objective, Budget.trials(5));
        var ranked = old.ranked();
        assertThat(study.trials().subList(0, 2)).extracting(TrialView::params).containsExactly(ranked.get(0).params(), ranked.get(1).params());
        assertThat(shown).extracting(past -> past.trials().size()).containsExactly(22, 23, 24);
        assertThat(shown.getLast().trials().getFirst().params()).isEqualTo(ranked.getFirst().params());
        // the best of the old counts as much as the best of the new, and the worst as the worst
        var values = shown.getLast().trials().stream().mapToDouble(trial -> trial.value().orElseThrow()).toArray();
        assertThat(values[0]).isLessThan(values[19]).isLessThan(2);
        assertThat(values[19]).isLessThan(25);
        assertThat(storage.trials("new")).hasSize(5);
        assertThatThrownBy(() -> Study.create(storage, StudyOptions.of("other").withDirections(Direction.MINIMIZE, Direction.MINIMIZE)
                .withWarmStart(WarmStart.from(storage, "old", 1)))).hasMessageContaining("2 objectives");
    }

    @Test
    void filesStayWithTheirTrial(@TempDir Path folder) throws IOException {
        var kept = folder.resolve("kept");
        var file = Files.writeString(folder.resolve("curve.csv"), "step,loss\n");
        var study = Study.create(storage(), line("files").withArtifacts(kept));
        study.optimize(trial -> {
            trial.attach(file);
            return 1.0;
        }, Budget.trials(2));
        for (var trial : study.trials()) {
            var artifact = Artifact.of(trial).getFirst();
            assertThat(artifact.filename()).isEqualTo("curve.csv");
            assertThat(study.artifacts().path(artifact.id())).hasContent("step,loss\n");
        }
        assertThat(kept).isDirectoryContaining(path -> path.getFileName().toString().matches("[0-9a-f]{64}"));
        try (var files = Files.list(kept)) {
            assertThat(files.count()).isEqualTo(1);
        }
        for (var id : List.of("../curve.csv", "..", "a/b", "", "\0", "x".repeat(200)))
            assertThatThrownBy(() -> study.artifacts().path(id)).isInstanceOf(StorageException.class);
        var evil = new Artifact(Artifact.of(study.trials().getFirst()).getFirst().id(), "../../evil.csv", "text/csv", null);
        assertThat(study.artifacts().export(evil, folder.resolve("out"))).isEqualTo(folder.resolve("out/evil.csv"));
        study.optimize(trial -> {
            trial.attach(folder.resolve("nothing"));
            return 1.0;
        }, Budget.trials(3));
        assertThat(study.trials().get(2).error()).contains("there is no such file");
    }
}
