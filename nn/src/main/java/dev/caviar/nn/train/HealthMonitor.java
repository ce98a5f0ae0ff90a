package dev.caviar.nn.train;

import dev.caviar.nn.data.Examples;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Watches a training for what keeps it from learning, and says what may help: after each `every`-th epoch as [Health] does, and
/// when the loss has not fallen for `window` epochs. Each finding is told once. Of a training on a pipeline it looks at the
/// first 256 examples of a pass of its own, read once.
///
/// ```java
/// var found = new ArrayList<Finding>();
/// var fit = Fit.of().withEpochs(20).withCallbacks(HealthMonitor.of().withListener(found::add));
/// ```
public record HealthMonitor(int every, int window, Consumer<Finding> listener) implements Callback {
    /// A loss that changes by less than this part of itself does not fall.
    private static final double STILL = 5e-3;
    /// One that fell by at least this before has reached a plateau, else it never began.
    private static final double BEGUN = 0.05;
    /// One that stays above its best by more than this part of it jumps about instead of falling.
    private static final double RISEN = 0.1;

    public HealthMonitor {
        if (every < 1 || window < 1) {
            throw new IllegalArgumentException("HealthMonitor every " + every + " epochs, over " + window + ": both must be 1 or more.");
        }
    }

    /// Every epoch, plateaus after 5; prints what it finds.
    public static HealthMonitor of() {
        return new HealthMonitor(1, 5, IO::println);
    }

    public HealthMonitor withEvery(int every) {
        return new HealthMonitor(every, window, listener);
    }

    public HealthMonitor withWindow(int window) {
        return new HealthMonitor(every, window, listener);
    }

    public HealthMonitor withListener(Consumer<Finding> listener) {
        return new HealthMonitor(every, window, listener);
    }

    @Override
    public Callback begin(Run run) {
        return new Watch(this);
    }

    @Override
    public void onEpochEnd(Run run) {
        throw new IllegalStateException("HealthMonitor was not begun.");
    }

    private List<Finding> look(Run run, Examples sample) {
        var found = new ArrayList<Finding>();
        if ((run.epoch() + 1) % every == 0) {
            found.addAll(Health.of(run.model(), sample));
        }
        var losses = new ArrayList<Double>();
        run.epochs().forEach(epoch -> losses.add(epoch.values().get("loss")));
        losses.add(run.logs().get("loss"));
        if (losses.size() > window) {
            double first = losses.getFirst();
            double before = losses.get(losses.size() - 1 - window);
            double change = Math.abs(before - losses.getLast()) / Math.abs(before);
            double best = losses.subList(0, losses.size() - window).stream().mapToDouble(Double::doubleValue).min().orElseThrow();
            double risen = losses.subList(losses.size() - window, losses.size()).stream().mapToDouble(Double::doubleValue).min().orElseThrow() - best;
            if (risen > RISEN * Math.abs(best)) {
                found.add(rising(risen, best, run));
            } else if (change < STILL) {
                found.add(first - before >= BEGUN * Math.abs(first) ? plateau(change) : slow(change, run));
            }
        }
        return found;
    }

    private Finding plateau(double change) {
        return new Finding(Finding.Kind.PLATEAU, "", change, "the loss has changed by " + Math.round(change * 1e4) / 1e2 + " % in " + window
                + " epochs: a plateau, or the end.", "Maybe Momentum, RMSprop or Adam get over it, or a larger learning rate; if it is the end, stop early.");
    }

    private Finding rising(double risen, double best, Run run) {
        return new Finding(Finding.Kind.RISING_LOSS, "", risen / Math.abs(best), String.format(Locale.ROOT, "the loss was %.3g once, and has been %.3g or "
                + "more for %d epochs.", best, best + risen, window), "Maybe the learning rate (now " + run.rate() + ") is too large: take a third of it; or clip the "
                + "gradients, normalise the inputs, or let a schedule warm up.");
    }

    private Finding slow(double change, Run run) {
        return new Finding(Finding.Kind.SLOW, "", change, "the loss has hardly fallen in " + (run.epoch() + 1) + " epochs.",
                "Maybe try in this order: a better initialisation (He, Xavier), mini-batches" + (run.batches() == 1 ? " (now each is all the data)" : "")
                        + ", Adam, another learning rate (now " + run.rate() + ").");
    }

    /// Knows what was told.
    private static final class Watch implements Callback {
        private final HealthMonitor settings;
        private final Set<String> told = new LinkedHashSet<>();
        private @Nullable Examples sample;

        Watch(HealthMonitor settings) {
            this.settings = settings;
        }

        @Override
        public void onEpochEnd(Run run) {
            if (sample == null) {
                sample = run.sample(Health.SAMPLE);
            }
            for (var finding : settings.look(run, sample)) {
                if (told.add(finding.kind() + " " + finding.where())) {
                    settings.listener.accept(finding);
                }
            }
        }

        @Override
        public Memory memory() {
            var memory = Memory.none();
            for (var one : told) {
                memory = memory.with(one, true);
            }
            return memory;
        }

        @Override
        public void restore(Run run, Memory memory) {
            told.addAll(memory.values().keySet());
        }
    }
}
