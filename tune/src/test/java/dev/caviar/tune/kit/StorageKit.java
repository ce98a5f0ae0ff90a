package dev.caviar.tune.kit;

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
import dev.caviar.tune.storage.Event;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import dev.caviar.tune.storage.TrialFinishedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every storage does, as tests: extend the class, and give it an empty storage.
///
/// ```java
/// class MyStorageTest extends StorageKit {
///     @TempDir
///     private Path folder;
///
///     @Override
///     protected Storage open() {
///         return new MyStorage(folder.resolve("studies"));
///     }
///
///     @Override
///     protected Storage reopened() {
///         return new MyStorage(folder.resolve("studies"));
///     }
/// }
/// ```
public abstract class StorageKit {
    private static final Storage.Admission ALWAYS = tally -> Optional.of(Storage.Begin.next(List.of()));

    /// The storage of the test that runs; it has one empty study, `s`, whose values are to be maximised.
    protected Storage storage;

    /// A new, empty storage.
    protected abstract Storage open();

    /// The same data as a reader or another process would find it who opens the storage only now; the storage itself where there is no such thing.
    protected Storage reopened() {
        return storage;
    }

    // A storage that cannot be opened twice stays open.
    private void again(Consumer<Storage> look) {
        var again = reopened();
        try {
            look.accept(again);
        } finally {
            if (again != storage) again.close();
        }
    }

    @BeforeEach
    protected void begin() {
        storage = open();
        storage.create("s", List.of(Direction.MAXIMIZE), Map.of("caviar:seed", 1L));
    }

    @AfterEach
    protected void end() {
        storage.close();
    }

    @Test
    protected void studiesHaveUniqueNamesAndKeepWhatIsNoted() {
        assertThatThrownBy(() -> storage.create("s", List.of(Direction.MAXIMIZE), Map.of())).isInstanceOf(StorageException.class).hasMessageContaining("\"s\" already exists");
        storage.create("ü 'quoted\"", List.of(Direction.MINIMIZE, Direction.MAXIMIZE), Map.of());
        assertThat(storage.names()).containsExactly("s", "ü 'quoted\"");
        assertThat(storage.noteOnce("s", "caviar:seed", 2L)).isEqualTo(1L);
        assertThat(storage.noteOnce("s", "caviar:lag", 2)).isEqualTo(2L);
        again(again -> {
            assertThat(again.find("s").orElseThrow().systemAttributes()).isEqualTo(Map.of("caviar:seed", 1L, "caviar:lag", 2L));
            assertThat(again.find("ü 'quoted\"").orElseThrow().directions()).containsExactly(Direction.MINIMIZE, Direction.MAXIMIZE);
            assertThat(again.find("t")).isEmpty();
            assertThatThrownBy(() -> again.trials("t")).isInstanceOf(StorageException.class).hasMessageContaining("no study \"t\"").hasMessageContaining("Maybe one of s,");
        });
    }

    @Test
    protected void trialsAreNumberedFromZeroAndMayBeRefused() {
        for (var i = 0; i < 3; i++) assertThat(storage.start("s", ALWAYS).orElseThrow().number()).isEqualTo(i);
        assertThat(storage.start("s", tally -> tally.trials() < 3 ? Optional.of(Storage.Begin.next(List.of())) : Optional.empty())).isEmpty();
        assertThat(storage.trials("s")).extracting(TrialView::number).containsExactly(0, 1, 2);
        assertThat(storage.trials("s")).allMatch(trial -> trial.state() == TrialState.RUNNING && trial.started() != null && trial.completed() == null);
    }

    @Test
    protected void everyKindOfParameterComesBackAsItWas() {
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
            again(again -> {
                var trial = again.trials("s").get(number);
                assertThat(new ArrayList<>(trial.params().entrySet())).isEqualTo(new ArrayList<>(expected.entrySet()));
                assertThat(trial.space()).isEqualTo(dists);
            });
        }
    }

    @Test
    protected void reportsAttributesAndValuesComeBackAsTheyWere() {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(new Event.Report(0, 0.1), new Event.Report(3, Double.NaN), new Event.Report(2, Double.NEGATIVE_INFINITY),
                new Event.Report(0, 99)));
        var note = new LinkedHashMap<String, Object>();
        note.put("list", List.of(1L, 1.0, "ü", Double.POSITIVE_INFINITY));
        note.put("nothing", null);
        storage.append("s", 0, List.of(new Event.Attribute("note", 1), new Event.Attribute("note", note), new Event.SystemAttribute("caviar:x", true)));
        var ended = storage.append("s", 0, List.of(Event.End.complete(Double.NEGATIVE_INFINITY)));
        again(again -> {
            var trial = again.trials("s").getFirst();
            assertThat(trial).isEqualTo(ended);
            assertThat(new ArrayList<>(trial.reports().entrySet())).isEqualTo(List.of(Map.entry(0, 0.1), Map.entry(3, Double.NaN), Map.entry(2, Double.NEGATIVE_INFINITY)));
            assertThat(trial.attributes()).isEqualTo(Map.of("note", note));
            assertThat(trial.systemAttributes()).isEqualTo(Map.of("caviar:x", true));
            assertThat(trial.values()).containsExactly(Double.NEGATIVE_INFINITY);
            assertThat(trial.state()).isEqualTo(TrialState.COMPLETE);
            assertThat(trial.completed()).isAfterOrEqualTo(trial.started());
        });
    }

    @Test
    protected void finishedTrialsNeverChange() {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(Event.End.failed()));
        var before = storage.trials("s").getFirst();
        assertThatThrownBy(() -> storage.append("s", 0, List.of(new Event.Report(1, 1)))).isInstanceOf(TrialFinishedException.class)
                .hasMessageContaining("Trial 0 of study \"s\" is already FAIL");
        assertThat(storage.trials("s").getFirst()).isEqualTo(before);
    }

    @Test
    protected void eventsCountAllOrNone() {
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
    protected void aParameterMayChangeItsRangeButNotItsKind() {
        for (var i = 0; i < 2; i++) storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(new Event.Param("x", Real.of(0, 1), 0.5), new Event.Param("n", Whole.of(1, 4, Scale.POWER_OF_TWO), 2L)));
        storage.append("s", 1, List.of(new Event.Param("x", Real.of(0, 2), 1.5)));
        assertThatThrownBy(() -> storage.append("s", 1, List.of(new Event.Param("n", Whole.of(1, 4), 2L)))).hasMessageContaining("\"n\"");
    }

    @Test
    protected void theTallyKnowsWhatCountsAndWhatMustRunAgain() {
        for (var i = 0; i < 6; i++) storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(Event.End.complete(1.0)));
        storage.append("s", 1, List.of(new Event.End(TrialState.PRUNED, List.of())));
        storage.append("s", 2, List.of(Event.End.failed()));
        storage.append("s", 4, List.of(new Event.SystemAttribute(TrialView.CUT_OFF, true), Event.End.failed()));
        storage.append("s", 3, List.of(new Event.SystemAttribute(TrialView.CUT_OFF, true), Event.End.failed()));
        again(again -> {
            var tally = again.tally("s");
            assertThat(List.of(tally.trials(), tally.complete(), tally.pruned(), tally.failed(), tally.nextSlot())).containsExactly(6, 1, 1, 1, 6);
            assertThat(tally.finished()).isEqualTo(3);
            assertThat(tally.open()).extracting(TrialView::number).containsExactly(5);
            assertThat(tally.cutOff()).extracting(TrialView::number).containsExactly(3, 4);
        });
        storage.start("s", tally -> Optional.of(Storage.Begin.next(List.of(new Event.SystemAttribute(TrialView.SLOT, 3), new Event.SystemAttribute(TrialView.RETRY_OF, 3)))));
        again(again -> {
            assertThat(again.tally("s").cutOff()).extracting(TrialView::number).containsExactly(4);
            assertThat(again.tally("s").nextSlot()).isEqualTo(6);
            assertThat(again.tally("s")).isEqualTo(storage.tally("s"));
        });
    }

    @Test
    protected void manyThreadsGetDifferentNumbers() {
        var numbers = IntStream.range(0, 200).parallel().map(i -> {
            var number = storage.start("s", ALWAYS).orElseThrow().number();
            storage.append("s", number, List.of(new Event.Report(0, i), Event.End.complete((double) i)));
            return number;
        }).sorted().toArray();
        assertThat(numbers).isEqualTo(IntStream.range(0, 200).toArray());
        assertThat(storage.tally("s").complete()).isEqualTo(200);
    }

    @Test
    protected void aDeletedStudyLeavesTheOthers() {
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

    @Test
    protected void numbersComeBackToTheLastBit() {
        var numbers = new double[] {0.0, -0.0, 0.1, 1e-5, 1e16, 1e22, Math.PI, Double.MIN_VALUE, -2.2250738585072014E-308, Double.MAX_VALUE, -Double.MAX_VALUE,
            Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        for (var i = 0; i < numbers.length; i++) {
            storage.start("s", ALWAYS);
            storage.append("s", i, List.of(new Event.Report(0, numbers[i]), new Event.Attribute("number", numbers[i]), Event.End.complete(numbers[i])));
        }
        again(again -> {
            var trials = again.trials("s");
            for (var i = 0; i < numbers.length; i++) {
                assertThat(trials.get(i).value().orElseThrow() + 0.0).isEqualTo(numbers[i] + 0.0);    // some keep no sign of zero
                assertThat(trials.get(i).reports().get(0) + 0.0).isEqualTo(numbers[i] + 0.0);
                assertThat(trials.get(i).attributes().get("number")).isEqualTo(numbers[i]);
            }
        });
    }

    @Test
    protected void attributesMayHoldAnythingThatJsonHolds() {
        var all = new LinkedHashMap<String, Object>();
        all.put("", "");
        all.put("key with 'quotes\" and ; -- ü", "x".repeat(100_000));
        all.put("controls", "\u0001\t\r\n\u007f\u2028😀");
        all.put("empty", List.of(List.of(), Map.of()));
        all.put("whole", List.of(Long.MAX_VALUE, Long.MIN_VALUE, 0L));
        all.put("not a number", List.of(Double.NaN, Double.NEGATIVE_INFINITY));
        all.put("null", null);
        all.put("flag", false);
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(new Event.Attribute("all", all), new Event.Attribute("", 1L), new Event.SystemAttribute("all", all)));
        storage.note("s", "all", all);
        storage.noteSystem("s", "all", all);
        storage.noteSystem("s", "all", List.of(2L));
        again(again -> {
            var trial = again.trials("s").getFirst();
            assertThat(trial.attributes()).isEqualTo(Map.of("all", all, "", 1L));
            assertThat(trial.systemAttributes()).isEqualTo(Map.of("all", all));
            assertThat(again.study("s").attributes()).isEqualTo(Map.of("all", all));
            assertThat(again.study("s").systemAttributes()).isEqualTo(Map.of("caviar:seed", 1L, "all", List.of(2L)));
        });
    }

    @Test
    protected void namesMayBeAnything() {
        for (var name : List.of("x'; DROP TABLE trials; --", "../../etc", "%s{0}$1", " ", "😀".repeat(100))) {
            storage.create(name, List.of(Direction.MINIMIZE), Map.of());
            storage.start(name, ALWAYS);
            storage.append(name, 0, List.of(new Event.Param("'; --", Real.of(0, 1), 0.5), Event.End.complete(1.0)));
            again(again -> assertThat(again.trials(name).getFirst().params()).isEqualTo(Map.of("'; --", 0.5)));
            assertThat(storage.trials("s")).isEmpty();
        }
    }

    @Test
    protected void addedTrialsComeBackAsTheyWere() {
        var now = Instant.parse("2026-01-02T03:04:05.678901Z");
        var done = new TrialView(0, TrialState.PRUNED, Map.of("x", 0.5), Map.of("x", Real.of(0, 1)), Map.of(3, 0.25), List.of(0.25), Map.of("a", 1L), Map.of("b", 2L), now, now.plusSeconds(9));
        var waiting = TrialView.waiting(Map.of("x", 0.75)).withAttribute("why", "by hand");
        assertThat(storage.add("s", done).number()).isZero();
        assertThat(storage.add("s", waiting).number()).isEqualTo(1);
        again(again -> {
            assertThat(again.trials("s").getFirst()).isEqualTo(done);
            var second = again.trials("s").getLast();
            assertThat(second.state()).isEqualTo(TrialState.WAITING);
            assertThat(second.fixed()).isEqualTo(Map.of("x", 0.75));
            assertThat(second.attributes()).isEqualTo(Map.of("why", "by hand"));
            assertThat(second.started()).isNull();
            assertThat(again.tally("s").pruned()).isEqualTo(1);
            assertThat(again.tally("s").open()).extracting(TrialView::number).containsExactly(1);
        });
        assertThatThrownBy(() -> storage.append("s", 0, List.of(new Event.Report(4, 1)))).isInstanceOf(TrialFinishedException.class);
    }

    @Test
    protected void ofManyWhoTakeAWaitingTrialOneGetsIt() {
        storage.add("s", TrialView.waiting(Map.of("x", 0.75)));
        again(again -> {
            var taken = IntStream.range(0, 16).parallel().mapToObj(i -> (i % 2 == 0 ? storage : again).start("s", tally -> Optional.of(
                    new Storage.Begin(0, List.of(new Event.SystemAttribute("who", i)))))).flatMap(Optional::stream).toList();
            assertThat(taken).hasSize(1);
            assertThat(taken.getFirst().fixed()).isEqualTo(Map.of("x", 0.75));
            assertThat(taken.getFirst().started()).isNotNull();
            for (var each : List.of(storage, again)) assertThat(each.trials("s")).isEqualTo(taken);
        });
    }

    @Test
    protected void ofManyWhoTellOneTrialOneIsHeard() {
        storage.start("s", ALWAYS);
        var late = new AtomicInteger();
        again(again -> {
            var heard = IntStream.range(0, 16).parallel().filter(i -> {
                try {
                    (i % 2 == 0 ? storage : again).append("s", 0, List.of(new Event.Attribute("who", i), Event.End.complete((double) i)));
                    return true;
                } catch (TrialFinishedException e) {
                    late.incrementAndGet();
                    return false;
                }
            }).toArray();
            assertThat(heard).hasSize(1);
            assertThat(late.get()).isEqualTo(15);
            for (var each : List.of(storage, again)) {
                assertThat(each.trials("s").getFirst().values()).containsExactly((double) heard[0]);
                assertThat(each.trials("s").getFirst().attributes()).isEqualTo(Map.of("who", (long) heard[0]));
            }
        });
    }

    @Test
    protected void nothingIsLostOfWhatManyAddToOneTrial() {
        storage.start("s", ALWAYS);
        again(again -> {
            IntStream.range(0, 100).parallel().forEach(i -> (i % 2 == 0 ? storage : again).append("s", 0, List.of(new Event.Report(i, i), new Event.Attribute("k" + i, i))));
            storage.append("s", 0, List.of(Event.End.complete(1.0)));
            for (var each : List.of(storage, again)) {
                assertThat(each.trials("s").getFirst().reports()).hasSize(100);
                assertThat(each.trials("s").getFirst().attributes()).hasSize(100).containsEntry("k99", 99L);
            }
        });
    }

    @Test
    protected void whatWasReadStaysAsItWas() {
        storage.start("s", ALWAYS);
        var before = storage.trials("s");
        var tally = storage.tally("s");
        storage.append("s", 0, List.of(new Event.Report(0, 1), Event.End.complete(1.0)));
        storage.start("s", ALWAYS);
        assertThat(before).hasSize(1).allMatch(trial -> trial.state() == TrialState.RUNNING && trial.reports().isEmpty());
        assertThat(tally.open()).extracting(TrialView::number).containsExactly(0);
    }

    @Test
    protected void aBeatIsKeptAndWhoJustBeatIsNotSilent() {
        for (var i = 0; i < 2; i++) storage.start("s", ALWAYS);
        for (var time : List.of("2026-01-01T00:00:00Z", "2026-01-01T00:00:30Z"))
            storage.append("s", 0, List.of(new Event.SystemAttribute(TrialView.HEARTBEAT, time)));
        again(again -> {
            assertThat(again.trials("s").getFirst().systemAttributes()).isEqualTo(Map.of(TrialView.HEARTBEAT, "2026-01-01T00:00:30Z"));
            assertThat(again.silent("s", Duration.ofHours(1))).isEmpty();
        });
    }
}
