package dev.caviar.lab.plot;

import dev.caviar.tune.record.TrialState;
import dev.caviar.tune.record.TrialView;
import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/// Which trial ran when: a lane for each that ran at the same time, those of one process together.
final class Timeline {
    private static final int LANE = 24, SHORTEST = 220, TALLEST = 1400;

    private final Pictures of;
    private final List<TrialView> timed;
    private final Map<Integer, Integer> lane = new LinkedHashMap<>();
    private final int lanes;
    private final Instant first;
    private final Instant last;

    Timeline(Pictures of) {
        this.of = of;
        timed = of.history().trials().stream().filter(trial -> trial.started() != null).sorted(Comparator.comparing(TrialView::started)).toList();
        first = timed.isEmpty() ? Instant.EPOCH : Objects.requireNonNull(timed.getFirst().started());
        last = timed.stream().map(trial -> Objects.requireNonNullElse(trial.completed(), trial.started())).max(Comparator.naturalOrder()).orElse(first);
        record Lane(String owner, Instant[] end) {}
        var all = new ArrayList<Lane>();
        for (var trial : timed) {
            var owner = String.valueOf(trial.systemAttributes().get(TrialView.OWNER));
            var free = all.stream().filter(one -> one.owner.equals(owner) && !one.end[0].isAfter(trial.started())).findFirst();
            var mine = free.orElseGet(() -> new Lane(owner, new Instant[1]));
            if (free.isEmpty()) all.add(mine);
            mine.end[0] = end(trial);
            lane.put(trial.number(), all.indexOf(mine));
        }
        lanes = all.size();
    }

    // Of one that still runs, what is known.
    private Instant end(TrialView trial) {
        return trial.completed() == null ? last : trial.completed();
    }

    Plot.Size size() {
        return new Plot.Size(960, Math.clamp(110 + LANE * (long) lanes, SHORTEST, TALLEST));
    }

    Plot plot() {
        var span = Math.max(1e-3, Duration.between(first, last).toNanos() / 1e9);
        var unit = span < 180 ? 1 : span < 10_800 ? 60 : span < 4 * 86_400 ? 3600 : 86_400;
        var words = Map.of(1, "seconds", 60, "minutes", 3600, "hours", 86_400, "days");
        var x = Axis.linear(words.get(unit) + " since the first trial began", new Range(0, 1.01 * span / unit), 8, false);
        var y = Axis.words("", IntStream.range(0, lanes).mapToObj(i -> "worker " + (lanes - i)).toList());
        var plot = new Plot(title(span), x, y);
        var best = of.history().best().map(TrialView::number);
        plot.layer(g -> {
            for (var trial : timed) {
                var row = lanes - 1 - lane.get(trial.number());
                double from = plot.across(since(Objects.requireNonNull(trial.started())) / unit / x.step()), to = plot.across(since(end(trial)) / unit / x.step());
                double top = plot.down(row + 0.36), high = plot.down(row - 0.36) - top, gap = to - from > 4 ? 0.8 : 0;
                g.setColor(color(trial, best));
                g.fill(new Rectangle2D.Double(from, top, Math.max(0.7, to - from - gap), high));
            }
        });
        for (var trial : timed) plot.explain(new Plot.Key(words(trial, best), Mark.SQUARE, color(trial, best), null));
        if (timed.isEmpty()) plot.say("No trial has begun.");
        return plot;
    }

    private double since(Instant time) {
        return Duration.between(first, time).toNanos() / 1e9;
    }

    // With how much of the workers' time went into trials.
    private String title(double span) {
        var busy = timed.stream().mapToDouble(trial -> since(end(trial)) - since(Objects.requireNonNull(trial.started()))).sum();
        return lanes == 0 ? "Timeline" : String.format(Locale.ROOT, "Timeline of %d %s on %d %s, busy %.0f %% of the time", timed.size(), timed.size() == 1 ? "trial" : "trials",
                lanes, lanes == 1 ? "worker" : "workers", 100 * Math.min(1, busy / (span * lanes)));
    }

    private static boolean failed(TrialView trial) {
        return trial.state() == TrialState.FAIL || trial.state() == TrialState.COMPLETE && trial.values().stream().anyMatch(value -> value.isNaN());
    }

    private static Color color(TrialView trial, Optional<Integer> best) {
        if (best.isPresent() && best.get() == trial.number()) return Look.BEST;
        if (failed(trial)) return Look.FAILED;
        return switch (trial.state()) {
            case COMPLETE -> Look.TRIAL;
            case PRUNED -> Look.PRUNED;
            default -> Look.TRIAL_LINE;
        };
    }

    private static String words(TrialView trial, Optional<Integer> best) {
        if (best.isPresent() && best.get() == trial.number()) return Values.best(trial);
        if (failed(trial)) return "failed";
        return switch (trial.state()) {
            case COMPLETE -> "complete";
            case PRUNED -> "pruned";
            default -> "running";
        };
    }
}
