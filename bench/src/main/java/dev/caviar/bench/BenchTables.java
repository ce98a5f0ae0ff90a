package dev.caviar.bench;

import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.sample.Samplers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// How good searches are: on tables of real training runs, where every setting's worth is known.
@Command(
    name = "tables",
    description = "Searches over tables in which the worth of every setting is written down, and says how close the searches came.%n",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    footer = {"", "For each table, after 10, 25, 50 and 100 trials: (best so far - optimum) / (median - optimum), the mean of all seeds.",
        "A table NAME is two files: NAME.json (direction, space, best, median) and NAME.csv.gz (a row per setting).",
        "", "Examples:",
        "  caviar bench tables DIR --sampler default --seeds 20 --trials 100 --json tables.json"})
final class BenchTables implements Callable<Integer> {
    private static final List<Integer> MARKS = List.of(10, 25, 50, 100);

    @Parameters(index = "0", paramLabel = "DIR", description = "the folder of the tables")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Option(names = "--sampler", paramLabel = "NAME", defaultValue = "random", description = "who proposes")
    private String sampler = "random";

    @Option(names = "--seeds", paramLabel = "N", defaultValue = "20", description = "how many searches over each table")
    private int seeds;

    @Option(names = "--trials", paramLabel = "N", defaultValue = "100", description = "how many trials in each")
    private int trials;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "2", description = "searches at once")
    private int threads;

    @Mixin
    private Report report = new Report();

    @Override
    public Integer call() throws InterruptedException {
        Work.positive("--seeds", seeds);
        Work.positive("--trials", trials);
        Work.positive("--threads", threads);
        report.prepare();
        var tables = RunsTable.all(folder);
        Samplers.named(sampler, tables.getFirst().space(), trials);
        var began = System.nanoTime();
        var means = new LinkedHashMap<String, Map<String, Double>>();
        try (var pool = Executors.newFixedThreadPool(threads)) {
            var searches = new LinkedHashMap<RunsTable, List<Future<double[]>>>();
            for (var table : tables) {
                var runs = new ArrayList<Future<double[]>>();
                for (int seed = 0; seed < seeds; seed++) {
                    var number = seed;
                    runs.add(pool.submit(() -> regrets(table, number)));
                }
                searches.put(table, runs);
            }
            for (var search : searches.entrySet()) means.put(search.getKey().name(), means(search.getValue()));
        }
        var figures = new LinkedHashMap<String, Object>();
        figures.put("sampler", sampler);
        figures.put("seeds", seeds);
        figures.put("trials", trials);
        figures.put("seconds", (System.nanoTime() - began) / 1e9);
        figures.put("mean", mean(means));
        figures.put("tables", means);
        report.write(figures);
        return 0;
    }

    /// The regret of the best so far, after each trial.
    private double[] regrets(RunsTable table, long seed) {
        var regrets = new double[trials];
        var options = StudyOptions.of("table").withSeed(seed).withSpace(table.space()).withDirection(table.direction())
                .withSampler(Samplers.named(sampler, table.space(), trials, seed));
        try (var study = Study.inMemory(options)) {
            study.optimize(trial -> {
                double value = table.value(trial.params());
                regrets[trial.slot()] = Double.isNaN(value) ? Double.POSITIVE_INFINITY : table.regret(value);
                return value;
            }, Budget.trials(trials));
            // A sampler that came to its end found no more.
            for (int i = study.tally().trials(); i < trials; i++) regrets[i] = regrets[i - 1];
        }
        for (int i = 1; i < trials; i++) regrets[i] = Math.min(regrets[i], regrets[i - 1]);
        return regrets;
    }

    private Map<String, Double> means(List<Future<double[]>> runs) throws InterruptedException {
        var means = new LinkedHashMap<String, Double>();
        for (int mark : MARKS) {
            if (mark > trials) continue;
            double sum = 0;
            for (var run : runs) sum += done(run)[mark - 1];
            means.put(Integer.toString(mark), sum / runs.size());
        }
        return means;
    }

    private static double[] done(Future<double[]> run) throws InterruptedException {
        try {
            return run.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("A search failed.", e.getCause());
        }
    }

    private static Map<String, Double> mean(Map<String, Map<String, Double>> tables) {
        var mean = new LinkedHashMap<String, Double>();
        for (var table : tables.values()) table.forEach((mark, regret) -> mean.merge(mark, regret / tables.size(), Double::sum));
        return mean;
    }
}
