package dev.caviar.app;

import dev.caviar.lab.run.Champion;
import dev.caviar.lab.run.Outcome;
import dev.caviar.lab.run.Search;
import dev.caviar.lab.run.SearchListener;
import dev.caviar.nn.data.DataSet;
import dev.caviar.tune.Study;
import dev.caviar.tune.record.Tally;
import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a search prints: on standard output the same for the same seed, apart from seconds, names and paths; on standard error warnings
/// and, on a terminal, a line that says how far the running trials are.
final class SearchReport implements SearchListener, AutoCloseable {
    private static final String RULE = "=".repeat(60);
    private static final int TABLE = 5;

    private final Search search;
    private final boolean quiet;
    private final PrintStream out;
    private final PrintStream err;
    private final boolean status;
    private final Map<Integer, String> running = new TreeMap<>();
    private int printed;
    private int shown;

    SearchReport(Search search, boolean quiet) {
        this.search = search;
        this.quiet = quiet;
        this.out = quiet ? new PrintStream(PrintStream.nullOutputStream()) : Streams.out();
        this.err = Streams.err();
        this.status = !quiet && Streams.terminal();
    }

    @Override
    public synchronized void begins(Study study) {
        var preset = search.preset();
        var set = search.data();
        var split = search.training().sizes();
        line("Study " + study.name() + " in " + study.storage());
        line(set.name() + ": " + describe(set) + "; " + Figures.count(split.train()) + " examples to train on, " + Figures.count(split.validation())
                + " to validate, " + Figures.count(split.test()) + " to test.");
        line(search.total() + (search.total() == 1 ? " trial of " : " trials of ") + (preset.patience() > 0 ? "at most " : "") + epochs(preset.epochs()) + ", seed " + search.seed() + ".");
        printed = study.tally().finished();
        if (printed > 0)
            line("Going on after " + printed + (printed == 1 ? " finished trial" : " finished trials") + study.best().map(best -> ", the best of them " + best.number() + " with "
                    + search.metric() + " " + worth(best.value().orElseThrow())).orElse("") + ".");
        line("");
    }

    @Override
    public synchronized void finished(TrialView trial, boolean best, Tally tally) {
        running.remove(trial.number());
        var total = Integer.toString(search.total());
        var text = new StringBuilder("[").append(padded(++printed, total.length())).append('/').append(total).append("] trial ")
                .append(padded(trial.number(), total.length())).append("  ");
        text.append(switch (trial.state()) {
            case COMPLETE -> search.metric() + " " + worth(trial.value().orElse(Double.NaN));
            case PRUNED -> "pruned, " + search.metric() + " " + worth(trial.lastReport().orElse(Double.NaN));
            default -> "failed: " + (trial.error() == null ? "no reason is known" : trial.error().lines().findFirst().orElse(""));
        });
        text.append("  (").append(epochs(trial)).append(Figures.seconds(seconds(trial))).append(")  ").append(setting(trial.params()));
        if (best) text.append("  ★ NEW BEST!");
        line(text.toString());
    }

    @Override
    public synchronized void epoch(int trial, int epoch, int epochs, double value) {
        if (!status) return;
        running.put(trial, "trial " + trial + " epoch " + epoch + "/" + epochs + " " + worth(value));
        var text = String.join("   ", running.values());
        err.print("\r" + text + "\033[K");
        err.flush();
        shown = text.length();
    }

    @Override
    public synchronized void warning(String text) {
        wipe();
        err.println("caviar search: warning: " + text);
    }

    /// Something good to know.
    synchronized void note(String text) {
        line(text);
    }

    /// The best setting and the best five.
    synchronized void best(Outcome outcome) {
        var best = outcome.best().orElseThrow();
        line("");
        line(RULE);
        line("BEST CONFIGURATION");
        line(RULE);
        line((search.metric().equals("accuracy") ? "Accuracy: " : "Loss: ") + worth(best.value().orElseThrow()) + " in validation, trial " + best.number());
        var width = best.params().keySet().stream().mapToInt(String::length).max().orElse(0);
        best.params().forEach((name, value) -> line("  " + name + " ".repeat(width - name.length()) + " : " + Figures.full(value)));
        line("");
        table(outcome.ranked().stream().limit(TABLE).toList());
    }

    /// What became of it all.
    synchronized void end(Outcome outcome, @Nullable Champion champion, Path folder, List<Path> pictures, String resume) {
        line("");
        if (champion != null) {
            var test = champion.test();
            line("Test " + (test.accuracy() == null ? "loss: " + worth(test.loss()) : "accuracy: " + Figures.accuracy(test.accuracy())) + " on "
                    + Figures.count(test.samples()) + " examples, after " + epochs(champion.epochs()) + " on the " + Figures.count(champion.examples())
                    + " others.");
        }
        var failed = outcome.count(TrialState.FAIL);
        if (champion == null) {
            var why = outcome.trials().stream().filter(TrialView::counts).map(TrialView::error).filter(e -> e != null).findFirst().orElse(null);
            wipe();
            err.println("caviar search: no trial was completed" + (failed == 0 ? "." : ", " + failed + " failed" + (why == null ? "." : "; the first: " + why))
                    + (failed == 0 ? "\nMaybe allow more time." : "\nMaybe narrow the space."));
        }
        var finished = outcome.trials().stream().filter(TrialView::counts).count();
        if (finished < search.total())
            line("Time was up after " + finished + " of " + search.total() + " trials. Go on with: " + resume);
        line("Saved in " + folder + ": " + (champion == null ? "" : "best/ (the model), ") + listed(pictures) + "summary.json");
        var together = outcome.trials().stream().filter(trial -> trial.attributes().containsKey("batched_with")).count();
        line("Time: " + Figures.seconds(outcome.time().toMillis() / 1000.0) + (together == 0 ? "" : ", " + together + " trials in programs of several"));
    }

    /// The search was ended from outside.
    synchronized void interrupted(Study study, String resume) {
        line("");
        line("Interrupted after " + study.tally().finished() + " of " + search.total() + " trials.");
        var advice = study.storage().toString().equals("memory") ? "Nothing is kept: the study was in memory." : "Go on with: " + resume;
        if (quiet) err.println(advice);
        else line(advice);
    }

    @Override
    public synchronized void close() {
        wipe();
        out.flush();
    }

    private void table(List<TrialView> trials) {
        var names = new LinkedHashSet<String>();
        trials.forEach(trial -> names.addAll(trial.params().keySet()));
        var rows = new ArrayList<List<String>>();
        var head = new ArrayList<>(List.of("", "trial", search.metric()));
        head.addAll(names);
        rows.add(head);
        for (var trial : trials) {
            var row = new ArrayList<>(List.of(Integer.toString(rows.size()), Integer.toString(trial.number()), worth(trial.value().orElseThrow())));
            for (var name : names) row.add(trial.params().containsKey(name) ? Figures.brief(trial.params().get(name)) : "-");
            rows.add(row);
        }
        for (var row : rows) {
            var text = new StringBuilder();
            for (var c = 0; c < row.size(); c++) {
                var column = c;
                var width = rows.stream().mapToInt(other -> other.get(column).length()).max().orElse(0);
                text.append(c == 0 ? "" : "  ").append(" ".repeat(width - row.get(c).length())).append(row.get(c));
            }
            line(text.toString());
        }
    }

    private static String listed(List<Path> pictures) {
        var names = pictures.stream().map(path -> String.valueOf(path.getFileName())).filter(name -> !name.startsWith("impact-")).toList();
        return names.isEmpty() ? "" : String.join(", ", names) + ", impact-*.png for " + (pictures.size() - names.size()) + " parameters, ";
    }

    private static String describe(DataSet set) {
        var shape = set.inputShape().dims().stream().map(String::valueOf).collect(Collectors.joining(" × "));
        return (set.features().isEmpty() ? "images of " + shape : shape + " features") + ", " + (set.classes().isEmpty() ? "a value to predict"
                : set.classes().size() + " classes");
    }

    private String worth(double value) {
        return search.metric().equals("accuracy") ? Figures.accuracy(value) : Figures.rounded(value, 6);
    }

    private static String setting(Map<String, ?> params) {
        return params.entrySet().stream().map(entry -> entry.getKey() + " " + Figures.brief(entry.getValue())).collect(Collectors.joining(", "));
    }

    private static String epochs(TrialView trial) {
        return trial.lastStep().isEmpty() ? "" : epochs(trial.lastStep().getAsInt()) + ", ";
    }

    private static String epochs(int count) {
        return count + (count == 1 ? " epoch" : " epochs");
    }

    private static double seconds(TrialView trial) {
        return trial.started() == null || trial.completed() == null ? 0 : Duration.between(trial.started(), trial.completed()).toMillis() / 1000.0;
    }

    private static String padded(int number, int width) {
        return " ".repeat(Math.max(0, width - Integer.toString(number).length())) + number;
    }

    private void line(String text) {
        wipe();
        out.println(text);
    }

    private void wipe() {
        if (shown == 0) return;
        err.print("\r\033[K");
        err.flush();
        shown = 0;
    }
}
