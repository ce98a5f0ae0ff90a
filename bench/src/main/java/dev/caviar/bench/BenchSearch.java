package dev.caviar.bench;

import dev.caviar.lab.run.Search;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.tune.record.TrialView;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private Source source = new Source();

    @Option(names = "--trials", paramLabel = "N", defaultValue = "20", description = "how many settings")
    private int trials;

    @Mixin
    private Epochs epochs = new Epochs(5);

    @Option(names = "--workers", paramLabel = "N", defaultValue = "2", description = "our trials at once")
    private int workers;

    @Option(names = "--peer", paramLabel = "NAME",
            description = "keras-tf or pytorch-optuna: installed at the first use (Python 3.11 to 3.13 on the PATH)")
    private @Nullable String peer;

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        Work.positive("--trials", trials);
        Work.positive("--workers", workers);
        report.prepare();
        int passes = epochs.count();
        var set = source.load(Integer.MAX_VALUE);
        var search = Search.of(set).withTrials(trials).withEpochs(passes).withWorkers(workers).withSeed(SEED);
        try (var beside = PeerRun.named(peer, Peer.Task.SEARCH, Precision.f32, workers)) {
            var began = System.nanoTime();
            var outcome = search.run();
            var figures = new LinkedHashMap<String, Object>();
            figures.put("seconds", (System.nanoTime() - began) / 1e9);
            figures.put("trials", outcome.trials().size());
            figures.put("epochs", passes);
            figures.put("workers", workers);
            outcome.best().ifPresent(best -> figures.put("best", best.value().orElseThrow()));
            if (beside != null) {
                report.keep(figures);
                give(beside, search);
                var theirs = beside.run(Map.of("task", "search", "model", "mlp", "dtype", Precision.f32.name(), "epochs", passes,
                        "threads", workers, "settings", outcome.trials().stream().map(TrialView::params).toList()));
                figures.put("peer", theirs);
                figures.put("ratio", PeerRun.number(theirs, "seconds") / PeerRun.number(figures, "seconds"));
            }
            report.write(figures);
        }
        return 0;
    }

    /// The peer's parts to train and to validate on are ours.
    private static void give(PeerRun peer, Search search) {
        var training = search.training();
        var kept = training.data();
        var validation = training.validation();
        peer.give(kept, validation, Normaliser.fit(kept));
    }
}
