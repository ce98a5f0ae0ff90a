package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.lab.run.Search;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.tune.record.TrialView;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The search of the notes, and the very settings that it tried on a peer.
@Command(
    name = "search",
    description = "A random search, from its start to the end of its last trial, beside a peer that tries the same settings in turn.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "ratio is the peer's seconds over ours. Neither counts the start of its program and the reading of data.",
        "Ours begins on a JVM that has just started. The peer uses as many threads as our workers together.",
        "", "Examples:",
        "  caviar bench search --peer keras-tf --json search.json             (many minutes)",
        "  caviar bench search --peer pytorch-optuna --trials 4 --limit 12000 (a try)"})
final class BenchSearch implements Callable<Integer> {
    private static final long SEED = 1;

    @Option(names = "--data", paramLabel = "DATA", defaultValue = "fashion-mnist", description = "digits, mnist, fashion-mnist, a folder or a CSV file")
    private String data = "fashion-mnist";

    @Option(names = "--data-dir", paramLabel = "DIR", description = "the only folder to look in")
    private @Nullable Path folder;

    @Option(names = "--limit", paramLabel = "N", description = "use the first N training examples (default: all)")
    private @Nullable Integer limit;

    @Option(names = "--trials", paramLabel = "N", defaultValue = "20", description = "how many settings")
    private int trials;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "5", description = "passes over the data in a trial")
    private int epochs;

    @Option(names = "--workers", paramLabel = "N", defaultValue = "2", description = "our trials at once")
    private int workers;

    @Option(names = "--peer", paramLabel = "NAME",
            description = "keras-tf or pytorch-optuna: installed at the first use (Python 3.11 to 3.13 on the PATH)")
    private @Nullable String peer;

    @Option(names = "--json", paramLabel = "FILE", description = "where the figures go")
    private @Nullable Path json;

    @Override
    public Integer call() {
        Work.positive("--trials", trials);
        Work.positive("--epochs", epochs);
        Work.positive("--workers", workers);
        var report = Report.to(json);
        var set = load();
        var search = Search.of(set).withTrials(trials).withEpochs(epochs).withWorkers(workers).withSeed(SEED);
        try (var beside = PeerRun.named(peer, Peer.Task.SEARCH, Precision.f32, workers)) {
            var began = System.nanoTime();
            var outcome = search.run();
            var figures = new LinkedHashMap<String, Object>();
            figures.put("seconds", (System.nanoTime() - began) / 1e9);
            figures.put("trials", outcome.trials().size());
            figures.put("epochs", epochs);
            figures.put("workers", workers);
            outcome.best().ifPresent(best -> figures.put("best", best.value().orElseThrow()));
            if (beside != null) {
                report.keep(figures);
                give(beside, search);
                var theirs = beside.run(Map.of("task", "search", "model", "mlp", "dtype", Precision.f32.name(), "epochs", epochs,
                        "threads", workers, "settings", outcome.trials().stream().map(TrialView::params).toList()));
                figures.put("peer", theirs);
                figures.put("ratio", PeerRun.number(theirs, "seconds") / PeerRun.number(figures, "seconds"));
            }
            report.write(figures);
        }
        return 0;
    }

    private DataSet load() {
        var set = DataSource.of(data).withFolder(folder).load();
        if (set.classes().isEmpty()) throw new BadInput("--data " + data + " has values to predict, but the peers here search for classes.");
        if (limit == null) return set;
        return new DataSet(set.name(), set.train().limit(Work.positive("--limit", limit)), set.test(), set.task(), set.features(), set.provenance());
    }

    /// The peer's parts to train and to validate on are ours.
    private static void give(PeerRun peer, Search search) {
        var training = search.training();
        var kept = training.data();
        var validation = training.validation();
        peer.give(kept, validation, Normaliser.fit(kept));
    }
}
