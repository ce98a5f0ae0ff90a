package dev.caviar.nn.train;

import dev.caviar.engine.memory.DType;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Examples;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The loop around the compiled step: epochs, batches, validation, callbacks.
final class Loop implements AutoCloseable {
    private final Model model;
    private final State state;
    private final Recipe recipe;
    private final DType dtype;
    private final Fit fit;
    private final Batches batches;
    private final @Nullable Batches validation;
    private final @Nullable Inference scorer;
    private final Map<Integer, TrainStep> steps = new HashMap<>();
    private final Run run;
    private final List<Callback> callbacks = new ArrayList<>();

    Loop(Model model, State state, Recipe recipe, DType dtype, Examples training, @Nullable Examples held, Fit fit) {
        this.model = model;
        this.state = state;
        this.recipe = recipe;
        this.dtype = dtype;
        this.fit = fit;
        var plain = model.batches(training, fit.batch());
        batches = fit.shuffle() ? plain.shuffled(fit.seed()) : plain;
        validation = held == null ? null : model.batches(held, Model.INFERENCE_BATCH);
        scorer = validation == null ? null : new Inference(recipe, state, dtype, model.key(true, validation, fit.threads()));
        run = new Run(model, fit, recipe, batches.count());
        fit.callbacks().forEach(callback -> callbacks.add(callback.begin(run)));
        var verbosity = fit.verbosity().resolved();
        if (verbosity != Verbosity.SILENT) {
            callbacks.add(new Display(System.out, verbosity == Verbosity.BAR).begin(run));
        }
    }

    History run() {
        var end = History.End.FINISHED;
        for (int epoch = 0; epoch < fit.epochs() && end == History.End.FINISHED; epoch++) {
            end = epoch(epoch);
        }
        for (var callback : callbacks) {
            callback.onEnd(run);
        }
        return run.history(end);
    }

    private History.End epoch(int epoch) {
        long began = System.nanoTime();
        run.beginEpoch(epoch);
        batches.start(state.epoch);
        for (int b = 0; b < batches.count(); b++) {
            if (fit.stop().getAsBoolean()) {
                return History.End.INTERRUPTED;
            }
            step(b);
            for (int i = 0; i < callbacks.size(); i++) {
                callbacks.get(i).onBatchEnd(run);
            }
            if (run.reason() != null) {
                break;
            }
        }
        state.epoch++;
        if (scorer != null && validation != null) {
            scorer.score(validation).forEach((name, value) -> run.log("val_" + name, value));
        }
        double seconds = (System.nanoTime() - began) * 1e-9;
        for (var callback : callbacks) {
            callback.onEpochEnd(run);
        }
        run.endEpoch(seconds);
        return run.reason() == null ? History.End.FINISHED : History.End.STOPPED;
    }

    private void step(int b) {
        int rows = batches.rows(b);
        var step = steps.get(rows);
        if (step == null) {
            step = new TrainStep(recipe, state, dtype, batches.xType(rows), batches.yType(rows), fit.options());
            steps.put(rows, step);
        }
        batches.fill(b, step.x, step.y);
        step.run(run.optimizer(), fit.seed(), state.step, state.epoch);
        if (!step.skipped()) {
            state.step++;
        } else if (step.scale() < 1 && !fit.allowNonFinite()) {
            throw new DivergedException("fit: in batch " + (b + 1) + " of epoch " + (run.epoch() + 1) + " the gradients were not finite, even "
                    + "without scaling the loss.\nMaybe the learning rate is too large, or " + state.precision.kind()
                    + " too narrow for this model: mixed_bfloat16 has the range of F32.", run.history(History.End.DIVERGED));
        }
        run.add(b, rows, step);
        if (!fit.allowNonFinite() && !Double.isFinite(step.sum(0))) {
            throw new DivergedException("fit: the loss became " + step.sum(0) / rows + " in batch " + (b + 1) + " of epoch "
                    + (run.epoch() + 1) + ", at learning rate " + run.optimizer().rate().at(state.step - 1, state.epoch)
                    + ".\nMaybe the learning rate is too large, or the data has a value that is not finite.",
                    run.history(History.End.DIVERGED));
        }
    }

    @Override
    public void close() {
        steps.values().forEach(TrainStep::close);
        if (scorer != null) {
            scorer.close();
        }
    }
}
