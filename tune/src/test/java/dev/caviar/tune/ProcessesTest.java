package dev.caviar.tune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.PostgresServer;
import dev.caviar.tune.storage.Storages;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Several processes on one storage, some of them killed.
class ProcessesTest {
    @TempDir
    private Path folder;
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void aKilledSearchIsTakenUpWithoutLossOrRepetition() throws Exception {
        var whole = uninterrupted(20);
        var killed = start(20, 2, 7);
        assertThat(killed.reader.readLine()).isEqualTo("waiting");
        killed.process.destroyForcibly().waitFor();
        try (var storage = Storages.open("sqlite:" + database()); var study = Study.open(storage, SearchProcess.options())) {
            var before = study.trials();
            assertThat(before).anyMatch(TrialView::cutOff).noneMatch(trial -> trial.state() == TrialState.RUNNING);
            study.optimize(SearchProcess::score, Budget.trials(20), Executor.threads(2));
            assertThat(SearchProcess.lines(study.trials())).isEqualTo(whole);
            assertThat(study.trials()).startsWith(before.toArray(TrialView[]::new));
            assertThat(study.tally().finished()).isEqualTo(20);
            assertThat(study.tally().failed()).isZero();
            assertThat(study.tally().cutOff()).isEmpty();
        }
    }

    @Test
    void twoProcessesShareOneStudyAndItsBudget() throws Exception {
        var first = start(30, 1, -1);
        assertThat(first.reader.readLine()).isEqualTo("waiting");
        var second = start(30, 1, -1);
        assertThat(second.reader.readLine()).isEqualTo("waiting");
        try (var storage = Storages.open("sqlite:" + database()); var study = Study.open(storage, SearchProcess.options())) {
            assertThat(study.tally().open()).hasSize(2);    // those of living processes are left alone
        }
        first.release();
        second.release();
        assertThat(first.process.waitFor()).isZero();
        assertThat(second.process.waitFor()).isZero();
        try (var storage = Storages.open("sqlite:" + database()); var study = Study.open(storage, SearchProcess.options())) {
            assertThat(study.trials()).extracting(TrialView::number).isEqualTo(IntStream.range(0, 30).boxed().toList());
            assertThat(study.trials()).allMatch(TrialView::counts);
            assertThat(study.trials().stream().map(trial -> Owner.of(trial).pid()).distinct()).hasSize(2);
            assertThat(SearchProcess.lines(study.trials())).isEqualTo(uninterrupted(30));
        }
    }

    @Test
    void aSearchReplacesTheTrialsOfAProcessThatDiesBesideIt() throws Exception {
        var dying = start(12, 1, -1);
        assertThat(dying.reader.readLine()).isEqualTo("waiting");
        try (var storage = Storages.open("sqlite:" + database()); var study = Study.open(storage, SearchProcess.options())) {
            study.onFinished(trial -> assertThat(trial.slot()).isLessThan(12));
            var killed = new boolean[1];
            study.optimize(trial -> {
                if (!killed[0]) {
                    killed[0] = true;
                    dying.process.destroyForcibly().waitFor();
                }
                return SearchProcess.score(trial);
            }, Budget.trials(12));
            assertThat(SearchProcess.lines(study.trials())).isEqualTo(uninterrupted(12));
            assertThat(study.trials()).hasSize(13);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "postgresql"})
    void eightProcessesKilledAtRandomLoseNothing(String kind) throws Exception {
        var url = kind.equals("sqlite") ? "sqlite:" + database() : PostgresServer.database();
        var random = new Random(7);
        var said = new LinkedBlockingQueue<Said>();
        var reported = new TreeMap<Integer, String>();
        for (var i = 0; i < 8; i++) listen(child(url, "200"), said);
        int kills = 0, running = 8;
        while (running > 0) {
            var next = said.take();
            if (next.line == null) running--;
            else if (next.line.endsWith("]")) reported.put(Integer.valueOf(next.line.substring(0, next.line.indexOf(' '))), next.line);
            // in the middle of whatever it does then, and of what it does once it has said so
            if (next.line != null && kills < 8 && random.nextInt(12) == 0) {
                kills++;
                next.child.process.destroyForcibly();
                listen(child(url, "200"), said);
                running++;
            }
        }
        assertThat(kills).isEqualTo(8);
        try (var storage = Storages.open(url); var study = Study.open(storage, SearchProcess.eight())) {
            var trials = study.trials();
            assertThat(trials).extracting(TrialView::number).isEqualTo(IntStream.range(0, trials.size()).boxed().toList());
            assertThat(trials.stream().filter(TrialView::counts)).hasSize(200).allMatch(trial -> trial.state() == TrialState.COMPLETE);
            assertThat(trials.stream().filter(TrialView::counts).map(TrialView::slot).distinct()).hasSize(200);
            assertThat(trials).noneMatch(trial -> trial.state() == TrialState.RUNNING);
            reported.forEach((number, line) -> assertThat(SearchProcess.ended(trials.get(number))).isEqualTo(line));
            assertThat(reported.size()).isBetween(192, 200);
            try (var whole = Study.inMemory(SearchProcess.eight())) {
                whole.optimize(SearchProcess::score, Budget.trials(200));
                assertThat(SearchProcess.lines(trials)).isEqualTo(SearchProcess.lines(whole.trials()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sqlite", "journal"})
    void aDiskThatIsFullInTheMiddleOfASearchLosesNothing(String kind) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "no prlimit to make a small disk of");
        var url = kind + ":" + database();
        var child = child(url, "200");
        var reported = new ArrayList<String>();
        var failure = "";
        for (var line = child.reader.readLine(); line != null; line = child.reader.readLine()) {
            if (line.endsWith("]")) reported.add(line);
            if (reported.size() == 4 && line.equals("begun")) noFileMayGrow(child.process.pid());
            if (line.startsWith("failed: ")) failure = line + child.reader.lines().collect(Collectors.joining("\n", "\n", ""));
        }
        assertThat(child.process.waitFor()).isZero();
        assertThat(failure).contains("shared.db cannot be ").contains("All that was finished before is there").contains("\nMaybe the disk is full").contains("resume the study");
        try (var storage = Storages.open(url); var study = Study.open(storage, SearchProcess.eight()); var whole = Study.inMemory(SearchProcess.eight())) {
            assertThat(reported).as("how much room the files had left differs").hasSizeBetween(4, 199);
            var trials = study.trials();
            assertThat(trials.stream().filter(TrialView::counts).map(SearchProcess::ended)).isEqualTo(reported);
            study.optimize(SearchProcess::score, Budget.trials(reported.size() + 10));
            whole.optimize(SearchProcess::score, Budget.trials(reported.size() + 10));
            assertThat(SearchProcess.lines(study.trials())).isEqualTo(SearchProcess.lines(whole.trials()));
            assertThat(study.trials()).startsWith(trials.stream().filter(TrialView::counts).toArray(TrialView[]::new));
        }
    }

    // Beyond what there is already, and a little.
    private void noFileMayGrow(long pid) throws IOException, InterruptedException {
        long most = 0;
        try (var files = Files.list(folder)) {
            // 0 for what has gone meanwhile, such as a lock
            for (var file : files.toList()) most = Math.max(most, file.toFile().length());
        }
        assertThat(new ProcessBuilder("/usr/bin/prlimit", "--pid", Long.toString(pid), "--fsize=" + (most + 20_000)).inheritIO().start().waitFor()).isZero();
    }

    /// What a process said; null at its end.
    private record Said(Child child, String line) {}

    private static void listen(Child child, LinkedBlockingQueue<Said> said) {
        Thread.ofVirtual().start(() -> {
            try {
                for (var line = child.reader.readLine(); line != null; line = child.reader.readLine()) if (!line.isBlank()) said.add(new Said(child, line));
            } catch (IOException e) {
                // killed in the middle of a line
            }
            said.add(new Said(child, null));
        });
    }

    private static List<String> uninterrupted(int trials) {
        try (var study = Study.inMemory(SearchProcess.options())) {
            study.optimize(SearchProcess::score, Budget.trials(trials));
            assertThat(study.trials()).anyMatch(trial -> trial.state() == TrialState.PRUNED);
            return SearchProcess.lines(study.trials());
        }
    }

    private Path database() {
        return folder.resolve("shared.db");
    }

    private Child start(int trials, int workers, int waitAt) throws IOException {
        return child("sqlite:" + database(), Integer.toString(trials), Integer.toString(workers), Integer.toString(waitAt));
    }

    private Child child(String... args) throws IOException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var command = new ArrayList<>(List.of(java, "--enable-native-access=ALL-UNNAMED", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes,
                SearchProcess.class.getName()));
        command.addAll(List.of(args));
        var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        processes.add(process);
        return new Child(process, process.inputReader());
    }

    private record Child(Process process, BufferedReader reader) {
        void release() throws IOException {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        }
    }
}
