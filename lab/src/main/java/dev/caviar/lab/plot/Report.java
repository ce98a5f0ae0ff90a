package dev.caviar.lab.plot;

import dev.caviar.nn.format.AtomicFile;
import dev.caviar.tune.Notes;
import dev.caviar.tune.Study;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Whole;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A study as one page for a browser: history, importance, each parameter on its scale, parallel coordinates, two parameters together, learning
/// curves, the workers' time, the Pareto front of several objectives, and a table of all trials.
///
/// The page is one file, needs no network and loads nothing. Whatever a study holds, names of its parameters and errors of its trials included, is
/// shown as text and never run. Charts are drawn by Apache ECharts, of which the file holds a copy.
///
/// ```java
/// try (var storage = dev.caviar.tune.storage.Storages.open("memory")) {
///     var study = Study.create(storage, dev.caviar.tune.StudyOptions.of("parabola"));
///     study.optimize(trial -> Math.pow(trial.real("x", -1, 1), 2), dev.caviar.tune.Budget.trials(5));
///     Report.of(storage, "parabola").write(java.nio.file.Files.createTempDirectory("page").resolve("parabola.html"));
/// }
/// ```
///
/// @param study   the study without its trials
/// @param storage where it is kept, in words
/// @param trials  its trials
/// @param made    when the page was made
public record Report(StudyView study, String storage, List<TrialView> trials, Instant made) {
    public Report {
        trials = List.copyOf(trials);
    }

    /// The study of that name as it is now. Throws [StorageException] where there is none.
    public static Report of(Storage storage, String study) {
        var view = storage.study(study);
        return new Report(view, storage.toString(), storage.trials(study), Instant.now());
    }

    /// The same as PNG files, hidden and cut-off trials left out.
    public Pictures pictures() {
        var shown = shown();
        return new Pictures(StudyFacts.space(study, shown), new History(shown, study.directions()), StudyFacts.metrics(study),
                study.systemAttributes().containsKey(Study.JOB) ? "epoch" : "step");
    }

    // What is hidden counts nowhere.
    private List<TrialView> shown() {
        var hidden = Notes.hidden(study);
        return trials.stream().filter(trial -> !trial.cutOff() && !hidden.contains(trial.number())).toList();
    }

    /// The page.
    public String html() {
        // Data comes last: whatever it holds is not looked through for places to fill.
        var page = resource("report.html");
        var parts = page.split("/\\*(DATA|ECHARTS|SCRIPT)\\*/");
        return parts[0] + safe(Json.write(data())) + parts[1] + resource("echarts.min.js") + parts[2] + resource("report.js") + parts[3];
    }

    /// Writes the page; it appears whole or not at all. Throws [UncheckedIOException] where it cannot be written.
    public void write(Path file) {
        AtomicFile.write(file, out -> out.write(ByteBuffer.wrap(html().getBytes(StandardCharsets.UTF_8))));
    }

    // Within a script element no text may end it or begin a comment.
    private static String safe(String json) {
        return json.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026");
    }

    private static String resource(String name) {
        try (var in = Objects.requireNonNull(Report.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Map<String, @Nullable Object> data() {
        var shown = trials.stream().filter(trial -> !trial.cutOff()).toList();
        var data = new LinkedHashMap<String, @Nullable Object>();
        data.put("study", study.name());
        data.put("storage", storage);
        data.put("made", made.truncatedTo(ChronoUnit.SECONDS).toString().replace('T', ' ').replace("Z", " UTC"));
        data.put("objectives", objectives());
        data.put("share", shown.stream().flatMap(trial -> trial.values().stream()).allMatch(value -> value >= 0 && value <= 1));
        data.put("params", params(shown));
        data.put("trials", shown.stream().map(Report::trial).toList());
        data.put("front", study.directions().size() > 1 ? Pareto.front(shown, study.directions()).stream().map(TrialView::number).toList() : List.of());
        data.put("importance", importance(shown));
        return data;
    }

    private List<Map<String, Object>> objectives() {
        var objectives = new ArrayList<Map<String, Object>>();
        var names = StudyFacts.metrics(study);
        for (var i = 0; i < names.size(); i++) objectives.add(Map.of("name", names.get(i), "direction", study.directions().get(i) == Direction.MAXIMIZE ? "maximize" : "minimize"));
        return objectives;
    }

    private List<Map<String, @Nullable Object>> params(List<TrialView> shown) {
        var params = new ArrayList<Map<String, @Nullable Object>>();
        for (var known : StudyFacts.space(study, shown).params()) {
            var param = new LinkedHashMap<String, @Nullable Object>();
            param.put("name", known.name());
            switch (known.dist()) {
                case Choice(var values) -> param.putAll(Map.of("kind", "choice", "scale", "linear", "values", values));
                case Real(var low, var high, var scale, var _) -> param.putAll(Map.of("kind", "real", "scale", scale.label(), "low", low, "high", high));
                case Whole(var low, var high, var scale, var _) -> param.putAll(Map.of("kind", "whole", "scale", scale.label(), "low", low, "high", high));
            }
            params.add(param);
        }
        return params;
    }

    private static Map<String, @Nullable Object> trial(TrialView trial) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("number", trial.number());
        map.put("state", trial.state().name());
        map.put("values", trial.state() == TrialState.COMPLETE ? trial.values().stream().map(Report::finite).toList() : List.of());
        map.put("params", trial.params());
        map.put("reports", trial.reports().entrySet().stream().sorted(Map.Entry.comparingByKey()).map(entry -> Arrays.asList(entry.getKey(), finite(entry.getValue()))).toList());
        if (trial.started() != null) map.put("start", trial.started().toEpochMilli());
        if (trial.completed() != null) map.put("end", trial.completed().toEpochMilli());
        map.put("owner", String.valueOf(trial.systemAttributes().get(TrialView.OWNER)));
        if (trial.error() != null) map.put("error", trial.error().lines().findFirst().orElse(""));
        return map;
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private @Nullable Map<String, Object> importance(List<TrialView> shown) {
        var shares = StudyFacts.shares(shown, study.directions());
        if (shares.pedAnova().isEmpty()) return null;
        var importance = new LinkedHashMap<String, Object>();
        importance.put("ped", shares.pedAnova());
        importance.put("fanova", shares.fanova());
        importance.put("pairs", shares.pairs());
        return importance;
    }
}
