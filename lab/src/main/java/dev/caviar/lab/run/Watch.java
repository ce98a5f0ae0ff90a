package dev.caviar.lab.run;

import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.train.Callback;
import dev.caviar.nn.train.History;
import dev.caviar.nn.train.Run;
import dev.caviar.tune.Trial;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Follows one trial's training: reports each epoch, and ends it when it is hopeless or no longer gets better.
final class Watch implements Callback {
    private final Trial trial;
    private final Search search;
    private final @Nullable Normaliser targets;
    private final SearchListener listener;
    private final List<Double> losses = new ArrayList<>();
    private double best = Double.NaN;
    private double last = Double.NaN;
    private int bestEpoch;
    private int epochs;
    private boolean pruned;

    Watch(Trial trial, Search search, @Nullable Normaliser targets, SearchListener listener) {
        this.trial = trial;
        this.search = search;
        this.targets = targets;
        this.listener = listener;
    }

    boolean pruned() {
        return pruned;
    }

    double best() {
        return best;
    }

    double last() {
        return last;
    }

    @Override
    public void onEpochEnd(Run run) {
        last = value(run);
        epochs = run.epoch() + 1;
        losses.add(run.logs().get("loss"));
        trial.report(epochs, last);
        listener.epoch(trial.number(), epochs, search.preset().epochs(), last);
        if (search.direction().better(last, best)) {
            best = last;
            bestEpoch = epochs;
        }
        var patience = search.preset().patience();
        if (epochs < search.preset().epochs() && trial.shouldPrune()) {
            pruned = true;
            run.stop("pruned");
        } else if (patience > 0 && epochs - bestEpoch >= patience) {
            run.stop("no better for " + patience + " epochs");
        }
    }

    // Per target in units of its deviation: the mean over targets is exact for one, and a fair measure for several.
    private double value(Run run) {
        if (targets == null) return run.logs().get("val_accuracy");
        var square = targets.deviation().stream().mapToDouble(d -> d * d).average().orElseThrow();
        return run.logs().get("val_mse") * square;
    }

    /// The loss was lost in the epoch after these: the curve ends there, visibly.
    void failed(History history) {
        epochs = history.epochs().size() + 1;
        trial.report(epochs, Double.NaN);
    }

    /// Notes how long it took and what the training loss was.
    void note(long began) {
        trial.note("stopped_at_epoch", epochs);
        trial.note("training_time", (System.nanoTime() - began) / 1e9);
        trial.note("training_loss", losses);
    }
}
