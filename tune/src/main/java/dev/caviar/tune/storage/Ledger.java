package dev.caviar.tune.storage;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Dist;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Whole;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One study in memory: applies events, refuses impossible ones, and counts as it goes. Not safe for several threads by itself.
final class Ledger {
    private final List<Entry> entries = new ArrayList<>();
    private final TreeMap<Integer, Entry> open = new TreeMap<>();
    private final TreeMap<Integer, Entry> cutOff = new TreeMap<>();
    private final Map<String, Dist> kinds = new HashMap<>();
    private StudyView study;
    private int complete;
    private int pruned;
    private int failed;
    private int nextSlot;
    private int given;

    Ledger(StudyView study) {
        this.study = study;
    }

    StudyView study() {
        return study;
    }

    void study(StudyView now) {
        study = now;
    }

    void note(String key, @Nullable Object value) {
        var more = new LinkedHashMap<>(study.systemAttributes());
        more.put(key, value);
        study = new StudyView(study.name(), study.directions(), study.attributes(), more);
    }

    void noteUser(String key, @Nullable Object value) {
        var more = new LinkedHashMap<>(study.attributes());
        more.put(key, value);
        study = new StudyView(study.name(), study.directions(), more, study.systemAttributes());
    }

    /// Whether a parameter of that name was there before.
    boolean knows(String parameter) {
        return kinds.containsKey(parameter);
    }

    int size() {
        return entries.size();
    }

    /// A trial as it was found, or begun, elsewhere; its number is the next one, or that of an open trial which it replaces.
    void put(TrialView view) {
        var entry = new Entry(view);
        if (view.number() == entries.size()) {
            entries.add(entry);
            nextSlot = Math.max(nextSlot, view.slot() + 1);
            if (view.retryOf().isEmpty() && view.given()) given++;
            view.retryOf().ifPresent(number -> cutOff.remove(entries.get(number).view().slot()));
        } else {
            entries.set(view.number(), entry);
            open.remove(view.number());
        }
        view.space().forEach((name, dist) -> kinds.putIfAbsent(name, dist));
        settle(entry);
    }

    TrialView view(int number) {
        return entry(number).view();
    }

    /// Whether the trial still waits for its turn.
    boolean waits(int number) {
        return view(number).state() == TrialState.WAITING;
    }

    /// The trial that begins, with its system attributes: they say which slot it stands in.
    TrialView begun(Storage.Begin begin, Instant now) {
        var number = begin.waiting() == null ? size() : begin.waiting();
        var known = begin.waiting() == null ? TrialView.running(number) : view(number);
        var begun = new TrialView(number, TrialState.RUNNING, known.params(), known.space(), known.reports(), known.values(), known.attributes(),
                known.systemAttributes(), now, null);
        for (var event : begin.events())
            if (event instanceof Event.SystemAttribute(var key, var value)) begun = begun.withSystemAttribute(key, Json.plain(value));
        return begun;
    }

    /// A trial from elsewhere as it comes to stand here: with the next number, and attributes as JSON would give them back.
    TrialView added(TrialView trial) {
        var params = new ArrayList<Event>();
        trial.space().forEach((name, dist) -> params.add(new Event.Param(name, dist, trial.params().get(name))));
        check(params);
        if (trial.state() == TrialState.COMPLETE) check(List.of(new Event.End(trial.state(), trial.values())));
        return new TrialView(size(), trial.state(), trial.params(), trial.space(), trial.reports(), trial.values(), plain(trial.attributes()),
                plain(trial.systemAttributes()), trial.started(), trial.completed());
    }

    /// Refuses what [#apply] must not do.
    void check(int number, List<? extends Event> events) {
        checkOpen(number);
        check(events);
    }

    private void checkOpen(int number) {
        var view = view(number);
        if (view.state().finished())
            throw new TrialFinishedException("Trial " + number + " of study \"" + study.name() + "\" is already " + view.state()
                    + (view.cutOff() ? " (cut off)" : "") + "; nothing can be added to it.");
    }

    /// Refuses events that no trial of this study may have.
    void check(List<? extends Event> events) {
        for (var event : events) {
            switch (event) {
                case Event.Param param -> checkKind(param);
                case Event.Report(var step, var _) when step < 0 ->
                        throw new IllegalArgumentException("report(" + step + "): a step is 0 or more.");
                case Event.End(var state, var values) when state == TrialState.COMPLETE && values.size() != study.directions().size() ->
                        throw new IllegalArgumentException("A trial ends with " + values.size() + " values, but study \""
                                + study.name() + "\" has " + study.directions().size() + " directions.");
                default -> { }
            }
        }
    }

    TrialView apply(int number, List<? extends Event> events, Instant now) {
        var entry = entry(number);
        for (var event : events) {
            entry.apply(event, now);
            if (event instanceof Event.Param(var name, var dist, var _)) kinds.putIfAbsent(name, dist);
        }
        if (entry.state().finished()) {
            open.remove(number);
            settle(entry);
        }
        return entry.view();
    }

    /// A trial after these events.
    static TrialView with(TrialView trial, List<Event> events, Instant now) {
        var entry = new Entry(trial);
        for (var event : events) entry.apply(event, now);
        return entry.view();
    }

    Tally tally() {
        var running = new ArrayList<TrialView>();
        for (var entry : open.values()) running.add(entry.view());
        var again = new ArrayList<TrialView>();
        for (var entry : cutOff.values()) again.add(entry.view());
        again.sort(Comparator.comparingInt(TrialView::slot));
        return new Tally(entries.size(), complete, pruned, failed, nextSlot, given, running, again);
    }

    List<TrialView> views() {
        var views = new ArrayList<TrialView>(entries.size());
        for (var entry : entries) views.add(entry.view());
        return views;
    }

    /// The same events with the values of attributes as JSON would give them back.
    static List<Event> plain(List<? extends Event> events) {
        var plain = new ArrayList<Event>(events.size());
        for (var event : events)
            plain.add(switch (event) {
                case Event.Attribute(var key, var value) -> new Event.Attribute(key, Json.plain(value));
                case Event.SystemAttribute(var key, var value) -> new Event.SystemAttribute(key, Json.plain(value));
                case Event.Param _, Event.Report _, Event.End _ -> event;
            });
        return plain;
    }

    private static Map<String, @Nullable Object> plain(Map<String, @Nullable Object> attributes) {
        var plain = new LinkedHashMap<String, @Nullable Object>();
        attributes.forEach((key, value) -> plain.put(key, Json.plain(value)));
        return plain;
    }

    private Entry entry(int number) {
        if (number < 0 || number >= entries.size())
            throw new StorageException("There is no trial " + number + " in study \"" + study.name() + "\", which has " + entries.size() + ".");
        return entries.get(number);
    }

    private void settle(Entry entry) {
        switch (entry.state) {
            case RUNNING, WAITING -> open.put(entry.view.number(), entry);
            case COMPLETE -> complete++;
            case PRUNED -> pruned++;
            case FAIL -> {
                var view = entry.view();
                if (!view.cutOff()) failed++;
                else cutOff.put(view.slot(), entry);
            }
        }
    }

    // Optuna's rule: within a study a parameter keeps its kind, its log flag and its choices; its range may change.
    private void checkKind(Event.Param param) {
        var before = kinds.get(param.name());
        if (before == null || kind(before).equals(kind(param.dist()))) return;
        throw new StorageException("Parameter \"" + param.name() + "\" was " + before + " in study \"" + study.name() + "\" and cannot become "
                + param.dist() + ".\nMaybe give the parameter, or the study, another name.");
    }

    private static Object kind(Dist dist) {
        return switch (dist) {
            case Real real -> "real" + (real.scale() == Scale.LOG);
            case Whole whole when whole.scale() == Scale.POWER_OF_TWO -> whole.values();
            case Whole whole -> "whole" + (whole.scale() == Scale.LOG);
            case Choice choice -> choice.values();
        };
    }

    /// One trial, changed in place; its view is made when asked for, and maps are copied when they are first changed after that.
    private static final class Entry {
        private TrialView view;
        private @Nullable Map<String, @Nullable Object> params;
        private @Nullable Map<String, Dist> space;
        private @Nullable Map<Integer, Double> reports;
        private @Nullable Map<String, @Nullable Object> attributes;
        private @Nullable Map<String, @Nullable Object> systemAttributes;
        private TrialState state;
        private List<Double> values;
        private @Nullable Instant completed;
        private boolean changed;

        Entry(TrialView view) {
            this.view = view;
            state = view.state();
            values = view.values();
            completed = view.completed();
        }

        void apply(Event event, Instant now) {
            changed = true;
            switch (event) {
                case Event.Param(var name, var dist, var value) -> {
                    var dists = space == null ? space = new LinkedHashMap<>(view.space()) : space;
                    var all = params == null ? params = new LinkedHashMap<>(view.params()) : params;
                    if (dists.putIfAbsent(name, dist) == null) all.put(name, value);
                }
                case Event.Report(var step, var value) -> {
                    var all = reports == null ? reports = new LinkedHashMap<>(view.reports()) : reports;
                    all.putIfAbsent(step, value);
                }
                case Event.Attribute(var key, var value) -> {
                    var all = attributes == null ? attributes = new LinkedHashMap<>(view.attributes()) : attributes;
                    all.put(key, value);
                }
                case Event.SystemAttribute(var key, var value) -> {
                    var all = systemAttributes == null ? systemAttributes = new LinkedHashMap<>(view.systemAttributes()) : systemAttributes;
                    all.put(key, value);
                }
                case Event.End end -> {
                    state = end.state();
                    values = end.values();
                    completed = now;
                }
            }
        }

        TrialState state() {
            return state;
        }

        TrialView view() {
            if (!changed) return view;
            view = new TrialView(view.number(), state, or(params, view.params()), or(space, view.space()), or(reports, view.reports()), values,
                    or(attributes, view.attributes()), or(systemAttributes, view.systemAttributes()), view.started(), completed);
            params = null;
            space = null;
            reports = null;
            attributes = null;
            systemAttributes = null;
            changed = false;
            return view;
        }

        private static <K, V extends @Nullable Object> Map<K, V> or(@Nullable Map<K, V> changed, Map<K, V> before) {
            return changed == null ? before : changed;
        }
    }
}
