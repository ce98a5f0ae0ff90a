package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.Trial;
import dev.caviar.tune.sample.Samplers;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import dev.caviar.tune.storage.Storages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Trials of an objective that costs nothing: what remains is the tuner itself. Every trial has five named parameters, and
/// its end is committed before the next begins.
@Command(
    name = "tune",
    description = "Trials of an objective that costs nothing, through a storage.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "seconds count from before the study is made until its storage is closed, as Optuna's do beside it; neither the start of a process nor",
        "loading its libraries is counted: up to ten searches of 300 trials in a storage of the same kind come before, within a second.", "",
        "propose_ms_at_end is what lies between the end of a trial and the beginning of the next, the median of the last 20.",
        "", "Examples:",
        "  caviar bench tune --trials 1000 --sampler random --storage sqlite:/tmp/bench.db",
        "  caviar bench tune --trials 1000 --storage sqlite:/tmp/bench.db --peer optuna --json tune.json"})
final class BenchTune implements Callable<Integer> {
    private static final int WARM_UP = 300;
    private static final int MOST_WARM_UPS = 10;
    private static final Space SPACE = Space.of(
            Param.of("learning_rate", Real.log(1e-5, 1e-1)),
            Param.of("dropout", Real.of(0, 0.5)),
            Param.of("units", Whole.of(16, 512)),
            Param.of("momentum", Real.of(0.8, 0.99)),
            Param.of("optimizer", Choice.of("adam", "sgd", "rmsprop")));

    @Option(names = "--trials", paramLabel = "N", defaultValue = "1000", description = "how many trials")
    private int trials;

    @Option(names = "--sampler", paramLabel = "NAME", defaultValue = "random", description = "who proposes")
    private String sampler = "random";

    @Option(names = "--storage", paramLabel = "URL", defaultValue = "memory", description = "where they are kept")
    private String storage = "memory";

    @Option(names = "--peer", paramLabel = "NAME", description = "optuna: installed at the first use (Python 3.11 to 3.13 on the PATH)")
    private @Nullable String peer;

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() {
        if (trials < 1) throw new BadInput("--trials is " + trials + ", but there must be at least one.");
        Samplers.named(sampler, SPACE, trials);
        report.prepare();
        try (var beside = PeerRun.named(peer, Peer.Task.TUNE, Precision.f32, 1)) {
            warm();
            var figures = new LinkedHashMap<String, Object>();
            var pauses = new double[trials];
            figures.put("seconds", seconds(storage, trials, pauses));
            figures.put("trials", trials);
            figures.put("sampler", sampler);
            figures.put("propose_ms_at_end", atEnd(pauses));
            if (beside != null) {
                report.keep(figures);
                var theirs = beside.run(Map.of("task", "tune", "trials", trials, "sampler", sampler, "storage", kind(), "threads", 1));
                figures.put("peer", theirs);
                figures.put("ratio", PeerRun.number(theirs, "seconds") / PeerRun.number(figures, "seconds"));
            }
            report.write(figures);
        }
        return 0;
    }

    // Fills in the milliseconds from the end of the trial before to the beginning of each.
    private double seconds(String url, int trials, double[] pauses) {
        var name = "bench-" + UUID.randomUUID();
        long start = System.nanoTime();
        var ended = new AtomicLong(start);
        try (var kept = Storages.open(url)) {
            var options = StudyOptions.of(name).withSeed(1).withSpace(SPACE).withSampler(Samplers.named(sampler, SPACE, trials));
            try (var study = Study.create(kept, options)) {
                study.optimize(trial -> {
                    pauses[trial.slot()] = (System.nanoTime() - ended.get()) / 1e6;
                    double worth = worth(trial);
                    ended.set(System.nanoTime());
                    return worth;
                }, Budget.trials(trials));
            }
        }
        return (System.nanoTime() - start) / 1e9;
    }

    /// The median of the last few.
    private static double atEnd(double[] pauses) {
        var last = Arrays.copyOfRange(pauses, Math.max(0, pauses.length - 20), pauses.length);
        Arrays.sort(last);
        return last[last.length / 2];
    }

    /// The kind of storage that the peer uses too, in a new file.
    private String kind() {
        return storage.equals("memory") ? "memory" : storage.startsWith("journal:") ? "journal" : "sqlite";
    }

    /// A JVM that has just begun interprets, and has no driver loaded; the peers are compiled programs.
    private void warm() {
        try {
            var folder = Files.createTempDirectory("caviar-bench");
            long start = System.nanoTime();
            for (var i = 0; i < MOST_WARM_UPS && (i == 0 || System.nanoTime() - start < 1e9); i++)
                seconds(kind().equals("memory") ? "memory" : kind() + ":" + folder.resolve("warm-up" + i), WARM_UP, new double[WARM_UP]);
            try (var files = Files.list(folder)) {
                for (var file : files.toList()) Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double worth(Trial trial) {
        double lr = Math.log10(trial.real("learning_rate"));
        double units = trial.whole("units") / 512.0;
        return Math.pow(lr + 3, 2) + trial.real("dropout") + Math.abs(units - 0.5) + trial.real("momentum")
                + (trial.text("optimizer").equals("adam") ? 0 : 1);
    }
}
