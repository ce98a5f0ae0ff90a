package dev.caviar.tune.record;

import dev.caviar.tune.space.Dist;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// What is known of one trial at one moment; an immutable value.
///
/// A trial has a number, unique in its study, and a slot, its place in the search. They are equal until a trial is cut off by the end of
/// its process: it is run again under a new number in the same slot, with the same settings and seed.
///
/// ```java
/// var trial = TrialView.running(3).withReport(0, 0.5).withReport(1, 0.7);
/// assert trial.lastReport().getAsDouble() == 0.7;
/// assert trial.slot() == 3;
/// ```
///
/// @param number           the trial's number in its study, from 0
/// @param state            where it stands
/// @param params           the chosen values in the order of choosing
/// @param space            the distributions they came from
/// @param reports          intermediate values by step, in the order of reporting
/// @param values           one final value per direction; empty while running and for failed trials
/// @param attributes       what the objective noted about it
/// @param systemAttributes what programs noted about it; keys of ours begin with `caviar:`
/// @param started          when it began, null while waiting
/// @param completed        when it ended, null before
public record TrialView(
        int number,
        TrialState state,
        Map<String, @Nullable Object> params,
        Map<String, Dist> space,
        Map<Integer, Double> reports,
        List<Double> values,
        Map<String, @Nullable Object> attributes,
        Map<String, @Nullable Object> systemAttributes,
        @Nullable Instant started,
        @Nullable Instant completed) {
    /// Key of the system attribute that holds the slot where it is not the number.
    public static final String SLOT = "caviar:slot";
    /// Key of the system attribute that holds the place among the trials whose settings are proposed, where it is not the slot.
    public static final String ORDER = "caviar:order";
    /// Key of the system attribute that marks a trial which was cut off.
    public static final String CUT_OFF = "caviar:cut_off";
    /// Key of the system attribute with the number of the cut-off trial that this one runs again.
    public static final String RETRY_OF = "caviar:retry_of";
    /// Key of the system attribute with a list of numbers of which none may be above 0.
    public static final String CONSTRAINTS = "constraints";
    /// Beginning of the keys of system attributes that hold a step's reports of several objectives; the step follows.
    public static final String REPORTS = "caviar:reports:";
    /// Key of the system attribute with the reason of a failure.
    public static final String ERROR = "caviar:error";
    /// Key of the system attribute that says which process runs the trial.
    public static final String OWNER = "caviar:owner";
    /// Key of the system attribute with the time at which its process last said that it lives, where it runs for long.
    public static final String HEARTBEAT = "caviar:heartbeat";

    /// Key of the system attribute with the values of a queued trial, by name; the key is Optuna's.
    public static final String FIXED = "fixed_params";
    /// Key of the system attribute that counts how often the setting failed or lost its process before.
    public static final String ATTEMPTS = "caviar:attempts";

    public TrialView {
        params = Frozen.of(params);
        space = Frozen.of(space);
        reports = Frozen.of(reports);
        values = List.copyOf(values);
        attributes = Frozen.of(attributes);
        systemAttributes = Frozen.of(systemAttributes);
    }

    /// A trial that has just begun and about which nothing is known.
    public static TrialView running(int number) {
        return new TrialView(number, TrialState.RUNNING, Map.of(), Map.of(), Map.of(), List.of(), Map.of(), Map.of(), null, null);
    }

    /// The same with one more parameter.
    public TrialView withParam(String name, Dist dist, @Nullable Object value) {
        return new TrialView(number, state, Frozen.plus(params, name, value), Frozen.plus(space, name, dist), reports, values, attributes, systemAttributes,
                started, completed);
    }

    /// The same with one more intermediate value.
    public TrialView withReport(int step, double value) {
        return new TrialView(number, state, params, space, Frozen.plus(reports, step, value), values, attributes, systemAttributes, started, completed);
    }

    /// The same with a final state and values.
    public TrialView ended(TrialState state, Double... values) {
        return new TrialView(number, state, params, space, reports, List.of(values), attributes, systemAttributes, started, completed);
    }

    /// The same with one more attribute of the objective.
    public TrialView withAttribute(String key, @Nullable Object value) {
        return new TrialView(number, state, params, space, reports, values, Frozen.plus(attributes, key, value), systemAttributes, started, completed);
    }

    /// The same with one more attribute of a program.
    public TrialView withSystemAttribute(String key, @Nullable Object value) {
        return new TrialView(number, state, params, space, reports, values, attributes, Frozen.plus(systemAttributes, key, value), started, completed);
    }

    /// The same as when its setting was proposed: number, slot and parameters, and nothing of how it went on.
    public TrialView proposed() {
        var place = systemAttributes.containsKey(SLOT) ? Map.<String, @Nullable Object>of(SLOT, slot()) : Map.<String, @Nullable Object>of();
        return new TrialView(number, TrialState.RUNNING, params, space, Map.of(), List.of(), Map.of(), place, null, null);
    }

    /// The place in the search, from which seed and order follow; the number, but for trials around a cut-off one.
    public int slot() {
        return systemAttributes.get(SLOT) instanceof Number slot ? slot.intValue() : number;
    }

    /// The place among the trials whose settings are proposed: the slot less the queued trials, and those of other programs, before it.
    public int order() {
        return systemAttributes.get(ORDER) instanceof Number order ? order.intValue() : slot();
    }

    /// Whether the setting came from elsewhere: the trial was queued, or is another program's.
    public boolean given() {
        return systemAttributes.containsKey(FIXED) || !systemAttributes.containsKey(OWNER);
    }

    /// Whether the trial was ended by the end of its process; it counts nowhere and is run again.
    public boolean cutOff() {
        return state == TrialState.FAIL && Boolean.TRUE.equals(systemAttributes.get(CUT_OFF));
    }

    /// The number of the cut-off trial that this one runs again.
    public OptionalInt retryOf() {
        return systemAttributes.get(RETRY_OF) instanceof Number n ? OptionalInt.of(n.intValue()) : OptionalInt.empty();
    }

    /// Whether the trial is finished and was not cut off.
    public boolean counts() {
        return state.finished() && !cutOff();
    }

    /// Why the trial failed, where that is known.
    public @Nullable String error() {
        return systemAttributes.get(ERROR) instanceof String text ? text : null;
    }

    /// By how much the trial violates its constraints: the sum of those above 0; 0 where it keeps them or has none, infinite where one is NaN.
    public double violation() {
        var sum = 0.0;
        for (var constraint : constraints()) sum += constraint > 0 ? constraint : Double.isNaN(constraint) ? Double.POSITIVE_INFINITY : 0;
        return sum;
    }

    /// The constraints: each is kept where it is 0 or less. Empty where there are none.
    public List<Double> constraints() {
        var found = new ArrayList<Double>();
        if (systemAttributes.get(CONSTRAINTS) instanceof List<?> list) list.forEach(value -> found.add(number(value)));
        // Optuna 5 may keep each under a key of its own.
        systemAttributes.forEach((key, value) -> {
            if (key.startsWith(CONSTRAINTS + ":")) found.add(number(value));
        });
        return found;
    }

    /// A trial that waits for its turn, with values for all parameters or for some.
    public static TrialView waiting(Map<String, ? extends @Nullable Object> fixed) {
        return new TrialView(0, TrialState.WAITING, Map.of(), Map.of(), Map.of(), List.of(), Map.of(),
                Map.of(FIXED, Collections.unmodifiableMap(new LinkedHashMap<>(fixed))), null, null);
    }

    /// The values that were fixed when the trial was queued.
    public Map<String, @Nullable Object> fixed() {
        if (!(systemAttributes.get(FIXED) instanceof Map<?, ?> map)) return Map.of();
        var fixed = new LinkedHashMap<String, @Nullable Object>();
        map.forEach((name, value) -> fixed.put(String.valueOf(name), value));
        return fixed;
    }

    /// How often the setting failed or lost its process before.
    public int attempts() {
        return systemAttributes.get(ATTEMPTS) instanceof Number attempts ? attempts.intValue() : 0;
    }

    /// The final value for the first direction; empty where there is none.
    public OptionalDouble value() {
        return values.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(values.getFirst());
    }

    /// The intermediate value of the greatest step.
    public OptionalDouble lastReport() {
        var step = lastStep();
        return step.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(reports.get(step.getAsInt()));
    }

    /// The intermediate values of one step, one per objective where they were reported so; empty where there is none.
    public List<Double> reports(int step) {
        if (systemAttributes.get(REPORTS + step) instanceof List<?> list)
            return list.stream().map(value -> value instanceof Number number ? number.doubleValue() : Double.NaN).toList();
        return reports.containsKey(step) ? List.of(reports.get(step)) : List.of();
    }

    /// The greatest step with an intermediate value.
    public OptionalInt lastStep() {
        return reports.keySet().stream().mapToInt(Integer::intValue).max();
    }

    private static double number(@Nullable Object value) {
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    /// The complete trials that are within all limits, best first; equal ones by slot.
    public static List<TrialView> ranked(List<TrialView> trials, Direction direction) {
        var complete = new ArrayList<TrialView>();
        for (var trial : trials)
            if (trial.state() == TrialState.COMPLETE && trial.value().isPresent() && trial.violation() == 0) complete.add(trial);
        complete.sort((a, b) -> {
            double x = a.value().getAsDouble(), y = b.value().getAsDouble();
            return direction.better(x, y) ? -1 : direction.better(y, x) ? 1 : Integer.compare(a.slot(), b.slot());
        });
        return complete;
    }
}
