package dev.caviar.nn.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// What each epoch of a training gave, and why it ended. Names are `loss`, the metrics', and the same with `val_` in front.
///
/// ```java
/// var epochs = List.of(new History.Epoch(0, Map.of("accuracy", 0.9), 1.5), new History.Epoch(1, Map.of("accuracy", 0.8), 1.4));
/// var history = new History(epochs, History.End.FINISHED, "");
/// double best = history.best("accuracy");      // 0.9
/// int epoch = history.bestEpoch("accuracy");   // 0
/// ```
public record History(List<Epoch> epochs, End end, String reason) {
    private static final List<String> LARGER = List.of("accuracy", "auc", "precision", "recall", "f1", "score", "r2", "auc_pr", "specificity", "mean_iou", "cosine_similarity");

    /// One pass over the training examples: its number from 0, the values at its end, and how long it took.
    ///
    /// ```java
    /// var first = new History.Epoch(0, Map.of("loss", 0.7), 1.5);
    /// double loss = first.values().get("loss");
    /// ```
    public record Epoch(int number, Map<String, Double> values, double seconds) {
        public Epoch {
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }
    }

    /// Why a training ended.
    public enum End {
        /// All epochs were done.
        FINISHED,
        /// A callback said so.
        STOPPED,
        /// The stop hook said so between two batches; the epoch that it cut off is not in the history.
        INTERRUPTED,
        /// The loss was no longer finite.
        DIVERGED
    }

    public History {
        epochs = List.copyOf(epochs);
    }

    /// The values of one name, epoch by epoch; NaN where an epoch has none. Throws [IllegalArgumentException] for a name that
    /// no epoch has.
    public List<Double> of(String name) {
        if (!epochs.isEmpty() && epochs.stream().noneMatch(e -> e.values.containsKey(name))) {
            throw new IllegalArgumentException("The history has no \"" + name + "\"; it has " + epochs.getLast().values.keySet()
                    + ".\nMaybe fit with validation data for the names that begin with val_.");
        }
        var out = new ArrayList<Double>();
        epochs.forEach(e -> out.add(e.values.getOrDefault(name, Double.NaN)));
        return List.copyOf(out);
    }

    /// The last value; NaN before the first epoch has ended.
    public double last(String name) {
        var values = of(name);
        return values.isEmpty() ? Double.NaN : values.getLast();
    }

    /// The best value: the largest accuracy, AUC, precision, recall or F1, the smallest of anything else; NaN where there is none.
    public double best(String name) {
        int epoch = bestEpoch(name);
        return epoch < 0 ? Double.NaN : of(name).get(epoch);
    }

    /// The position of the best epoch, the first of equals; −1 where there is none.
    public int bestEpoch(String name) {
        var values = of(name);
        int best = -1;
        for (int i = 0; i < values.size(); i++) {
            double value = values.get(i);
            if (!Double.isNaN(value) && (best < 0 || better(name, value, values.get(best)))) {
                best = i;
            }
        }
        return best;
    }

    /// The time of all epochs.
    public double seconds() {
        return epochs.stream().mapToDouble(Epoch::seconds).sum();
    }

    /// A short table: for each name the last value, the best one, and the epoch that gave it, counted from 1.
    @Override
    public String toString() {
        var text = new StringBuilder(String.format(Locale.ROOT, "%d %s in %.1f s, %s%s", epochs.size(), epochs.size() == 1 ? "epoch" : "epochs", seconds(),
                end.name().toLowerCase(Locale.ROOT), reason.isEmpty() ? "" : ": " + reason));
        var names = new LinkedHashSet<String>();
        epochs.forEach(epoch -> names.addAll(epoch.values.keySet()));
        int width = names.stream().mapToInt(String::length).max().orElse(0);
        if (!names.isEmpty()) {
            text.append(String.format(Locale.ROOT, "\n%" + width + "s  %10s  %10s  %5s", "", "last", "best", "epoch"));
        }
        for (var name : names) {
            int best = bestEpoch(name);
            text.append(String.format(Locale.ROOT, "\n%-" + width + "s  %10.5g  %10.5g  %5s", name, last(name), best(name), best < 0 ? "-" : epochs.get(best).number + 1));
        }
        return text.toString();
    }

    /// Whether larger is better for what has this name.
    static boolean larger(String name) {
        return LARGER.stream().anyMatch(name::endsWith);
    }

    static boolean better(String name, double value, double than) {
        return larger(name) ? value > than : value < than;
    }
}
