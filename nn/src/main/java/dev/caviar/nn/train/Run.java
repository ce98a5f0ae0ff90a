package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A training while it runs, as callbacks see it.
///
/// ```java
/// Callback print = run -> System.out.println(run.epoch() + " " + run.logs());
/// ```
public final class Run {
    private final Model model;
    private final Fit fit;
    private final State state;
    private final Feed feed;
    private final Tallies tallies;
    private final double[] sums;
    private final List<History.Epoch> epochs = new ArrayList<>();
    private final Map<String, Double> extra = new LinkedHashMap<>();
    private Optimizer optimizer;
    private int epoch;
    private int batch;
    private long seen;
    private @Nullable String reason;
    private @Nullable String interruption;

    Run(Model model, State state, Fit fit, Recipe recipe, Feed feed) {
        this.model = model;
        this.state = state;
        this.fit = fit;
        this.feed = feed;
        this.optimizer = Objects.requireNonNull(recipe.optimizer());
        this.tallies = Tallies.of(recipe, state);
        this.sums = new double[tallies.size()];
    }

    public Model model() {
        return model;
    }

    public Fit fit() {
        return fit;
    }

    /// The epoch that runs or has just ended, from 0.
    public int epoch() {
        return epoch;
    }

    /// The batch that has just ended, from 0.
    public int batch() {
        return batch;
    }

    /// The number of batches in an epoch; 0 where that is not known.
    public int batches() {
        return feed.count();
    }

    /// How long steps have waited for their data in this epoch, in seconds.
    public double waited() {
        return feed.waited();
    }

    /// The number of steps that the model has been trained for, over all its trainings.
    public long step() {
        return state.step;
    }

    /// What it is trained on; empty where that is a pipeline.
    public Optional<Examples> examples() {
        return feed.source() instanceof Examples examples ? Optional.of(examples) : Optional.empty();
    }

    /// Some of what it is trained on, at least one and about so many: from all over examples, or the first of a pass of its own through a pipeline.
    Examples sample(int most) {
        return switch (feed.source()) {
            case Examples examples -> examples;
            case Pipeline pipeline -> first(pipeline, most);
            default -> throw new IllegalStateException("Trained on " + feed.source() + ".");
        };
    }

    private Examples first(Pipeline pipeline, int most) {
        var own = Feed.of(pipeline, state.needs.outputs().size(), false);
        var xs = new ArrayList<List<Buffer>>();
        var ys = new ArrayList<List<Buffer>>();
        try {
            int rows = 0;
            for (int b = 0; rows < most && own.has(b); b++) {
                var types = own.types(b);
                // Sequences of another length do not stand beside these.
                if (types.equals(new Feed.Types(own.xTypes(types.rows()), own.yTypes(types.rows())))) {
                    xs.add(TrainStep.allocate(types.x()));
                    ys.add(TrainStep.allocate(types.y()));
                    rows += own.fill(b, xs.getLast(), ys.getLast());
                }
            }
        } finally {
            own.stop();
        }
        return Examples.of(joined(xs), joined(ys));
    }

    private static List<Buffer> joined(List<List<Buffer>> batches) {
        return IntStream.range(0, batches.getFirst().size())
                .mapToObj(i -> Tensor.concat(0, batches.stream().map(batch -> Tensor.wrap(batch.get(i))).toArray(Tensor[]::new)).array().buffer()).toList();
    }

    /// The means of this epoch so far, by name; at its end also validation values, and what callbacks logged.
    public Map<String, Double> logs() {
        var logs = tallies.report(sums, seen);
        logs.putAll(extra);
        return Collections.unmodifiableMap(logs);
    }

    /// Adds a value to this epoch's, for callbacks after this one and for the history.
    public void log(String name, double value) {
        extra.put(name, value);
    }

    /// The epochs before this one.
    public List<History.Epoch> epochs() {
        return List.copyOf(epochs);
    }

    /// Ends the training after this batch or epoch.
    public void stop(String reason) {
        this.reason = reason;
    }

    /// Ends the training before the next batch, at a place where another [Model#fit] can go on as if there had been no end: the
    /// epoch stays open.
    public void interrupt(String reason) {
        interruption = reason;
    }

    /// The learning rate of the next step.
    public double rate() {
        return optimizer.rate().at(state.step, state.epoch);
    }

    /// What the steps go by now.
    public Optimizer optimizer() {
        return optimizer;
    }

    /// Goes on with other numbers: the same kind of optimizer with another learning rate, beta … Nothing is compiled anew.
    public void optimizer(Optimizer other) {
        if (other.getClass() != optimizer.getClass() || !other.slots().equals(optimizer.slots())
                || !other.scalars().equals(optimizer.scalars())) {
            throw new IllegalArgumentException("optimizer(" + other + "): a run goes on with the kind that it began with, "
                    + optimizer + ".\nMaybe compile the model with it and fit again.");
        }
        optimizer = other;
    }

    void beginEpoch(int epoch) {
        this.epoch = epoch;
        java.util.Arrays.fill(sums, 0);
        seen = 0;
        extra.clear();
    }

    void add(int batch, int rows, Sums step) {
        this.batch = batch;
        seen += rows;
        for (int i = 0; i < sums.length; i++) {
            sums[i] += step.sum(i);
        }
    }

    void endEpoch(double seconds) {
        epochs.add(new History.Epoch(epoch, logs(), seconds));
    }

    State state() {
        return state;
    }

    /// Whether a callback wants no further batch or epoch.
    boolean stopped() {
        return reason != null;
    }

    boolean interrupted() {
        return interruption != null;
    }

    /// What a checkpoint keeps of it.
    Progress progress() {
        return new Progress(epoch, batch, seen, sums.clone(), extra, epochs, reason);
    }

    /// Goes on from there.
    void restore(Progress progress) {
        epoch = progress.epoch();
        batch = progress.batch();
        seen = progress.seen();
        if (progress.sums().length != sums.length) {
            throw new DataException("The checkpoint holds " + progress.sums().length + " sums of an epoch, this training keeps " + sums.length + ".",
                    "Maybe an earlier version of Caviar wrote it: begin anew in another folder.");
        }
        System.arraycopy(progress.sums(), 0, sums, 0, sums.length);
        extra.putAll(progress.extra());
        epochs.addAll(progress.epochs());
        reason = progress.reason();
    }

    /// Where a run is: within an epoch, and what the epochs before gave.
    record Progress(int epoch, int batch, long seen, double[] sums, Map<String, Double> extra, List<History.Epoch> epochs,
            @Nullable String reason) {}

    History history(History.End end) {
        var why = end == History.End.INTERRUPTED ? interruption : reason;
        return new History(epochs, end, why == null ? "" : why);
    }
}
