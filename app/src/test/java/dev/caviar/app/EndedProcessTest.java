package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Storages;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Searches in processes of their own: one is asked to end, one is killed, two share a study.
@Timeout(300)
final class EndedProcessTest {
    private static final int ENDLESS = 100_000;
    private static final int TERMINATED = 143;

    @TempDir
    private Path folder;
    private Path space;
    private String storage = "";

    @BeforeEach
    void write() throws IOException {
        assumeTrue(ProcessHandle.current().supportsNormalTermination(), "this system only kills: skipped");
        space = Files.writeString(folder.resolve("space.json"), """
                {"parameters": [{"name": "lr", "type": "real", "low": 0.001, "high": 0.1, "scale": "log"},
                 {"name": "units", "type": "whole", "low": 8, "high": 16}, {"name": "batch", "type": "choice", "values": [128, 256]}]}""");
    }

    private List<String> line(String study, String... more) {
        var args = new ArrayList<>(List.of("search", "--storage", storage(), "--study", study, "--out", folder.resolve(study).toString()));
        args.addAll(Arrays.asList(more));
        return args;
    }

    private String[] begun(String study, int trials) {
        return line(study, "--space", space.toString(), "--epochs", "2", "--workers", "2", "--trials", Integer.toString(trials)).toArray(String[]::new);
    }

    private String storage() {
        if (storage.isEmpty()) storage = "sqlite:" + folder.resolve("studies.db");
        return storage;
    }

    private List<TrialView> counted(String study) {
        try (var kept = Storages.open(storage())) {
            return kept.trials(study).stream().filter(TrialView::counts).toList();
        }
    }

    private Process start(String... args) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules", "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), "dev.caviar.app.Main"));
        command.addAll(Arrays.asList(args));
        return new ProcessBuilder(command).redirectError(folder.resolve("err.txt").toFile()).start();
    }

    private static String untilTrial(BufferedReader out, int count) throws IOException {
        for (var line = out.readLine(); line != null; line = out.readLine()) if (line.matches("\\[ *" + count + "/.*")) return line;
        throw new AssertionError("The search ended before its trial " + count + ".");
    }

    /// The settings and values of two studies by their place in the search.
    private void assertSame(String study, String other) {
        var a = counted(study);
        var b = counted(other);
        assertThat(a).hasSameSizeAs(b);
        for (var trial : a) {
            var twin = b.stream().filter(t -> t.slot() == trial.slot()).findFirst().orElseThrow();
            assertThat(trial.params()).isEqualTo(twin.params());
            assertThat(trial.values()).isEqualTo(twin.values());
        }
    }

    @Test
    void aProcessThatIsAskedToEndEndsItsTrialsCleanlyAndPrintsTheCommandToResume() throws IOException, InterruptedException {
        var process = start(begun("a", ENDLESS));
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            untilTrial(out, 2);
            process.toHandle().destroy();    // as Ctrl-C, but not ignored where tests run in the background
            assertThat(out.lines().toList().getLast()).isEqualTo("Go on with: ./caviar search --resume --study a --storage " + storage());
        }
        assertThat(process.waitFor()).isEqualTo(TERMINATED);
        try (var kept = Storages.open(storage())) {
            assertThat(kept.trials("a")).noneMatch(trial -> trial.state() == TrialState.RUNNING);
        }
        var done = counted("a").size();
        assertThat(done).isGreaterThanOrEqualTo(2);
        resumeAndCompare("a", done + 2);
    }

    @Test
    void afterAKillTheResumedSearchEndsAsAnUninterruptedOne() throws IOException, InterruptedException {
        var process = start(begun("a", ENDLESS));
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            untilTrial(out, 3);
            process.destroyForcibly().waitFor();
        }
        var before = counted("a");
        resumeAndCompare("a", before.size() + 2);
        assertThat(counted("a")).containsAll(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite:", "journal:"})
    void aFullDiskEndsTheSearchWithItsReasonAndNothingFinishedIsLost(String kind) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "no prlimit to make a small disk of: skipped");
        storage = kind + folder.resolve("studies.db");
        var process = start(begun("a", ENDLESS));
        var told = 3;
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            untilTrial(out, told);
            long most = 0;
            try (var files = Files.list(folder)) {
                for (var file : files.toList()) if (Files.isRegularFile(file)) most = Math.max(most, Files.size(file));
            }
            assertThat(new ProcessBuilder("/usr/bin/prlimit", "--pid", Long.toString(process.pid()), "--fsize=" + (most + 10_000)).start().waitFor()).isZero();
            told += (int) out.lines().filter(line -> line.startsWith("[")).count();
        }
        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(Files.readString(folder.resolve("err.txt"))).contains("caviar search: The ").contains("studies.db cannot be ").contains("\nMaybe the disk is full")
                .contains("resume the study").doesNotContain("\tat ");
        assertThat(counted("a")).hasSizeGreaterThanOrEqualTo(told).allMatch(trial -> trial.state() == TrialState.COMPLETE);
        resumeAndCompare("a", counted("a").size() + 2);
    }

    private void resumeAndCompare(String study, int trials) {
        var outcome = Outcome.of(line(study, "--resume", "--trials", Integer.toString(trials)).toArray(String[]::new));
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(counted(study)).hasSize(trials);
        assertThat(Outcome.of(begun("whole", trials)).code()).isZero();
        assertSame(study, "whole");
    }

    @Test
    void twoProcessesShareAStudyWithoutLosingOrRepeatingATrial() throws IOException, InterruptedException {
        var first = start(begun("a", 8));
        try (var out = first.inputReader(StandardCharsets.UTF_8)) {
            untilTrial(out, 1);
            var second = Outcome.of(line("a", "--resume", "--workers", "2").toArray(String[]::new));
            assertThat(second.code()).as(second.err()).isZero();
            assertThat(out.lines()).anyMatch(line -> line.startsWith("[8/8]"));
        }
        assertThat(first.waitFor()).isZero();
        assertThat(counted("a")).hasSize(8).extracting(TrialView::slot).doesNotHaveDuplicates();
        assertThat(Outcome.of(begun("whole", 8)).code()).isZero();
        assertSame("a", "whole");
    }
}
