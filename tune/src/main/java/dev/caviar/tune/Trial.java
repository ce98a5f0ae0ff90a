package dev.caviar.tune;

import dev.caviar.tune.prune.Verdict;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import dev.caviar.tune.storage.Event;
import dev.caviar.tune.storage.StorageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/// One setting being tried: gives its parameters, takes reports, says when to stop. Every report is stored before the call returns.
///
/// Parameters of the study's space are there from the start and are read by name ([#real(String)], [#whole(String)], ...); others are suggested as
/// the objective asks for them ([#real(String, double, double)], ...). For one thread at a time.
///
/// ```java
/// Objective objective = trial -> {
///     var rate = trial.real("rate", 1e-4, 1, Scale.LOG);
///     var layers = trial.whole("layers", 1, 3);
///     for (var epoch = 0; epoch < 10; epoch++) {
///         trial.checkStop();
///         trial.report(epoch, rate * layers * epoch);
///         if (trial.shouldPrune()) throw new TrialPruned();
///     }
///     return rate * layers * 10;
/// };
/// ```
public final class Trial {
    private final Study study;
    private final @Nullable History past;
    private final Map<String, @Nullable Object> fixed;
    private final Set<String> read = new HashSet<>();
    private volatile TrialView view;
    private int repeat;

    Trial(Study study, TrialView view, @Nullable History past, Map<String, @Nullable Object> fixed) {
        this.study = study;
        this.view = view;
        this.past = past;
        this.fixed = fixed;
    }

    /// The number in the study, from 0.
    public int number() {
        return view.number();
    }

    /// The place in the search; the number, but for trials around a cut-off one.
    public int slot() {
        return view.slot();
    }

    /// A seed of this trial's own, a function of the study's seed and the slot, and of the repeat where a setting is tried several times.
    public long seed() {
        var seed = Seeds.trial(study.seed(), slot());
        return repeat == 0 ? seed : Seeds.trial(seed, repeat);
    }

    /// All that is known of the trial by now.
    public TrialView view() {
        return view;
    }

    /// The parameters so far, in their order. Looking at all of them does not count as reading one; see [#unread()].
    public Map<String, @Nullable Object> params() {
        return view.params();
    }

    /// Whether the parameter exists in this trial.
    public boolean has(String name) {
        return view.params().containsKey(name);
    }

    /// The value of a parameter of any type. Throws [IllegalArgumentException] where it does not exist in this trial.
    public @Nullable Object value(String name) {
        if (!has(name)) throw new IllegalArgumentException("Trial " + number() + " has no parameter \"" + name + "\"."
                + (has() ? "\nMaybe one of " + String.join(", ", params().keySet()) + " was meant, or a condition does not hold here: ask has(name) first."
                : "\nMaybe give the study a space, or suggest the parameter with its range."));
        read.add(name);
        return view.params().get(name);
    }

    /// The value of a numeric parameter.
    public double real(String name) {
        if (value(name) instanceof Number number) return number.doubleValue();
        throw wrongType(name, "a number");
    }

    /// The value of a parameter that is a whole number.
    public int whole(String name) {
        if (value(name) instanceof Long number) return Math.toIntExact(number);
        throw wrongType(name, "a whole number");
    }

    /// The value of a parameter that is text.
    public String text(String name) {
        if (value(name) instanceof String text) return text;
        throw wrongType(name, "text");
    }

    /// The value of a parameter that is true or false.
    public boolean flag(String name) {
        if (value(name) instanceof Boolean flag) return flag;
        throw wrongType(name, "true or false");
    }

    /// Asks for a parameter as the objective runs; the same name gives the same value again within the trial. Throws
    /// [IllegalArgumentException] where it was asked for with another distribution before.
    public @Nullable Object suggest(String name, Dist dist) {
        var known = view.space().get(name);
        if (known == null) append(new Event.Param(name, dist, choose(name, dist)));
        else if (!known.equals(dist)) throw new IllegalArgumentException("Trial " + number() + ": parameter \"" + name + "\" is " + known
                + " and cannot become " + dist + ".");
        return value(name);
    }

    /// A real number, even between both ends.
    public double real(String name, double low, double high) {
        return real(name, low, high, Scale.LINEAR);
    }

    /// A real number, even on a scale.
    public double real(String name, double low, double high, Scale scale) {
        suggest(name, Real.of(low, high, scale));
        return real(name);
    }

    /// A whole number, even between both ends.
    public int whole(String name, long low, long high) {
        return whole(name, low, high, Scale.LINEAR);
    }

    /// A whole number, even on a scale.
    public int whole(String name, long low, long high, Scale scale) {
        suggest(name, Whole.of(low, high, scale));
        return whole(name);
    }

    /// One of these values: text, numbers or booleans.
    @SafeVarargs
    @SuppressWarnings("varargs")
    public final <T> T choice(String name, T... values) {
        var dist = new Choice(new ArrayList<@Nullable Object>(Arrays.asList(values)));
        return values[dist.index(suggest(name, dist))];
    }

    /// Notes how good the trial is after a step (an epoch, say), from 0; NaN is allowed. The first value of a step stays.
    public void report(int step, double value) {
        append(new Event.Report(step, value));
    }

    /// Notes how good the trial is after a step where there are several objectives, one number for each; as Optuna knows one number only, it sees
    /// the first.
    public void report(int step, double first, double second, double... more) {
        var values = DoubleStream.concat(DoubleStream.of(first, second), DoubleStream.of(more)).boxed().toList();
        append(new Event.SystemAttribute(TrialView.REPORTS + step, values), new Event.Report(step, first));
    }

    /// Notes anything about the trial that has a form in JSON: text, numbers, booleans, lists, maps.
    public void note(String key, @Nullable Object value) {
        append(new Event.Attribute(key, value));
    }

    /// Notes how far the setting is beyond each of its limits, such as memory used less memory there is: 0 or less is within. A trial that is
    /// beyond a limit is never the best. To be told before the trial ends; kept as Optuna keeps it.
    public void constrain(double... violations) {
        if (Arrays.stream(violations).anyMatch(Double::isNaN))
            throw new IllegalArgumentException("constrain(" + Arrays.toString(violations) + "): NaN is neither within a limit nor beyond it.");
        append(new Event.SystemAttribute(TrialView.CONSTRAINTS, Arrays.stream(violations).boxed().toList()));
    }

    /// Keeps a copy of a file with the trial, such as a model or a picture, and gives what it is known by: the hash of its content. Lies in
    /// the study's folder of artifacts, and is found there by Optuna's `FileSystemArtifactStore` too. Throws [StorageException] where the
    /// study has no such folder.
    public String attach(Path file) {
        var artifact = study.artifacts().put(file);
        append(new Event.SystemAttribute(Artifact.KEY + artifact.id(), artifact.json()));
        return artifact.id();
    }

    /// What the study's pruner thinks after the last report; what it wants to remember of the trial is kept.
    public Verdict verdict() {
        var known = past == null ? study.past(slot()) : past;
        var notes = study.pruner().notes(known, view);
        var verdict = study.pruner().judge(known, view);
        if (!notes.isEmpty()) append(notes.entrySet().stream().map(note -> new Event.SystemAttribute(note.getKey(), note.getValue())).toList());
        return verdict;
    }

    /// Whether the pruner gives the trial up: the objective then throws [TrialPruned].
    public boolean shouldPrune() {
        return verdict() == Verdict.STOP;
    }

    /// Whether the search is being stopped: the objective then throws [TrialStopped].
    public boolean shouldStop() {
        return study.stopped() || Thread.currentThread().isInterrupted();
    }

    /// Throws [TrialStopped] if the search is being stopped.
    public void checkStop() {
        if (shouldStop()) throw new TrialStopped();
    }

    /// The parameters that nobody read by now: chosen, but without any effect.
    public Set<String> unread() {
        var names = new TreeSet<>(params().keySet());
        names.removeAll(read);
        return names;
    }

    @Override
    public String toString() {
        return "Trial " + number() + " " + params();
    }

    /// Which time the same setting is being tried, from 0.
    void repeat(int repeat) {
        this.repeat = repeat;
    }

    /// Stores events about this trial, all or none.
    void append(Event... events) {
        append(List.of(events));
    }

    void append(List<? extends Event> events) {
        view = study.storage().append(study.name(), number(), events);
    }

    private @Nullable Object choose(String name, Dist dist) {
        if (fixed.containsKey(name) && dist.contains(fixed.get(name))) return fixed.get(name);
        var known = study.pruner().seen(past == null ? study.past(slot()) : past, view);
        return study.sampler().propose(known, view, name, dist, Seeds.parameter(study.seed(), slot(), name));
    }

    private boolean has() {
        return !params().isEmpty();
    }

    private IllegalArgumentException wrongType(String name, String wanted) {
        return new IllegalArgumentException("Trial " + number() + ": parameter \"" + name + "\" is " + params().get(name) + ", which is not " + wanted + ".");
    }
}
