package dev.caviar.tune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every storage does: extend it, and give it an empty storage.
abstract class StorageKit {
    private static final Storage.Admission ALWAYS = tally -> Optional.of(Storage.Begin.next(List.of()));

    protected Storage storage;

    /// A new, empty storage.
    abstract Storage open();

    /// The same data as a reader would find it who opens the storage only now; the storage itself where there is no such thing.
    Storage reopened() {
        return storage;
    }

    @BeforeEach
    void begin() {
        storage = open();
        storage.create("s", List.of(Direction.MAXIMIZE), Map.of("caviar:seed", 1L));
    }

    @AfterEach
    void end() {
        storage.close();
    }

    @Test
    void studiesHaveUniqueNamesAndKeepWhatIsNoted() {
        assertThatThrownBy(() -> storage.create("s", List.of(Direction.MAXIMIZE), Map.of())).isInstanceOf(StorageException.class).hasMessageContaining("\"s\" already exists");
        storage.create("ü 'quoted\"", List.of(Direction.MINIMIZE, Direction.MAXIMIZE), Map.of());
        assertThat(storage.names()).containsExactly("s", "ü 'quoted\"");
        assertThat(storage.noteOnce("s", "caviar:seed", 2L)).isEqualTo(1L);
        assertThat(storage.noteOnce("s", "caviar:lag", 2)).isEqualTo(2L);
        try (var again = reopened()) {
            assertThat(again.find("s").orElseThrow().systemAttributes()).isEqualTo(Map.of("caviar:seed", 1L, "caviar:lag", 2L));
            assertThat(again.find("ü 'quoted\"").orElseThrow().directions()).containsExactly(Direction.MINIMIZE, Direction.MAXIMIZE);
            assertThat(again.find("t")).isEmpty();
            assertThatThrownBy(() -> again.trials("t")).isInstanceOf(StorageException.class).hasMessageContaining("no study \"t\"").hasMessageContaining("Maybe one of s,");
        }
    }

    @Test
    void trialsAreNumberedFromZeroAndMayBeRefused() {
        for (var i = 0; i < 3; i++) assertThat(storage.start("s", ALWAYS).orElseThrow().number()).isEqualTo(i);
        assertThat(storage.start("s", tally -> tally.trials() < 3 ? Optional.of(Storage.Begin.next(List.of())) : Optional.empty())).isEmpty();
        assertThat(storage.trials("s")).extracting(TrialView::number).containsExactly(0, 1, 2);
        assertThat(storage.trials("s")).allMatch(trial -> trial.state() == TrialState.RUNNING && trial.started() != null && trial.completed() == null);
    }

    @Test
    void everyKindOfParameterComesBackAsItWas() {
        var dists = new LinkedHashMap<String, Dist>();
        dists.put("real", Real.of(-1.797e308, 1.797e308));
        dists.put("log", Real.log(2.2e-308, 1e-3));
        dists.put("beta", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG));
        dists.put("stepped", Real.of(-6, 6).withStep(0.1));
        dists.put("whole", Whole.of(-(1L << 53), 1L << 53));
        dists.put("whole log", Whole.of(1, 1000, Scale.LOG));
        dists.put("odd", Whole.of(1, 99).withStep(2));
        dists.put("power", Whole.of(16, 256, Scale.POWER_OF_TWO));
        dists.put("choice", Choice.of("a", 1, 1.5, true, null, "é\u0007😀"));
        var random = new Random(5);
        for (var round = 0; round < 20; round++) {
            var number = storage.start("s", ALWAYS).orElseThrow().number();
            var events = new ArrayList<Event>();
            dists.forEach((name, dist) -> events.add(new Event.Param(name, dist, dist.at(random.nextDouble()))));
            storage.append("s", number, events);
            var expected = new LinkedHashMap<String, Object>();
            for (var event : events) if (event instanceof Event.Param(var name, var _, var value)) expected.put(name, value);
            try (var again = reopened()) {
                var trial = again.trials("s").get(number);
                assertThat(new ArrayList<>(trial.params().entrySet())).isEqualTo(new ArrayList<>(expected.entrySet()));
                assertThat(trial.space()).isEqualTo(dists);
            }
        }
    }

    @Test
    void reportsAttributesAndValuesComeBackAsTheyWere() {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(new Event.Report(0, 0.1), new Event.Report(3, Double.NaN), new Event.Report(2, Double.NEGATIVE_INFINITY),
                new Event.Report(0, 99)));
        var note = new LinkedHashMap<String, Object>();
        note.put("list", List.of(1L, 1.0, "ü", Double.POSITIVE_INFINITY));
        note.put("nothing", null);
        storage.append("s", 0, List.of(new Event.Attribute("note", 1), new Event.Attribute("note", note), new Event.SystemAttribute("caviar:x", true)));
        var ended = storage.append("s", 0, List.of(Event.End.complete(Double.NEGATIVE_INFINITY)));
        try (var again = reopened()) {
            var trial = again.trials("s").getFirst();
            assertThat(trial).isEqualTo(ended);
            assertThat(new ArrayList<>(trial.reports().entrySet())).isEqualTo(List.of(Map.entry(0, 0.1), Map.entry(3, Double.NaN), Map.entry(2, Double.NEGATIVE_INFINITY)));
            assertThat(trial.attributes()).isEqualTo(Map.of("note", note));
            assertThat(trial.systemAttributes()).isEqualTo(Map.of("caviar:x", true));
            assertThat(trial.values()).containsExactly(Double.NEGATIVE_INFINITY);
            assertThat(trial.state()).isEqualTo(TrialState.COMPLETE);
            assertThat(trial.completed()).isAfterOrEqualTo(trial.started());
        }
    }

    @Test
    void finishedTrialsNeverChange() {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(Event.End.failed()));
        var before = storage.trials("s").getFirst();
        assertThatThrownBy(() -> storage.append("s", 0, List.of(new Event.Report(1, 1)))).isInstanceOf(TrialFinishedException.class)
                .hasMessageContaining("Trial 0 of study \"s\" is already FAIL");
        assertThat(storage.trials("s").getFirst()).isEqualTo(before);
    }

    @Test
    void eventsCountAllOrNone() {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(new Event.Param("x", Real.of(0, 1), 0.5)));
        assertThatThrownBy(() -> storage.append("s", 0, List.of(new Event.Report(0, 1), new Event.Param("x", Choice.of("a"), "a"))))
                .isInstanceOf(StorageException.class).hasMessageContaining("\"x\"").hasMessageContaining("cannot become");
        assertThatThrownBy(() -> storage.append("s", 0, List.of(new Event.Report(0, 1), new Event.Report(-1, 1)))).hasMessageContaining("report(-1)");
        assertThatThrownBy(() -> storage.append("s", 0, List.of(new Event.Report(0, 1), Event.End.complete(1.0, 2.0)))).hasMessageContaining("2 values");
        assertThatThrownBy(() -> storage.start("s", tally -> Optional.of(Storage.Begin.next(List.of(new Event.Report(-1, 1)))))).hasMessageContaining("report(-1)");
        assertThat(storage.trials("s")).hasSize(1);
        assertThat(storage.trials("s").getFirst().reports()).isEmpty();
        assertThat(storage.start("s", ALWAYS).orElseThrow().number()).isEqualTo(1);
        assertThatThrownBy(() -> storage.append("s", 7, List.of())).hasMessageContaining("no trial 7");
    }

    @Test
    void aParameterMayChangeItsRangeButNotItsKind() {
        for (var i = 0; i < 2; i++) storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(new Event.Param("x", Real.of(0, 1), 0.5), new Event.Param("n", Whole.of(1, 4, Scale.POWER_OF_TWO), 2L)));
        storage.append("s", 1, List.of(new Event.Param("x", Real.of(0, 2), 1.5)));
        assertThatThrownBy(() -> storage.append("s", 1, List.of(new Event.Param("n", Whole.of(1, 4), 2L)))).hasMessageContaining("\"n\"");
    }

    @Test
    void theTallyKnowsWhatCountsAndWhatMustRunAgain() {
        for (var i = 0; i < 6; i++) storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(Event.End.complete(1.0)));
        storage.append("s", 1, List.of(new Event.End(TrialState.PRUNED, List.of())));
        storage.append("s", 2, List.of(Event.End.failed()));
        storage.append("s", 4, List.of(new Event.SystemAttribute(TrialView.CUT_OFF, true), Event.End.failed()));
        storage.append("s", 3, List.of(new Event.SystemAttribute(TrialView.CUT_OFF, true), Event.End.failed()));
        try (var again = reopened()) {
            var tally = again.tally("s");
            assertThat(List.of(tally.trials(), tally.complete(), tally.pruned(), tally.failed(), tally.nextSlot())).containsExactly(6, 1, 1, 1, 6);
            assertThat(tally.finished()).isEqualTo(3);
            assertThat(tally.open()).extracting(TrialView::number).containsExactly(5);
            assertThat(tally.cutOff()).extracting(TrialView::number).containsExactly(3, 4);
        }
        storage.start("s", tally -> Optional.of(Storage.Begin.next(List.of(new Event.SystemAttribute(TrialView.SLOT, 3), new Event.SystemAttribute(TrialView.RETRY_OF, 3)))));
        try (var again = reopened()) {
            assertThat(again.tally("s").cutOff()).extracting(TrialView::number).containsExactly(4);
            assertThat(again.tally("s").nextSlot()).isEqualTo(6);
            assertThat(again.tally("s")).isEqualTo(storage.tally("s"));
        }
    }

    @Test
    void manyThreadsGetDifferentNumbers() {
        var numbers = IntStream.range(0, 200).parallel().map(i -> {
            var number = storage.start("s", ALWAYS).orElseThrow().number();
            storage.append("s", number, List.of(new Event.Report(0, i), Event.End.complete((double) i)));
            return number;
        }).sorted().toArray();
        assertThat(numbers).isEqualTo(IntStream.range(0, 200).toArray());
        assertThat(storage.tally("s").complete()).isEqualTo(200);
    }

    @Test
    void aDeletedStudyLeavesTheOthers() {
        storage.create("t", List.of(Direction.MINIMIZE), Map.of());
        for (var study : List.of("s", "t")) {
            storage.start(study, ALWAYS);
            storage.append(study, 0, List.of(new Event.Param("x", Real.of(0, 1), 0.5), new Event.Report(0, 1), Event.End.complete(1.0)));
        }
        storage.delete("s");
        assertThat(storage.names()).containsExactly("t");
        assertThat(storage.trials("t")).hasSize(1);
        storage.create("s", List.of(Direction.MINIMIZE), Map.of());
        assertThat(storage.trials("s")).isEmpty();
    }
}
