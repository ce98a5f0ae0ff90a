package dev.caviar.nn.train;

import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Feed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One model on its way through its epochs: all that a loop does for it but the computing.
final class Trainee implements AutoCloseable {
    final Model model;
    final State state;
    final Recipe recipe;
    final Fit fit;
    final Feed batches;
    final @Nullable Feed validation;
    final Run run;
    private final List<Callback> callbacks = new ArrayList<>();
    private int epoch;
    private int next;
    private long began;
    private long elapsed;
    private boolean within;
    private final @Nullable Keeper keeper;

    Trainee(Model model, State state, Recipe recipe, Feed batches, @Nullable Feed validation, Fit fit) {
        this.model = model;
        this.state = state;
        this.recipe = recipe.withRecompute(fit.recompute()).withClassWeights(fit.classWeights());
        this.fit = fit;
        if (batches instanceof Batches && fit.shuffle() && !state.needs.carried().isEmpty()) {
            throw new IllegalArgumentException("fit: " + state.needs.carried() + " go on from batch to batch, but the examples are shuffled."
                    + "\nMaybe use Fit.withShuffle(false), with examples in such an order that each row of a batch goes on in the next.");
        }
        if (fit.replicas().count() > 1 && !state.needs.carried().isEmpty()) {
            throw new IllegalArgumentException("fit: " + state.needs.carried() + " go on from batch to batch, which " + fit.replicas().count()
                    + " replicas cannot share.\nMaybe leave out withReplicas, or withStateful.");
        }
        this.batches = batches;
        this.validation = validation;
        run = new Run(model, state, fit, recipe, batches);
        fit.callbacks().forEach(callback -> callbacks.add(callback.begin(run)));
        var verbosity = fit.verbosity().resolved();
        if (verbosity != Verbosity.SILENT) {
            callbacks.add(new Display(System.out, verbosity == Verbosity.BAR).begin(run));
        }
        keeper = fit.checkpoints() == null ? null : new Keeper(this, fit.checkpoints());
        try {
            if (keeper != null) {
                keeper.resume();
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    List<Callback> callbacks() {
        return List.copyOf(callbacks);
    }

    /// The batches done of an epoch that has begun; 0 between two epochs.
    int batch() {
        return next;
    }

    /// The epochs done in this run.
    int epochs() {
        return within ? epoch - 1 : epoch;
    }

    /// The time that this epoch has taken so far, in nanoseconds.
    long elapsed() {
        return within ? System.nanoTime() - began : elapsed;
    }

    /// Goes on after these epochs and these batches of the next one.
    void resumeAt(int epoch, int next, long elapsed) {
        this.epoch = epoch;
        this.next = next;
        this.elapsed = elapsed;
    }

    /// A digest of the step's program: layers, loss, metrics, optimizer.
    String fingerprint() {
        int rows = batches.most();
        var inputs = TrainStep.signature(recipe, state, model.settings().dtype(), TrainStep.allocate(batches.xTypes(rows)),
                TrainStep.allocate(batches.yTypes(rows)));
        return TrainStep.trace(recipe, state, inputs).graph().fingerprint();
    }

    /// Whether all epochs are done, or a callback has ended the training.
    boolean done() {
        return epoch >= fit.epochs() || stopped();
    }

    boolean stopped() {
        return run.stopped();
    }

    /// Whether the stop hook wants an end before the next batch.
    boolean interrupted() {
        return run.interrupted() || fit.stop().getAsBoolean();
    }

    /// Begins an epoch, or goes on with one; gives its first batch to train on.
    int beginEpoch() {
        began = System.nanoTime() - elapsed;
        int first = next;
        if (first == 0) {
            state.forget();
            state.recount();
            run.beginEpoch(epoch);
            callbacks.forEach(callback -> callback.onEpochBegin(run));
        }
        epoch++;
        within = true;
        batches.start(state.epoch);
        return first;
    }

    /// Puts batch `b` where a step reads it.
    void fill(int b, Step step) {
        int rows = batches.fill(b, step.x(), step.y());
        if (!(batches instanceof Batches)) {
            Labels.check(recipe, state, step.y(), i -> i, rows);
        }
    }

    /// Takes what a step has made of batch `b`. Throws [DivergedException] where the loss is no longer finite.
    void add(int b, Sums sums) {
        int rows = batches.rows(b);
        if (!sums.skipped()) {
            state.step++;
        } else if (sums.scale() < 1 && !fit.allowNonFinite()) {
            throw new DivergedException("fit: in batch " + (b + 1) + " of epoch " + (run.epoch() + 1) + " the gradients were not finite, even "
                    + "without scaling the loss.\nMaybe the learning rate is too large, or " + state.precision.kind()
                    + " too narrow for this model: mixed_bfloat16 has the range of F32.", run.history(History.End.DIVERGED));
        }
        run.add(b, rows, sums);
        next = b + 1;
        for (int i = 0; i < callbacks.size(); i++) {
            callbacks.get(i).onBatchEnd(run);
        }
        if (!fit.allowNonFinite() && !stopped() && !Double.isFinite(sums.sum(0))) {
            throw new DivergedException("fit: the loss became " + sums.sum(0) / rows + " in batch " + (b + 1) + " of epoch "
                    + (run.epoch() + 1) + ", at learning rate " + run.optimizer().rate().at(state.step - 1, state.epoch)
                    + ".\nMaybe the learning rate is too large, or the data has a value that is not finite.",
                    run.history(History.End.DIVERGED));
        }
        if (keeper != null && !stopped()) {
            keeper.afterBatch();
        }
    }

    /// The end of a training in which a step met a number that is not finite.
    DivergedException diverged(int b, String why) {
        return new DivergedException("fit: in batch " + (b + 1) + " of epoch " + (run.epoch() + 1) + ": " + why, run.history(History.End.DIVERGED));
    }

    /// Ends an epoch with what validation gave, by name.
    void endEpoch(Map<String, Double> scores) {
        state.epoch++;
        scores.forEach((name, value) -> run.log("val_" + name, value));
        double seconds = (System.nanoTime() - began) * 1e-9;
        for (var callback : callbacks) {
            callback.onEpochEnd(run);
        }
        run.endEpoch(seconds);
        within = false;
        next = 0;
        elapsed = 0;
        if (keeper != null) {
            keeper.write();
        }
    }

    /// Ends the training.
    History end(boolean interrupted) {
        if (keeper != null) {
            keeper.write();
        }
        for (var callback : callbacks) {
            callback.onEnd(run);
        }
        return run.history(interrupted ? History.End.INTERRUPTED : stopped() ? History.End.STOPPED : History.End.FINISHED);
    }

    /// Ends what runs ahead for it, and leaves the folder of its checkpoints.
    @Override
    public void close() {
        if (keeper != null) {
            keeper.close();
        }
        batches.stop();
        if (validation != null) {
            validation.stop();
        }
    }
}
