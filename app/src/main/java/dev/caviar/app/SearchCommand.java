package dev.caviar.app;

import dev.caviar.lab.run.Search;
import dev.caviar.nn.data.DataSet;
import dev.caviar.tune.Study;
import dev.caviar.tune.prune.Pruners;
import dev.caviar.tune.sample.Samplers;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.Storages;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `caviar search`: searches hyperparameters of a network on some data, shows what it found, and keeps the best.
///
/// Nothing is written before options, space and data have proved good.
@Command(
    name = "search",
    description = "Searches the hyperparameters of a network: many trials, pictures of what mattered, and the best model, tested and saved.%n",
    mixinStandardHelpOptions = true,
    footer = {"", "Examples:",
        "  caviar search                                              20 random trials on handwritten digits",
        "  caviar search --data fashion-mnist --epochs 5 --workers 2  on clothes",
        "  caviar search --data housing.csv --label price --missing mean --trials 30",
        "  caviar search --space my-space.json --pruner median --timeout 10m",
        "  caviar search --resume --study NAME                        goes on where a search was ended",
        "", "A space file: {\"parameters\":[{\"name\":\"lr\",\"type\":\"real\",\"low\":1e-4,\"high\":1,\"scale\":\"log\"},",
        "  {\"name\":\"optimizer\",\"type\":\"choice\",\"values\":[\"adam\",\"sgd\"]},",
        "  {\"name\":\"momentum\",\"type\":\"real\",\"low\":0.8,\"high\":0.99,\"when\":{\"optimizer\":[\"sgd\"]}}]}"})
final class SearchCommand implements Callable<Integer> {
    private static final int LONGEST_NAME = 512;
    private static final int MOST_THREADS = 1024;
    static final String STORAGE = "sqlite:runs/caviar.db";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Mixin
    private DataOptions data = new DataOptions();

    @Option(names = "--space", paramLabel = "SPACE", description = {
        "mnist (20 trials of 10 epochs), basic (50 of 10), early-stop (50 of at most 100),", "  tiers (60 of 10, the learning rate first), or a .json file (20 of 10)", "  Default: mnist"})
    private @Nullable String space;

    @Option(names = "--trials", paramLabel = "N", description = "finished trials in the study, earlier ones included; default: the space's")
    private @Nullable Integer trials;

    @Option(names = "--epochs", paramLabel = "N", description = "passes over the data in a trial; default: the space's")
    private @Nullable Integer epochs;

    @Option(names = "--timeout", paramLabel = "DURATION", converter = DurationConverter.class,
            description = "after which no trial begins, such as 90s or 10m; default: none")
    private @Nullable Duration timeout;

    @Option(names = "--workers", paramLabel = "N", description = "trials at once; default: one per core")
    private @Nullable Integer workers;

    @Option(names = "--threads", paramLabel = "N", description = "kernel threads of a trial; default: 1")
    private @Nullable Integer threads;

    @Option(names = "--lag", paramLabel = "N", description = {
        "trial n sees the finished trials up to n - N: the same results with up", "  to N workers; default: the workers of the first run"})
    private @Nullable Integer lag;

    @Option(names = "--async", description = "each trial sees all that is finished: no waiting, but results depend on timing")
    private boolean async;

    @Option(names = "--batched", paramLabel = "K", description = {
        "train up to K trials as one program where they differ in", "  learning rate, dropout, penalty or seed only; default: as many as",
        "  pay, which is 1 but for linear models in small batches"})
    private @Nullable Integer batched;

    @Option(names = "--no-batched", description = "train each trial by itself; the same as --batched 1")
    private boolean notBatched;

    @Option(names = "--check-nan", description = {
        "end a trial at the first op that makes a number which is not finite,", "  and name that op and its layer; slow"})
    private boolean checkNan;

    @Option(names = "--seed", paramLabel = "N", description = "the same seed gives the same search; default: 1")
    private @Nullable Long seed;

    @Option(names = "--sampler", paramLabel = "NAME", description = {
        "who proposes settings: random, grid, sobol, halton, coarse-to-fine,", "  tpe, gp, cmaes, nsga2, nsga3 or default;",
        "  default: random for named spaces, default for a .json file"})
    private @Nullable String sampler;

    @Option(names = "--pruner", paramLabel = "NAME", description = "none, median, percentile, patient, asha, hyperband, wilcoxon or pareto: stops hopeless trials; default: none")
    private @Nullable String pruner;

    @Option(names = "--study", paramLabel = "NAME", description = "its name in the storage; default: data and time")
    private @Nullable String study;

    @Option(names = "--storage", paramLabel = "URL", description = {
        "memory, sqlite:PATH, sqlite:///PATH, journal:PATH or postgresql://...", "  Default: " + STORAGE})
    private String storage = STORAGE;

    @Option(names = "--out", paramLabel = "DIR", description = "where pictures, model and summary go; default: runs/STUDY")
    private @Nullable String out;

    @Option(names = "--resume", description = "go on with the study of that name; what is not given is taken from it")
    private boolean resume;

    @Option(names = "--json", paramLabel = "FILE", description = "where the summary goes too")
    private @Nullable String json;

    @Option(names = "--quiet", description = "print nothing but warnings and errors")
    private boolean quiet;

    @Override
    public Integer call() {
        var given = given();
        if (resume && study == null) throw new BadInput("--resume needs the name of a study.\nMaybe add --study NAME.");
        return resume ? resume(given) : begin(SearchJob.begun(given));
    }

    private int begin(SearchJob job) {
        var preset = preset(job, null);
        var set = DataOptions.load(job);
        try (var kept = Storages.open(storage)) {
            var name = study != null ? study : newName(kept, set);
            if (kept.find(name).isPresent()) throw exists(kept, name);
            var search = search(job, preset, set, name);
            var run = new SearchRun(search, out(job, name), json(), quiet, resumeCommand(name));
            run.prepare();
            try (var begun = Study.create(kept, search.options(name).withJob(described(job, search)))) {
                return run.run(begun);
            }
        }
    }

    private int resume(Map<String, Object> given) {
        var name = Objects.requireNonNull(study);
        try (var kept = Storages.existing(storage)) {
            var notes = kept.study(name).systemAttributes();
            var job = SearchJob.resumed(name, notes.get(Study.JOB) instanceof Map<?, ?> map ? map : Map.of(), given);
            var preset = preset(job, space == null && notes.get(Study.SPACE) instanceof String text ? Space.parse(text) : null);
            var set = DataOptions.load(job);
            var hash = job.text(SearchJob.DATA_HASH);
            if (hash != null && !hash.equals(set.provenance().sha256()))
                throw new BadInput("The data " + job.need("data") + " is not what study \"" + name + "\" was begun with: their SHA-256 differ."
                        + "\nMaybe begin another study, or give the old data by --data.");
            var search = search(job, preset, set, name);
            var run = new SearchRun(search, out(job, name), json(), quiet, resumeCommand(name));
            run.prepare();
            try (var opened = Study.open(kept, search.options(name).withJob(described(job, search)))) {
                return run.run(opened);
            }
        }
    }

    /// The options that were given, by name, checked one by one.
    private Map<String, Object> given() {
        if (study != null && (study.isBlank() || study.length() > LONGEST_NAME))
            throw new BadInput("--study \"" + (study.length() > 60 ? study.substring(0, 60) + "…" : study) + "\": a name has 1 to " + LONGEST_NAME + " characters."
                    + "\nMaybe leave it out: data and time make one.");
        if (timeout != null && timeout.isZero()) throw new BadInput("--timeout is 0, but a search needs time.\nMaybe such as 90s or 10m.");
        atLeastOne("--workers", workers);
        atLeastOne("--batched", batched);
        if (batched != null && batched > 1 && (notBatched || checkNan))
            throw new BadInput("--batched " + batched + (notBatched ? " and --no-batched contradict each other." : " and --check-nan: the check looks at "
                    + "each trial by itself.") + "\nMaybe leave --batched out.");
        var given = new LinkedHashMap<String, Object>(data.given());
        atLeastOne("--trials", trials, given);
        atLeastOne("--epochs", epochs, given);
        atLeastOne("--threads", threads, given);
        if (threads != null && threads > MOST_THREADS)
            throw new BadInput("--threads is " + threads + ", but a step has at most " + MOST_THREADS + ".\nMaybe one per core, and no more.");
        atLeastOne("--lag", lag, given);
        if (lag != null && async) throw new BadInput("--lag " + lag + " and --async contradict each other.\nMaybe leave one out.");
        if (async) given.put("lag", 0L);
        if (space != null) given.put("space", space.endsWith(".json") ? new File(space).getAbsolutePath() : space);
        if (seed != null) given.put("seed", seed);
        if (sampler != null) given.put("sampler", oneOf("--sampler", sampler, Samplers.names()));
        if (pruner != null) given.put("pruner", oneOf("--pruner", pruner, Pruners.names()));
        if (out != null) given.put("out", new File(out).getAbsolutePath());
        return given;
    }

    private static void atLeastOne(String option, @Nullable Integer value) {
        if (value != null && value < 1) throw new BadInput(option + " is " + value + ", but at least 1 is needed.\nMaybe leave it out for the default.");
    }

    private static void atLeastOne(String option, @Nullable Integer value, Map<String, Object> given) {
        atLeastOne(option, value);
        if (value != null) given.put(option.substring(2), value.longValue());
    }

    private static String oneOf(String option, String value, List<String> known) {
        if (known.contains(value)) return value;
        throw new BadInput(option + " " + value + " is not known.\nMaybe one of " + String.join(", ", known) + " was meant.");
    }

    /// The preset of a job; `kept` is the space of the study that is resumed, which needs no file any more.
    private static Preset preset(SearchJob job, @Nullable Space kept) {
        var name = job.need("space");
        var base = kept == null && !name.endsWith(".json") ? Preset.named(name)
                : new Preset(name, kept != null ? kept : Space.read(Path.of(name)), 20, 10, Preset.Score.BEST_EPOCH, 0);
        var score = job.text("score");
        return new Preset(name, base.space(), job.whole("trials", base.trials()), job.whole("epochs", base.epochs()),
                score == null ? base.score() : Preset.Score.valueOf(score), job.whole("patience", base.patience()));
    }

    private Search search(SearchJob job, Preset preset, DataSet set, String name) {
        var search = Search.of(set).withPreset(preset).withSeed(job.whole("seed", 1)).withThreads(job.whole("threads", 1)).withTimeout(timeout).withNanCheck(checkNan)
                .withPruner(Pruners.named(job.need("pruner"), name))
                .withSampler(Samplers.named(job.need("sampler"), preset.space(), job.whole(SearchJob.PLANNED, preset.trials()), job.number("seed", 1)));
        if (batched != null || notBatched) search = search.withBatched(batched == null ? 1 : batched);
        if (workers != null) search = search.withWorkers(workers);
        return job.values().get("lag") == null ? search : search.withLag(job.whole("lag", 1));
    }

    /// The job with all that a later run needs to do the same.
    private static Map<String, @Nullable Object> described(SearchJob job, Search search) {
        var preset = search.preset();
        return job.with("trials", preset.trials()).with("epochs", preset.epochs()).with("score", preset.score().name())
                .with("patience", preset.patience()).with(SearchJob.DATA_HASH, search.data().provenance().sha256())
                .with("metric", search.metric()).with(SearchJob.PLANNED, job.whole(SearchJob.PLANNED, preset.trials())).values();
    }

    private BadInput exists(Storage kept, String name) {
        return new BadInput("Study \"" + name + "\" already exists in " + kept + ", with " + kept.tally(name).finished() + " finished trials."
                + "\nMaybe go on with it: " + resumeCommand(name));
    }

    private static String newName(Storage kept, DataSet set) {
        var name = set.name().replaceAll("[^\\p{L}\\p{N}._-]", "_") + "-" + LocalDateTime.now().format(TIME);
        var next = name;
        for (var i = 2; kept.find(next).isPresent(); i++) next = name + "-" + i;
        return next;
    }

    private static Path out(SearchJob job, String name) {
        var given = job.text("out");
        return given != null ? Path.of(given) : Path.of("runs", name.replaceAll("[^\\p{L}\\p{N}._ -]", "_").replaceAll("^\\.+", "_"));
    }

    private @Nullable Path json() {
        return json == null ? null : new File(json).toPath();
    }

    private String resumeCommand(String name) {
        return "./caviar search --resume --study " + quoted(name) + (storage.equals(STORAGE) ? "" : " --storage " + quoted(storage));
    }

    private static String quoted(String word) {
        return word.matches("[\\w./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
