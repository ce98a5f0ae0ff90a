package dev.caviar.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.PostgresServer;
import dev.caviar.tune.storage.StorageException;
import dev.caviar.tune.storage.Storages;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The server, or the line to it, fails in the middle of a search.
class PostgresFaultsTest {
    @Test
    void aSearchOutlivesItsConnectionsAndItsServer() throws Exception {
        var url = PostgresServer.database();
        try (var storage = Storages.open(url); var study = Study.create(storage, SearchProcess.options())) {
            study.optimize(trial -> {
                switch (trial.number()) {
                    case 3 -> PostgresServer.terminate(url);
                    case 6 -> PostgresServer.killConnection(url);
                    case 9 -> {
                        PostgresServer.kill();
                        PostgresServer.start();
                    }
                    default -> { }
                }
                return SearchProcess.score(trial);
            }, Budget.trials(15), Executor.threads(2));
            assertThat(study.trials()).hasSize(15).allMatch(TrialView::counts);
            assertThat(SearchProcess.lines(study.trials())).isEqualTo(uninterrupted());
        }
    }

    @Test
    void aServerThatStaysAwayEndsTheSearchAndLosesNothing() throws Exception {
        var url = PostgresServer.database() + "?timeout=2";
        List<TrialView> finished;
        try (var storage = Storages.open(url)) {
            var study = Study.create(storage, SearchProcess.options());
            study.optimize(SearchProcess::score, Budget.trials(6));
            finished = study.trials();
            PostgresServer.kill();
            try {
                assertThatThrownBy(() -> study.optimize(SearchProcess::score, Budget.trials(15), Executor.threads(2))).isInstanceOf(StorageException.class)
                        .hasMessageContaining("broke and did not come back").hasMessageContaining("All that was finished before is there").hasMessageContaining("\nMaybe ");
            } finally {
                PostgresServer.start();
            }
            study.optimize(SearchProcess::score, Budget.trials(15), Executor.threads(2));    // the same storage is good again
            assertThat(study.trials()).startsWith(finished.toArray(TrialView[]::new));
            assertThat(SearchProcess.lines(study.trials())).isEqualTo(uninterrupted());
        }
    }

    @Test
    void whatCouldNotBeEndedIsTakenUpByTheNextWhoOpensTheStudy() throws Exception {
        var url = PostgresServer.database() + "?timeout=1";
        try (var storage = Storages.open(url)) {
            var study = Study.create(storage, SearchProcess.options());
            study.optimize(SearchProcess::score, Budget.trials(4));
            study.ask();
            PostgresServer.kill();
            try {
                assertThatThrownBy(study::close).isInstanceOf(StorageException.class);
            } finally {
                PostgresServer.start();
            }
        }
        try (var storage = Storages.open(url); var study = Study.open(storage, SearchProcess.options())) {
            assertThat(study.trials().get(4).cutOff()).isTrue();
            study.optimize(SearchProcess::score, Budget.trials(15));
            assertThat(SearchProcess.lines(study.trials())).isEqualTo(uninterrupted());
        }
    }

    private static List<String> uninterrupted() {
        try (var study = Study.inMemory(SearchProcess.options())) {
            study.optimize(SearchProcess::score, Budget.trials(15));
            return SearchProcess.lines(study.trials());
        }
    }
}
