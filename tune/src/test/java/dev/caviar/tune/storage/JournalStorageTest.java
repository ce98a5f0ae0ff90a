package dev.caviar.tune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.kit.StorageKit;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JournalStorageTest extends StorageKit {
    private static final Storage.Admission ALWAYS = tally -> Optional.of(Storage.Begin.next(List.of()));

    @TempDir
    private Path folder;

    @Override
    protected Storage open() {
        return Storages.open("journal:" + file());
    }

    @Override
    protected Storage reopened() {
        return open();
    }

    private Path file() {
        return folder.resolve("new/caviar.log");
    }

    @Test
    void theLinesAreOptunas() throws IOException {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(new Event.Report(0, Double.NaN), Event.End.complete(0.5)));
        var lines = Files.readAllLines(file());
        assertThat(lines.get(0)).matches("\\{\"op_code\": 0, \"worker_id\": \"[0-9a-f-]{36}-0\", \"study_name\": \"s\", \"directions\": \\[2]}");
        assertThat(lines.get(1)).contains("\"op_code\": 3", "\"study_id\": 0, \"system_attr\": {\"caviar:seed\": 1}");
        assertThat(lines.get(2)).contains("\"op_code\": 4").containsPattern("\"datetime_start\": \"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}\\+00:00\"");
        assertThat(lines.get(3)).contains("\"op_code\": 7", "\"trial_id\": 0, \"step\": 0, \"intermediate_value\": NaN");
        assertThat(lines.get(4)).contains("\"op_code\": 6", "\"state\": 1, \"values\": [0.5], \"datetime_complete\"");
        assertThat(folder.resolve("new")).isDirectoryNotContaining("glob:**.lock*");
    }

    @Test
    void aSecondStorageSeesWhatTheFirstDid() {
        try (var other = open()) {
            for (var i = 0; i < 4; i++) {
                assertThat(storage.start("s", ALWAYS).orElseThrow().number()).isEqualTo(2 * i);
                assertThat(other.start("s", ALWAYS).orElseThrow().number()).isEqualTo(2 * i + 1);
                other.append("s", 2 * i, List.of(Event.End.complete(1.0 * i)));
                var late = 2 * i;
                assertThatThrownBy(() -> storage.append("s", late, List.of(new Event.Report(1, 1)))).isInstanceOf(TrialFinishedException.class);
            }
            assertThat(other.trials("s")).isEqualTo(storage.trials("s")).hasSize(8);
            other.delete("s");
            assertThat(storage.find("s")).isEmpty();
        }
    }

    @Test
    void aLastLineThatWasCutOffCountsForNothingAndIsTakenAway() throws IOException {
        storage.start("s", ALWAYS);
        Files.writeString(file(), "{\"op_code\":6,\"worker_id\":\"x\",\"trial_id\":0,\"sta", StandardOpenOption.APPEND);
        try (var again = open()) {
            assertThat(again.trials("s").getFirst().state()).isEqualTo(TrialState.RUNNING);
        }
        storage.append("s", 0, List.of(Event.End.complete(1.0)));
        assertThat(Files.readAllLines(file())).allMatch(line -> line.endsWith("}"));
        try (var again = open()) {
            assertThat(again.trials("s").getFirst().state()).isEqualTo(TrialState.COMPLETE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no json", "{}", "[1]", "{\"op_code\":77}", "{\"op_code\":0}", "{\"op_code\":4,\"study_id\":0,\"datetime_start\":\"yesterday\"}"})
    void whatIsNoJournalIsRefusedWithItsLine(String line) throws IOException {
        Files.writeString(file(), line + "\n", StandardOpenOption.APPEND);
        assertThatThrownBy(this::open).isInstanceOf(StorageException.class).hasMessageContaining("caviar.log cannot be read: line 3").hasMessageContaining("\nMaybe ");
    }

    @Test
    void linesThatCannotBeObeyedCountForNothing() throws IOException {
        storage.start("s", ALWAYS);
        storage.append("s", 0, List.of(Event.End.complete(1.0)));
        var before = storage.trials("s");
        for (var line : List.of("{\"op_code\":0,\"worker_id\":\"x\",\"study_name\":\"s\",\"directions\":[1]}",
                "{\"op_code\":7,\"worker_id\":\"x\",\"trial_id\":0,\"step\":5,\"intermediate_value\":1.0}",
                "{\"op_code\":7,\"worker_id\":\"x\",\"trial_id\":99,\"step\":5,\"intermediate_value\":1.0}",
                "{\"op_code\":2,\"worker_id\":\"x\",\"study_id\":99,\"user_attr\":{\"a\":1}}", "{\"op_code\":10,\"worker_id\":\"x\"}"))
            Files.writeString(file(), line + "\n", StandardOpenOption.APPEND);
        assertThat(storage.trials("s")).isEqualTo(before);
        assertThat(storage.names()).containsExactly("s");
    }

    @Test
    void timesOfOlderVersionsHaveNoZone() throws IOException {
        Files.writeString(file(), "{\"op_code\":4,\"worker_id\":\"x\",\"study_id\":0,\"datetime_start\":\"2024-05-06T07:08:09.000010\"}\n", StandardOpenOption.APPEND);
        assertThat(storage.trials("s").getFirst().started())
                .isEqualTo(java.time.LocalDateTime.parse("2024-05-06T07:08:09.000010").atZone(java.time.ZoneId.systemDefault()).toInstant());
    }

    @Test
    void theLockOfADeadProcessIsTakenOver() throws IOException {
        var lock = file().resolveSibling("caviar.log.lock");
        Files.createSymbolicLink(lock, file());
        try (var held = new JournalLock(file(), 0).acquire()) {
            assertThat(held.lock()).isEqualTo(lock);
        }
        assertThat(Files.exists(lock)).isFalse();
        Files.createFile(lock);
        try (var held = new JournalLock(file(), 0).acquire()) {
            assertThat(held.lock()).isSymbolicLink();
        }
    }

    @Test
    void aFullDiskIsTold() throws IOException {
        Assumptions.assumeTrue(Files.exists(Path.of("/dev/full")));
        Files.createSymbolicLink(folder.resolve("full.log"), Path.of("/dev/full"));
        try (var full = Storages.open("journal:" + folder.resolve("full.log"))) {
            assertThatThrownBy(() -> full.create("x", List.of(Direction.MINIMIZE), Map.of())).isInstanceOf(StorageException.class)
                    .hasMessageContaining("full.log cannot be written").hasMessageContaining("No space left on device").hasMessageContaining("\nMaybe the disk is full");
            assertThat(full.names()).isEmpty();
        }
        assertThat(folder).isDirectoryNotContaining("glob:**.lock*");
    }

    @Test
    void aWaitingTrialIsTakenOnce() {
        storage.add("s", TrialView.waiting(Map.of("x", 1)));
        try (var other = open()) {
            Storage.Admission take = tally -> Optional.of(new Storage.Begin(0, List.of(new Event.SystemAttribute("caviar:a", 1))));
            assertThat(storage.start("s", take).orElseThrow().systemAttributes()).containsEntry("caviar:a", 1L);
            assertThat(other.start("s", take)).isEmpty();
        }
    }

    @Test
    void anEmptyOrMissingFileIsAnEmptyStorage() {
        try (var empty = Storages.open("journal:" + folder.resolve("a/b.log?sync=full"))) {
            assertThat(empty.names()).isEmpty();
            empty.create("x", List.of(Direction.MINIMIZE), Map.of());
        }
        assertThatThrownBy(() -> Storages.open("journal:" + folder)).hasMessageContaining("is a folder");
        assertThatThrownBy(() -> Storages.open("journal:")).hasMessageContaining("not the URL");
        assertThatThrownBy(() -> Storages.open("journal:x?timeout=3")).hasMessageContaining("unknown option");
    }
}
