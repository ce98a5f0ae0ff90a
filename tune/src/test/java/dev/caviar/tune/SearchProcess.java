package dev.caviar.tune;

import dev.caviar.tune.prune.MedianPruner;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.space.Preset;
import dev.caviar.tune.storage.StorageException;
import dev.caviar.tune.storage.Storages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A search in a process of its own: arguments are the storage's URL, trials, workers, and the slot at which it says so and waits for a line of input
/// (-1: at its first trial); or the URL and trials only, of a search that says of each trial how it ended, and at last why it could not go on.
final class SearchProcess {
    private SearchProcess() {}

    static StudyOptions options() {
        return StudyOptions.of("shared").withDirection(Direction.MAXIMIZE).withSpace(Preset.basic().space()).withSeed(5).withLag(2).withPruner(MedianPruner.of());
    }

    static double score(Trial trial) {
        var score = 0.9 - Math.abs(Math.log10(trial.real("learning_rate")) + 2.5) / 10 + trial.real("dropout") / 50 - trial.whole("layers") / 100.0;
        for (var epoch = 0; epoch < 5; epoch++) {
            trial.checkStop();
            trial.report(epoch, score * (epoch + 1) / 5 + Math.floorMod(trial.seed(), 7) / 50.0);
            if (trial.shouldPrune()) throw new TrialPruned();
        }
        return score;
    }

    /// All that a search found, cut-off trials left out, in its order.
    static List<String> lines(List<TrialView> trials) {
        var lines = new ArrayList<String>();
        trials.stream().filter(TrialView::counts).sorted(Comparator.comparingInt(TrialView::slot))
                .forEach(trial -> lines.add(trial.slot() + " " + trial.state() + " " + trial.params() + " " + trial.reports() + " " + trial.values()));
        return lines;
    }

    static StudyOptions eight() {
        return StudyOptions.of("killed").withDirection(Direction.MAXIMIZE).withSpace(Preset.basic().space()).withSeed(5).withLag(8).withRetries(new Retries(0, 50));
    }

    /// How a trial ended, as the process that ran it knows when it is stored.
    static String ended(TrialView trial) {
        return trial.number() + " " + trial.state() + " " + trial.params() + " " + trial.reports() + " " + trial.values();
    }

    public static void main(String[] args) {
        if (args.length == 2) {
            talkative(args[0], Integer.parseInt(args[1]));
            return;
        }
        int trials = Integer.parseInt(args[1]), workers = Integer.parseInt(args[2]), waitAt = Integer.parseInt(args[3]);
        var waited = new boolean[1];
        try (var storage = Storages.open(args[0]); var study = Study.openOrCreate(storage, options())) {
            study.optimize(trial -> {
                if (!waited[0] && trial.slot() >= waitAt) {
                    waited[0] = true;
                    pause();
                }
                return score(trial);
            }, Budget.trials(trials), Executor.threads(workers));
        }
    }

    private static void talkative(String url, int trials) {
        try (var storage = Storages.open(url); var study = Study.openOrCreate(storage, eight())) {
            study.optimize(SearchProcess::score, Budget.trials(trials), (all, objective, budget) -> {
                for (var trial = all.next(budget); trial.isPresent(); trial = all.next(budget)) {
                    System.out.println("begun");
                    all.evaluate(trial.get(), objective);
                    System.out.println(ended(trial.get().view()));
                }
            });
        } catch (StorageException e) {
            System.out.println("failed: " + e.getMessage());
        }
    }

    private static void pause() throws IOException {
        System.out.println("waiting");
        System.out.flush();
        System.in.read();
    }
}
