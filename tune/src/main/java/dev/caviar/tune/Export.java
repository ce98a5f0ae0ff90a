package dev.caviar.tune;

import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A study as text for other programs: one table, or everything.
///
/// ```java
/// try (var study = Study.inMemory(StudyOptions.of("table"))) {
///     study.optimize(trial -> trial.real("x", 0, 1), Budget.trials(3));
///     var export = Export.of(study.storage(), "table");
///     assert export.csv().startsWith("number,value,datetime_start,datetime_complete,duration,params_x,state,hidden\n0,");
/// }
/// ```
///
/// @param study  what is known of it besides its trials
/// @param trials by number
/// @param hidden the numbers of hidden trials
public record Export(StudyView study, List<TrialView> trials, Set<Integer> hidden) {
    public Export {
        trials = List.copyOf(trials);
        hidden = Set.copyOf(hidden);
    }

    /// A study as it stands now. Throws [StorageException] where there is none of that name.
    public static Export of(Storage storage, String study) {
        var trials = storage.trials(study);
        var view = storage.study(study);
        return new Export(view, trials, Notes.hidden(view));
    }

    /// The trials that are not hidden.
    public List<TrialView> visible() {
        return hidden.isEmpty() ? trials : trials.stream().filter(trial -> !hidden.contains(trial.number())).toList();
    }

    /// A table with a line per trial, whose columns are named as in Optuna's `trials_dataframe`: times in UTC, durations in seconds, and nothing where
    /// a trial has no such parameter. See RFC 4180.
    public String csv() {
        var params = new LinkedHashSet<String>();
        var notes = new LinkedHashSet<String>();
        for (var trial : trials) {
            params.addAll(trial.params().keySet());
            notes.addAll(trial.attributes().keySet());
        }
        var out = new StringBuilder();
        line(out, header(params, notes));
        for (var trial : trials) line(out, row(trial, params, notes));
        return out.toString();
    }

    private List<@Nullable Object> header(Set<String> params, Set<String> notes) {
        var row = new ArrayList<@Nullable Object>();
        row.add("number");
        var objectives = study.directions().size();
        for (var i = 0; i < objectives; i++) row.add(objectives == 1 ? "value" : "values_" + i);
        row.addAll(List.of("datetime_start", "datetime_complete", "duration"));
        for (var name : params) row.add("params_" + name);
        for (var name : notes) row.add("user_attrs_" + name);
        row.addAll(List.of("state", "hidden"));
        return row;
    }

    private List<@Nullable Object> row(TrialView trial, Set<String> params, Set<String> notes) {
        var row = new ArrayList<@Nullable Object>();
        row.add(trial.number());
        for (var i = 0; i < study.directions().size(); i++) row.add(i < trial.values().size() ? trial.values().get(i) : null);
        row.add(trial.started());
        row.add(trial.completed());
        row.add(seconds(trial));
        for (var name : params) row.add(trial.params().get(name));
        for (var name : notes) row.add(trial.attributes().get(name));
        row.add(trial.state());
        row.add(hidden.contains(trial.number()));
        return row;
    }

    /// Everything: the study's name, directions and attributes, and of each trial its state, values, parameters, reports, attributes and times.
    public Map<String, @Nullable Object> json() {
        var all = new LinkedHashMap<String, @Nullable Object>();
        all.put("study", study.name());
        all.put("directions", study.directions().stream().map(Direction::name).toList());
        all.put("attributes", study.attributes());
        all.put("system_attributes", study.systemAttributes());
        all.put("trials", trials.stream().map(this::json).toList());
        return all;
    }

    /// One trial as [#json()] has it.
    public Map<String, @Nullable Object> json(TrialView trial) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("number", trial.number());
        map.put("state", trial.state().name());
        map.put("value", trial.values().size() == 1 ? trial.values().getFirst() : null);
        map.put("values", trial.values());
        map.put("params", trial.params());
        var reports = new LinkedHashMap<String, @Nullable Object>();
        trial.reports().forEach((step, value) -> reports.put(step.toString(), value));
        map.put("reports", reports);
        map.put("attributes", trial.attributes());
        map.put("error", trial.error());
        map.put("started", text(trial.started()));
        map.put("completed", text(trial.completed()));
        map.put("seconds", seconds(trial));
        map.put("hidden", hidden.contains(trial.number()));
        return map;
    }

    private static @Nullable Double seconds(TrialView trial) {
        return trial.started() == null || trial.completed() == null ? null : Duration.between(trial.started(), trial.completed()).toNanos() / 1e9;
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }

    private static void line(StringBuilder out, List<@Nullable Object> cells) {
        var separator = "";
        for (var cell : cells) {
            out.append(separator).append(cell(cell));
            separator = ",";
        }
        out.append('\n');
    }

    private static String cell(@Nullable Object value) {
        var text = switch (value) {
            case null -> "";
            case Double number -> Json.number(number);
            case List<?> list -> Json.write(list);
            case Map<?, ?> map -> Json.write(map);
            default -> value.toString();
        };
        return text.matches("(?s).*[\",\r\n].*") ? "\"" + text.replace("\"", "\"\"") + "\"" : text;
    }
}
