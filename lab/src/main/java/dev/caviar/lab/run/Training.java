package dev.caviar.lab.run;

import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.data.Task;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.train.DivergedException;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Fleet;
import dev.caviar.nn.train.History;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import dev.caviar.tune.Objective;
import dev.caviar.tune.Trial;
import dev.caviar.tune.TrialPruned;
import dev.caviar.tune.TrialStopped;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Preset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The objective of a [Search]: builds a setting's network, trains it, reports each epoch's validation value, and says what it is worth.
///
/// Hidden layers are dense without bias, batch norm, activation and dropout; the last is dense with softmax, or linear for a regression. Weights,
/// order of examples and dropout follow from the trial's seed alone. Features are normalised by what was measured on the training part; so are
/// the values of a regression, whose loss is the mean squared error in their own units. Trials share the data. Safe for several threads.
///
/// Reports have the epoch's number, from 1. Notes in each trial: `stopped_at_epoch` (from 1), `training_time` (seconds), `training_loss` (each epoch's).
///
/// ```java
/// var search = Search.of(DataSource.of("digits").load()).withEpochs(3);
/// try (var study = Study.inMemory(search.options("by hand"))) {
///     var trial = study.ask();
///     study.evaluate(trial, search.training());
///     assert study.best().isPresent();
/// }
/// ```
public final class Training implements Objective {
    private static final double VALIDATION = 0.2;
    private static final double MOST_VALIDATION = 10_000;
    // Short runs see few batches: averages must follow fast, and be right from the first one on.
    private static final BatchNorm NORM = BatchNorm.of().withMomentum(0.9).withCorrected(true);

    private final Search search;
    private final Part part;
    private final Examples validation;
    private final SearchListener listener;
    private final Set<String> sampled;
    private final Set<String> read;

    /// Examples to train on, with what was measured on them; the targets' normaliser is null for classes.
    private record Part(Examples examples, Normaliser normaliser, @Nullable Normaliser targets) {
        static Part of(Examples examples, Task task) {
            var normaliser = Normaliser.fit(examples);
            if (task instanceof Task.Classification) return new Part(examples, normaliser, null);
            var targets = Normaliser.fitTargets(examples);
            return new Part(scaled(examples, targets), normaliser, targets);
        }

        static Examples scaled(Examples examples, Normaliser targets) {
            return examples.withY(targets.apply(examples.y()));
        }
    }

    /// How many examples each part has.
    ///
    /// ```java
    /// var sizes = new Training.Sizes(1149, 288, 360);
    /// ```
    public record Sizes(int train, int validation, int test) {}

    private Training(Search search, Part part, Examples validation, SearchListener listener, Set<String> sampled, Set<String> read) {
        this.search = search;
        this.part = part;
        this.validation = validation;
        this.listener = listener;
        this.sampled = sampled;
        this.read = read;
    }

    static Training of(Search search) {
        var all = search.data().train();
        var split = all.split(Math.min(VALIDATION, MOST_VALIDATION / all.size()), search.seed());
        var part = Part.of(split.kept(), search.data().task());
        var validation = part.targets == null ? split.held() : Part.scaled(split.held(), part.targets);
        return new Training(search, part, validation, SearchListener.SILENT, ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet());
    }

    /// The same, telling of each epoch.
    Training withListener(SearchListener other) {
        return new Training(search, part, validation, other, sampled, read);
    }

    /// How many examples train, validate and test.
    public Sizes sizes() {
        return new Sizes(part.examples.size(), validation.size(), search.data().test().size());
    }

    /// The examples that trials train on.
    public Examples data() {
        return part.examples;
    }

    /// The examples that trials are judged by.
    public Examples validation() {
        return validation;
    }

    /// The parameters that trials had and that none of them read by now.
    public Set<String> unread() {
        var names = new TreeSet<>(sampled);
        names.removeAll(read);
        return names;
    }

    /// The numbers of a setting that can change without another program: those of the optimizer at the first step, dropout, weight penalty.
    public Map<String, Double> scalars(Setting setting) {
        var scalars = new LinkedHashMap<String, Double>();
        for (var name : setting.optimizer().scalars()) scalars.put(name, setting.optimizer().scalar(name, 0, 0));
        scalars.put("dropout", setting.dropout());
        scalars.put("l2", setting.l2());
        return scalars;
    }

    /// The compiled model of a setting, with fresh weights from the seed.
    public Model model(Setting setting, long seed) {
        return model(setting, seed, part, Map.of());
    }

    private Model model(Setting setting, long seed, Part part, Map<String, String> notes) {
        var classes = search.data().classes();
        var model = Model.of(network(setting)).withSeed(seed).withNormaliser(part.normaliser).withClasses(classes).withNotes(notes);
        return classes.isEmpty() ? model.compile(setting.optimizer(), Loss.of("mse"), Metric.of("mse"))
                : model.compile(setting.optimizer(), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
    }

    private Sequential network(Setting setting) {
        var layers = new ArrayList<Layer>();
        if (search.data().inputShape().rank() > 1) layers.add(Flatten.of());
        for (int units : setting.units()) {
            layers.add(Dense.of(units).withBias(false).withL2(setting.l2()));
            layers.add(NORM);
            layers.add(setting.activation());
            if (setting.dropout() > 0) layers.add(Dropout.of(setting.dropout()));
        }
        layers.add(Dense.of(search.data().outputs(), search.data().classes().isEmpty() ? "linear" : "softmax").withL2(setting.l2()));
        return Sequential.of(layers);
    }

    @Override
    public double evaluate(Trial trial) {
        var attempt = attempt(trial);
        Fleet.Ending ending;
        try {
            var member = attempt.member;
            ending = new Fleet.Ending(member.model().fit(member.examples(), member.fit()), null);
        } catch (RuntimeException e) {
            ending = new Fleet.Ending(null, e);
        }
        return attempt.value(ending);
    }

    /// A trial made ready to train, alone or together with others.
    Attempt attempt(Trial trial) {
        var setting = setting(trial);
        var watch = new Watch(trial, search, part.targets, listener);
        var fit = fit(setting, search.preset().epochs(), trial.seed(), part.examples).withValidation(validation).withStop(trial::shouldStop).withCallbacks(watch);
        return new Attempt(trial, new Fleet.Member(model(setting, trial.seed()), part.examples, fit), watch, System.nanoTime());
    }

    /// The training of one trial; what its end is worth is found here.
    final class Attempt {
        final Trial trial;
        final Fleet.Member member;
        private final Watch watch;
        private final long began;

        Attempt(Trial trial, Fleet.Member member, Watch watch, long began) {
            this.trial = trial;
            this.member = member;
            this.watch = watch;
            this.began = began;
        }

        double value(Fleet.Ending ending) {
            if (ending.error() instanceof DivergedException e) {
                watch.failed(e.history());
                watch.note(began);
                throw new Diverged(String.valueOf(e.getMessage()).lines().findFirst().orElse("The loss is not finite."));
            }
            if (ending.orThrow().end() == History.End.INTERRUPTED) throw new TrialStopped();
            watch.note(began);
            if (watch.pruned()) throw new TrialPruned();
            return search.preset().score() == Preset.Score.LAST_EPOCH ? watch.last() : watch.best();
        }
    }

    private Setting setting(Trial trial) {
        sampled.addAll(trial.params().keySet());
        try {
            var setting = Setting.of(trial.params());
            setting.read().forEach(trial::value);
            read.addAll(setting.read());
            return setting;
        } catch (IllegalArgumentException e) {
            // A value that is refused was read.
            trial.params().keySet().stream().filter(Setting::reads).forEach(read::add);
            throw new Impossible(String.valueOf(e.getMessage()));
        }
    }

    /// A setting that no network can have: the study keeps the sentence as the reason, without the name of a class.
    private static final class Impossible extends RuntimeException {
        private static final long serialVersionUID = 1;

        Impossible(String message) {
            super(message, null, false, false);
        }

        @Override
        public String toString() {
            return String.valueOf(getMessage());
        }
    }

    /// A proposed batch that is larger than the data is all of it.
    private Fit fit(Setting setting, int epochs, long seed, Examples examples) {
        return Fit.of().withEpochs(epochs).withBatch(Math.clamp(examples.size(), 1, setting.batchSize())).withSeed(seed).withThreads(search.threads()).withNanCheck(search.nanCheck())
                .withVerbosity(Verbosity.SILENT);
    }

    /// Trains a trial's setting once more, on training and validation examples together, for as many epochs as it was best after, and tests it:
    /// the only use of the test part.
    public Champion champion(TrialView trial) {
        return champion(trial, () -> false);
    }

    /// The same; throws [TrialStopped] soon after `stop` says so.
    public Champion champion(TrialView trial, BooleanSupplier stop) {
        var setting = Setting.of(trial.params());
        var data = search.data();
        var all = Part.of(data.train(), data.task());
        var seed = search.seed() * 0x9E3779B97F4A7C15L + trial.slot();
        var epochs = epochs(trial);
        var model = model(setting, seed, all, SavedModel.notes(data, all.targets, Json.write(trial.params())));
        try {
            var history = model.fit(all.examples, fit(setting, epochs, seed, all.examples).withStop(stop));
            if (history.end() == History.End.INTERRUPTED) throw new TrialStopped();
        } catch (DivergedException e) {
            throw new Diverged("The best setting, trained once more on all examples, failed: " + e.getMessage());
        }
        var saved = new SavedModel(model);
        return new Champion(trial, saved, saved.evaluate(data.test()), data.train().size(), epochs);
    }

    /// After how many epochs a trial was worth what it is worth.
    private int epochs(TrialView trial) {
        if (trial.reports().isEmpty()) return search.preset().epochs();
        if (search.preset().score() == Preset.Score.LAST_EPOCH) return Math.max(1, trial.lastStep().orElseThrow());
        var best = -1;
        for (var step : new TreeSet<>(trial.reports().keySet()))
            if (best < 0 || search.direction().better(trial.reports().get(step), trial.reports().get(best))) best = step;
        return Math.max(1, best);
    }
}
