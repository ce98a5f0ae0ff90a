package dev.caviar.tune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Storages;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Several processes on one SQLite file, one of them killed.
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
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var process = new ProcessBuilder(java, "--enable-native-access=ALL-UNNAMED", "-Xmx128m", "-XX:+UseSerialGC", "-cp", classes, SearchProcess.class.getName(),
                database().toString(), Integer.toString(trials), Integer.toString(workers), Integer.toString(waitAt))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
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
