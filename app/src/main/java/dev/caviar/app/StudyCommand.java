package dev.caviar.app;

import dev.caviar.nn.format.AtomicFile;
import dev.caviar.tune.Export;
import dev.caviar.tune.Notes;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.json.JsonException;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.Pareto;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.Storages;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `caviar study`: looks at studies, and keeps them in order.
@Command(
    name = "study",
    synopsisSubcommandLabel = "WHAT",
    description = "Looks at studies, and keeps them in order.%n",
    mixinStandardHelpOptions = true,
    subcommands = {StudyCommand.ListStudies.class, StudyCommand.Show.class, StudyCommand.Best.class, StudyCommand.Trials.class, StudyCommand.ExportStudy.class,
        StudyCommand.Delete.class, StudyCommand.Copy.class, StudyCommand.Hide.class, StudyCommand.Enqueue.class, StudyCommand.Note.class},
    footer = {"", "Examples:",
        "  caviar study list",
        "  caviar study best --study digits-20261121-120000 --json",
        "  caviar study export --study tuned --storage postgresql://me:secret@host/optuna --out tuned.csv"})
final class StudyCommand {
    private StudyCommand() {}

    /// Where studies are, and in which form the answer goes.
    static final class Place {
        @Option(names = "--storage", paramLabel = "URL", description = {"where studies are kept: sqlite:PATH, journal:PATH or postgresql://...", "  Default: "
            + SearchCommand.STORAGE})
        private String storage = SearchCommand.STORAGE;

        @Option(names = "--json", paramLabel = "FILE", arity = "0..1", fallbackValue = "-", description = "print JSON, or write it to a file")
        private @Nullable Path json;

        Storage open() {
            return Storages.existing(storage);
        }

        /// Prints lines for people, or the value as JSON.
        void answer(@Nullable Object value, List<String> lines) {
            if (json == null) lines.forEach(Streams.out()::println);
            else if (json.toString().equals("-")) Streams.out().println(Json.write(value));
            else write(json, Json.write(value) + "\n");
        }

        static void write(Path file, String text) {
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            AtomicFile.write(file, out -> out.write(ByteBuffer.wrap(bytes)));
        }
    }

    /// Which study.
    static final class Named {
        @Mixin
        private Place place = new Place();

        @Option(names = "--study", paramLabel = "NAME", description = "its name in the storage")
        private @Nullable String option;

        @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "the same without --study")
        private @Nullable String word;

        String name() {
            if (option != null && word != null) throw new BadInput("Two studies are named, " + option + " and " + word + ".\nMaybe leave one out.");
            var name = option != null ? option : word;
            if (name == null) throw new BadInput("Which study?\nMaybe add --study NAME: `caviar study list` shows their names.");
            return name;
        }

        Place place() {
            return place;
        }

        Export export(Storage storage) {
            return Export.of(storage, name());
        }
    }

    /// A subcommand that answers about one study of a storage.
    abstract static class AboutStudy implements Callable<Integer> {
        @Mixin
        Named named = new Named();

        @Override
        public final Integer call() {
            check();
            try (var storage = named.place.open()) {
                answer(storage);
            }
            return 0;
        }

        /// Throws [BadInput] for options that do not go together, before the storage is opened.
        void check() {}

        abstract void answer(Storage storage);
    }

    /// `caviar study list`.
    @Command(name = "list", description = "Lists the studies of a storage.%n", mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  caviar study list --storage sqlite:optuna.db --json"})
    static final class ListStudies implements Callable<Integer> {
        @Mixin
        private Place place = new Place();

        @Override
        public Integer call() {
            try (var storage = place.open()) {
                var rows = new ArrayList<Map<String, @Nullable Object>>();
                for (var name : storage.names()) rows.add(summary(storage, Export.of(storage, name)));
                var lines = new ArrayList<String>();
                for (var row : rows)
                    lines.add(row.get("study") + ": " + row.get("finished") + " finished of " + row.get("trials") + " trials"
                            + (row.get("best_value") == null ? "" : ", best " + row.get("best_value")));
                if (rows.isEmpty()) lines.add("There are no studies in " + storage + ".");
                place.answer(rows, lines);
            }
            return 0;
        }
    }

    /// `caviar study show`.
    @Command(name = "show", description = "Shows what a study is and how far it has come.%n", mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  caviar study show --study tuned --storage sqlite:optuna.db"})
    static final class Show extends AboutStudy {
        @Override
        void answer(Storage storage) {
            var summary = summary(storage, named.export(storage));
            var lines = new ArrayList<String>();
            summary.forEach((key, value) -> lines.add(key.replace('_', ' ') + ": " + (value instanceof String ? value : Json.write(value))));
            named.place.answer(summary, lines);
        }
    }

    /// `caviar study best`.
    @Command(name = "best", description = "Shows the best trial, or with several objectives the Pareto front.%n", mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  caviar study best --study tuned --json"})
    static final class Best extends AboutStudy {
        @Override
        void answer(Storage storage) {
            var export = named.export(storage);
            var best = best(export);
            if (best.isEmpty()) throw new BadInput("Study \"" + named.name() + "\" has no complete trial yet.\nMaybe wait for it to go on.");
            var single = export.study().directions().size() == 1;
            named.place.answer(single ? export.json(best.getFirst()) : best.stream().map(export::json).toList(), table(export, best));
        }
    }

    /// `caviar study trials`.
    @Command(name = "trials", description = "Lists the trials of a study.%n", mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  caviar study trials --study tuned --json trials.json"})
    static final class Trials extends AboutStudy {
        @Override
        void answer(Storage storage) {
            var export = named.export(storage);
            named.place.answer(export.trials().stream().map(export::json).toList(), table(export, export.trials()));
        }
    }

    /// `caviar study export`.
    @Command(name = "export", description = "Writes a study as a table (CSV) or with everything that is known (JSON).%n", mixinStandardHelpOptions = true,
        footer = {"", "Examples:", "  caviar study export --study tuned --out tuned.csv", "  caviar study export --study tuned --json"})
    static final class ExportStudy extends AboutStudy {
        @Option(names = "--out", paramLabel = "FILE", description = "a .csv or .json file; default: CSV to the output")
        private @Nullable Path out;

        @Override
        void check() {
            if (out != null && !out.toString().matches("(?i).*\\.(csv|json)")) throw new BadInput("--out " + out + " is neither .csv nor .json.");
        }

        @Override
        void answer(Storage storage) {
            var export = named.export(storage);
            if (out == null || named.place.json != null) named.place.answer(export.json(), List.of(export.csv().stripTrailing()));
            if (out != null) Place.write(out, out.toString().toLowerCase(Locale.ROOT).endsWith(".csv") ? export.csv() : Json.write(export.json()) + "\n");
        }
    }

    /// `caviar study delete`.
    @Command(name = "delete", description = "Deletes a study with all its trials. There is no way back.%n", mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  caviar study delete --study failed-attempt"})
    static final class Delete extends AboutStudy {
        @Override
        void answer(Storage storage) {
            var trials = storage.tally(named.name()).trials();
            storage.delete(named.name());
            named.place.answer(Map.of("deleted", named.name(), "trials", trials), List.of("Deleted " + named.name() + " with " + trials + " trials."));
        }
    }

    /// `caviar study copy`.
    @Command(name = "copy", description = "Copies a study under another name, or into another storage.%n", mixinStandardHelpOptions = true,
        footer = {"", "Examples:", "  caviar study copy --study tuned --as tuned-2", "  caviar study copy --study tuned --to journal:shared/tuned.log"})
    static final class Copy extends AboutStudy {
        @Option(names = "--as", paramLabel = "NAME", description = "the new name; default: the same")
        private @Nullable String as;

        @Option(names = "--to", paramLabel = "URL", description = "the other storage; default: the same")
        private @Nullable String to;

        private String renamed() {
            return Objects.requireNonNullElse(as, named.name());
        }

        @Override
        void check() {
            var name = renamed();
            if (name.isBlank() || name.length() > 512) throw new BadInput("--as \"" + name + "\": a name has 1 to 512 characters.");
            if (as == null && to == null) throw new BadInput("A copy needs another name or another storage.\nMaybe add --as NAME or --to URL.");
        }

        @Override
        void answer(Storage from) {
            var name = renamed();
            try (var target = to == null ? null : Storages.open(to)) {
                Study.copy(from, named.name(), target == null ? from : target, name);
                var trials = (target == null ? from : target).tally(name).trials();
                named.place.answer(Map.of("copied", named.name(), "as", name, "trials", trials),
                        List.of("Copied " + named.name() + " to " + name + " with " + trials + " trials."));
            }
        }
    }

    /// `caviar study hide`.
    @Command(name = "hide", description = "Leaves a trial out of the search: it is never the best, and nothing learns from it.%n", mixinStandardHelpOptions = true,
        footer = {"", "Examples:", "  caviar study hide --study tuned --trial 17", "  caviar study hide --study tuned --trial 17 --undo"})
    static final class Hide extends AboutStudy {
        @Option(names = "--trial", paramLabel = "N", required = true, description = "its number")
        private int trial;

        @Option(names = "--undo", description = "take it back")
        private boolean undo;

        @Override
        void answer(Storage storage) {
            var notes = Notes.of(storage, named.name());
            if (undo) notes.show(trial);
            else notes.hide(trial);
            named.place.answer(Map.of("hidden", List.copyOf(notes.hidden())), List.of("Hidden trials: " + notes.hidden()));
        }
    }

    /// `caviar study enqueue`.
    @Command(name = "enqueue", description = "Queues a setting: it is tried before new ones are proposed.%n", mixinStandardHelpOptions = true,
        footer = {"", "Example:", "  caviar study enqueue --study tuned --params '{\"learning_rate\": 0.003, \"optimizer\": \"adam\"}'"})
    static final class Enqueue extends AboutStudy {
        @Option(names = "--params", paramLabel = "JSON", required = true, description = "values by name; what is left out is proposed")
        private String params = "";

        @Override
        void answer(Storage storage) {
            try (var study = Study.open(storage, StudyOptions.of(named.name()))) {
                var queued = study.enqueue(setting());
                named.place.answer(Map.of("number", queued.number(), "params", queued.fixed()), List.of("Queued as trial " + queued.number() + "."));
            } catch (IllegalArgumentException e) {
                throw new BadInput("--params: " + e.getMessage(), e);
            }
        }

        private Map<String, @Nullable Object> setting() {
            try {
                if (Json.read(params) instanceof Map<?, ?> map) {
                    var setting = new LinkedHashMap<String, @Nullable Object>();
                    map.forEach((name, value) -> setting.put(String.valueOf(name), value));
                    return setting;
                }
                throw new BadInput("--params " + params + " is no JSON object such as '{\"x\": 0.5}'.");
            } catch (JsonException e) {
                throw new BadInput("--params " + params + " is no JSON: " + e.getMessage() + "\nMaybe put it in single quotes: '{\"x\": 0.5}'.", e);
            }
        }
    }

    /// `caviar study note`.
    @Command(name = "note", description = "Shows or sets the note and the tags of a study; optuna-dashboard shows the note too.%n", mixinStandardHelpOptions = true,
        footer = {"", "Examples:", "  caviar study note --study tuned --text 'Without *augmentation*.' --tag baseline", "  caviar study note --study tuned --trial 3"})
    static final class Note extends AboutStudy {
        @Option(names = "--text", paramLabel = "MARKDOWN", description = "the new note")
        private @Nullable String text;

        @Option(names = "--trial", paramLabel = "N", description = "about this trial")
        private @Nullable Integer trial;

        @Option(names = "--tag", paramLabel = "TAG", description = "add a tag to the study")
        private List<String> tags = new ArrayList<>();

        @Option(names = "--untag", paramLabel = "TAG", description = "take a tag away")
        private List<String> untags = new ArrayList<>();

        @Override
        void answer(Storage storage) {
            storage.tally(named.name());
            var notes = Notes.of(storage, named.name());
            if (text != null && trial != null) notes.write(trial, text);
            else if (text != null) notes.write(text);
            tags.forEach(notes::tag);
            untags.forEach(notes::untag);
            var note = trial == null ? notes.read() : notes.read(trial);
            named.place.answer(Map.of("note", note, "tags", notes.tags()), List.of("note: " + note, "tags: " + String.join(", ", notes.tags())));
        }
    }

    private static Map<String, @Nullable Object> summary(Storage storage, Export export) {
        var name = export.study().name();
        var tally = storage.tally(name);
        var notes = Notes.of(storage, name);
        var best = best(export);
        var single = export.study().directions().size() == 1;
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("study", name);
        map.put("directions", export.study().directions().stream().map(Direction::name).toList());
        map.put("trials", tally.trials());
        map.put("finished", tally.finished());
        map.put("complete", tally.complete());
        map.put("pruned", tally.pruned());
        map.put("failed", tally.failed());
        map.put("open", tally.open().size());
        map.put("hidden", export.hidden().stream().sorted().toList());
        map.put("best_trial", single && !best.isEmpty() ? best.getFirst().number() : null);
        map.put("best_value", single && !best.isEmpty() ? best.getFirst().values().getFirst() : null);
        if (!single) map.put("pareto_front", best.stream().map(TrialView::number).toList());
        map.put("tags", notes.tags());
        map.put("note", notes.read());
        map.put("attributes", export.study().attributes());
        return map;
    }

    private static List<TrialView> best(Export export) {
        var visible = export.visible();
        var directions = export.study().directions();
        return directions.size() == 1 ? TrialView.ranked(visible, directions.getFirst()).stream().limit(1).toList() : Pareto.front(visible, directions);
    }

    private static List<String> table(Export export, List<TrialView> trials) {
        var names = new LinkedHashSet<String>();
        for (var trial : trials) names.addAll(trial.params().keySet());
        var rows = new ArrayList<List<String>>();
        var header = new ArrayList<>(List.of("trial", "state", export.study().directions().size() == 1 ? "value" : "values"));
        header.addAll(names);
        rows.add(header);
        for (var trial : trials) {
            var row = new ArrayList<>(List.of(trial.number() + (export.hidden().contains(trial.number()) ? " (hidden)" : ""), trial.state().name(),
                    String.join(" ", trial.values().stream().map(value -> Figures.rounded(value, 6)).toList())));
            for (var name : names) row.add(!trial.params().containsKey(name) ? "" : shown(trial.params().get(name)));
            rows.add(row);
        }
        return aligned(rows);
    }

    private static String shown(@Nullable Object value) {
        return value instanceof Double number ? Figures.rounded(number, 6) : String.valueOf(value);
    }

    private static List<String> aligned(List<List<String>> rows) {
        var lines = new ArrayList<String>();
        for (var row : rows) {
            var line = new StringBuilder();
            for (var i = 0; i < row.size(); i++) {
                var column = i;
                var width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
                line.append(row.get(i)).append(" ".repeat(width - row.get(i).length() + 2));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }
}
