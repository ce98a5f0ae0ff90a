package dev.caviar.lab.run;

import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.Task;
import dev.caviar.nn.train.Fit;
import dev.caviar.tune.Budget;
import dev.caviar.tune.Executor;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.prune.Pruner;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.RandomSampler;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A search for the hyperparameters of a network on some data: what `caviar search` runs.
///
/// Each trial trains the network of a [Setting] on the training part without the validation part, which `seed` draws, and is worth its
/// validation accuracy (its loss, for a regression) at the epoch that the preset says. The test part is not touched before
/// [Training#champion]. The same seed gives the same search, whatever the number of workers.
///
/// ```java
/// var search = Search.of(DataSource.of("digits").load()).withTrials(5).withEpochs(3);
/// var best = search.run().best().orElseThrow();
/// var champion = search.training().champion(best);
/// System.out.println(best.params() + " -> " + champion.test());
/// champion.model().save(Path.of("runs/best"));
/// ```
///
/// @param data    what is learned, and what the best is tested on
/// @param preset  the space, how many trials of how many epochs, which epoch counts, patience
/// @param sampler who proposes settings
/// @param pruner  who stops hopeless trials
/// @param seed    everything random follows from it
/// @param workers trials at once
/// @param threads kernel threads of a trial
/// @param batched trials of one structure in one program, at most ([Batched]); 1 trains each by itself, 0 ([#AUTOMATIC]) as many as pay
/// @param timeout after which no trial begins; null for none
/// @param nanCheck whether each op's results are looked through for numbers that are not finite
/// @param lag     trial n sees the finished trials up to n - lag; 0 to see whatever is finished; null for the number of workers
public record Search(
        DataSet data, Preset preset, Sampler sampler, Pruner pruner, long seed, int workers, int threads, int batched,
        @Nullable Duration timeout, boolean nanCheck, @Nullable Integer lag) {
    /// The number of [#batched] trials that stands for as many as pay.
    public static final int AUTOMATIC = 0;

    public Search {
        if (preset.trials() < 1 || preset.epochs() < 1 || workers < 1 || threads < 1 || batched < AUTOMATIC)
            throw new SpaceException("Search(" + preset.trials() + " trials, " + preset.epochs() + " epochs, " + workers + " workers, " + threads
                    + " threads, " + batched + " batched): each must be 1 or more, the last 0 or more.");
        if (lag != null && lag < 0) throw new SpaceException("Search: lag " + lag + " is below 0.\nMaybe leave it out: it is then the number of workers.");
    }

    /// The random search of the notes, with a worker per core.
    public static Search of(DataSet data) {
        return new Search(data, Preset.mnist(), new RandomSampler(), Pruner.NONE, 1, Runtime.getRuntime().availableProcessors(), 1, AUTOMATIC, null, false, null);
    }

    /// The same by another preset, with its space, trials and epochs.
    public Search withPreset(Preset preset) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same over another space.
    public Search withSpace(Space space) {
        return withPreset(new Preset("own", space, preset.trials(), preset.epochs(), preset.score(), preset.patience()));
    }

    /// The same with so many trials.
    public Search withTrials(int trials) {
        return withPreset(new Preset(preset.name(), preset.space(), trials, preset.epochs(), preset.score(), preset.patience()));
    }

    /// The same with so many epochs, at most.
    public Search withEpochs(int epochs) {
        return withPreset(new Preset(preset.name(), preset.space(), preset.trials(), epochs, preset.score(), preset.patience()));
    }

    /// The same with another sampler.
    public Search withSampler(Sampler sampler) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same with another pruner.
    public Search withPruner(Pruner pruner) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same with another seed.
    public Search withSeed(long seed) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same with so many trials at once.
    public Search withWorkers(int workers) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same with so many kernel threads in a trial.
    public Search withThreads(int threads) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same with up to so many trials of one structure in one program: for small networks, in spaces of learning rates, dropout
    /// rates and penalties. The trials are the same but for rounding. 1 trains each by itself; [#AUTOMATIC], from the beginning, does so too but
    /// for linear models in small batches, which gain by it.
    public Search withBatched(int batched) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same, where trial n sees the finished trials up to n - lag, so that results do not depend on timing with up to `lag` workers; with 0 it
    /// sees whatever is finished, and they do.
    public Search withLag(int lag) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same, and no trial begins later than this after the start.
    public Search withTimeout(@Nullable Duration timeout) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// The same, and a trial whose numbers stop being finite fails with the name of the op and the layer that made the first such number. Slow,
    /// and each trial is trained by itself. See [Fit#withNanCheck].
    public Search withNanCheck(boolean nanCheck) {
        return new Search(data, preset, sampler, pruner, seed, workers, threads, batched, timeout, nanCheck, lag);
    }

    /// Accuracy is maximised, the loss of a regression minimised.
    public Direction direction() {
        return data.task() instanceof Task.Regression ? Direction.MINIMIZE : Direction.MAXIMIZE;
    }

    /// What a trial is worth: `accuracy` or, for a regression, `loss`.
    public String metric() {
        return data.task() instanceof Task.Regression ? "loss" : "accuracy";
    }

    /// How many trials there will be: those of the preset, or fewer where the sampler has no more to propose.
    public int total() {
        return Math.min(preset.trials(), sampler.size().orElse(Integer.MAX_VALUE));
    }

    /// How the study of this search is made or opened.
    public StudyOptions options(String name) {
        return StudyOptions.of(name).withDirection(direction()).withSpace(preset.space()).withSampler(sampler).withPruner(pruner).withSeed(seed).withLag(lag != null ? lag : workers);
    }

    /// What trains and judges the trials.
    public Training training() {
        return Training.of(this);
    }

    /// Searches in memory, saying nothing.
    public Outcome run() {
        try (var study = Study.inMemory(options("search"))) {
            return run(study, training(), SearchListener.SILENT);
        }
    }

    /// Searches in a study until it has all its trials, those of other processes and earlier runs included, time is up, or it is stopped.
    /// The listener is told of each trial in the order of the search.
    public Outcome run(Study study, Training training, SearchListener listener) {
        var began = Instant.now();
        listener.begins(study);
        for (var name : preset.space().names())
            if (!Setting.reads(name)) listener.warning(unread(name));
        var best = new AtomicReference<>(study.best().orElse(null));
        study.onFinished(trial -> listener.finished(trial, improves(study, trial, best), study.tally()));
        var budget = Budget.trials(preset.trials());
        study.optimize(training.withListener(listener), timeout == null ? budget : budget.within(timeout), executor());
        for (var name : training.unread())
            if (Setting.reads(name)) listener.warning(unread(name));
        return new Outcome(study.name(), study.direction(), study.trials(), study.notes().hidden(), study.stopped(), Duration.between(began, Instant.now()));
    }

    private Executor executor() {
        int together = batched == AUTOMATIC ? Batched.automatic(this) : nanCheck ? 1 : batched;
        return together == 1 ? Executor.threads(workers) : new Batched(together, workers);
    }

    private static boolean improves(Study study, TrialView trial, AtomicReference<@Nullable TrialView> best) {
        if (trial.state() != TrialState.COMPLETE || trial.value().isEmpty()) return false;
        var known = best.get();
        if (known != null && !study.direction().better(trial.value().orElseThrow(), known.value().orElseThrow())) return false;
        best.set(trial);
        return true;
    }

    private static String unread(String name) {
        return "the parameter \"" + name + "\" is sampled, but nothing read it: it has no effect.";
    }
}
