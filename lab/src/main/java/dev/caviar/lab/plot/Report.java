package dev.caviar.lab.plot;

import dev.caviar.nn.format.AtomicFile;
import dev.caviar.tune.Notes;
import dev.caviar.tune.Study;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.History;
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
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A study as one page for a browser: history, importance, each parameter on its scale, parallel coordinates, two parameters together, learning
/// curves, the workers' time, the rounds of a coarse-to-fine search, fronts and hypervolume of several objectives, and a table of all trials.
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
    private static final int CURVES = 400, FRONTS = 3;
    private static final MathContext NINE = new MathContext(9);

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
        var shown = shown();
        var pictures = pictures();
        var params = params(shown);
        var data = new LinkedHashMap<String, @Nullable Object>();
        data.put("study", study.name());
        data.put("storage", storage);
        data.put("made", made.truncatedTo(ChronoUnit.SECONDS).toString().replace('T', ' ').replace("Z", " UTC"));
        data.put("objectives", objectives());
        data.put("share", shown.stream().flatMap(trial -> trial.values().stream()).allMatch(value -> value >= 0 && value <= 1));
        data.put("params", params);
        var curves = curves(shown);
        data.put("trials", shown.stream().map(trial -> trial(trial, params, curves.contains(trial.number()))).toList());
        data.put("hidden", Notes.hidden(study).size());
        data.put("rounds", new Rounds(pictures).stretches().stream().map(one -> Arrays.asList(one.round(), one.first(), one.last(), one.region())).toList());
        if (study.directions().size() > 1) {
            var fronts = new Fronts(pictures);
            data.put("ranks", fronts.ranks().entrySet().stream().filter(entry -> entry.getValue() < FRONTS).map(entry -> List.of(entry.getKey(), entry.getValue())).toList());
            data.put("volumes", fronts.volumes().entrySet().stream().map(entry -> List.of(entry.getKey(), entry.getValue())).toList());
            data.put("corner", fronts.corner());
        }
        data.put("importance", importance(shown));
        return data;
    }

    // Some hundred curves fill the chart; the last ones, and the best.
    private Set<Integer> curves(List<TrialView> shown) {
        var reported = shown.stream().filter(trial -> trial.reports().size() > 1).toList();
        var numbers = reported.subList(Math.max(0, reported.size() - CURVES), reported.size()).stream().map(TrialView::number).collect(Collectors.toSet());
        TrialView.ranked(reported, study.directions().getFirst()).stream().limit(1).forEach(best -> numbers.add(best.number()));
        return numbers;
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
                case Choice(var values) -> param.putAll(Map.of("kind", "choice", "scale", "linear", "values", all(values, known.name(), shown)));
                case Real(var low, var high, var scale, var _) -> param.putAll(Map.of("kind", "real", "scale", scale.label(), "low", low, "high", high));
                case Whole(var low, var high, var scale, var _) -> param.putAll(Map.of("kind", "whole", "scale", scale.label(), "low", low, "high", high));
            }
            params.add(param);
        }
        return params;
    }

    // Those that a trial took from another list belong to it as well.
    private static List<@Nullable Object> all(List<@Nullable Object> listed, String name, List<TrialView> shown) {
        var values = new LinkedHashSet<@Nullable Object>(listed);
        for (var trial : shown) if (trial.params().containsKey(name)) values.add(trial.params().get(name));
        return new ArrayList<>(values);
    }

    // Parameters in the order of the page's own list, choices as their places there: thousands of names would make it large.
    private static Map<String, @Nullable Object> trial(TrialView trial, List<Map<String, @Nullable Object>> params, boolean curve) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("number", trial.number());
        map.put("state", trial.state().name());
        map.put("values", trial.state() == TrialState.COMPLETE ? trial.values().stream().map(Report::finite).toList() : List.of());
        map.put("params", params.stream().map(param -> place(trial, param)).toList());
        map.put("steps", trial.reports().size());
        if (trial.lastStep().isPresent()) map.put("last", finite(trial.reports().get(trial.lastStep().getAsInt())));
        if (curve) map.put("reports", trial.reports().entrySet().stream().sorted(Map.Entry.comparingByKey()).map(entry -> Arrays.asList(entry.getKey(), finite(entry.getValue()))).toList());
        if (trial.started() != null) map.put("start", trial.started().toEpochMilli());
        if (trial.completed() != null) map.put("end", trial.completed().toEpochMilli());
        map.put("owner", String.valueOf(trial.systemAttributes().get(TrialView.OWNER)));
        if (trial.violation() > 0) map.put("violates", true);
        if (trial.error() != null) map.put("error", trial.error().lines().findFirst().orElse(""));
        return map;
    }

    private static @Nullable Object place(TrialView trial, Map<String, @Nullable Object> param) {
        if (!trial.params().containsKey(param.get("name"))) return null;
        var value = trial.params().get(param.get("name"));
        return param.get("values") instanceof List<?> choices ? (Object) choices.indexOf(value) : value instanceof Double number ? finite(number) : value;
    }

    // Nine digits are more than anybody reads.
    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? new BigDecimal(value).round(NINE).doubleValue() : null;
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
