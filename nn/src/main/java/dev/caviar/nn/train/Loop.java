package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.NonFiniteException;
import dev.caviar.engine.memory.DType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The loop around the compiled step: epochs, batches, validation.
final class Loop implements AutoCloseable {
    private final Trainee trainee;
    private final DType dtype;
    private final Options options;
    private final @Nullable Inference scorer;
    private final @Nullable Crew crew;
    private final Map<Integer, Step> steps = new HashMap<>();

    Loop(Trainee trainee, DType dtype, Options options) {
        this.trainee = trainee;
        this.dtype = dtype;
        this.options = options;
        crew = trainee.fit.replicas().count() == 1 ? null : new Crew(trainee.fit.replicas().count());
        var held = trainee.validation;
        scorer = held == null ? null
                : new Inference(trainee.recipe, trainee.state, dtype, trainee.model.key(true, held, options.threads()), options);
    }

    History run() {
        while (!trainee.done()) {
            if (!epoch()) {
                return trainee.end(true);
            }
        }
        return trainee.end(false);
    }

    /// Whether it was not interrupted.
    private boolean epoch() {
        if (trainee.interrupted()) {
            return false;
        }
        int first = trainee.beginEpoch();
        for (int b = first; trainee.batches.has(b) && !trainee.stopped(); b++) {
            if (b > first && trainee.interrupted()) {
                return false;
            }
            var step = step(trainee.batches.rows(b));
            trainee.fill(b, step);
            try {
                step.run(trainee.run.optimizer(), trainee.fit.seed(), trainee.state.step, trainee.state.epoch);
            } catch (NonFiniteException e) {
                throw trainee.diverged(b, (e.input() < 0 ? "" : "input " + e.input() + " is " + step.inputName(e.input()) + "; ") + e.getMessage());
            }
            trainee.add(b, step);
        }
        trainee.state.forget();
        trainee.endEpoch(scorer == null || trainee.validation == null ? Map.of() : scorer.score(trainee.validation));
        return true;
    }

    private Step step(int rows) {
        var step = steps.get(rows);
        if (step == null) {
            step = crew == null ? new TrainStep(trainee.recipe, trainee.state, dtype, trainee.batches, rows, options)
                    : new ReplicaStep(trainee.recipe, trainee.state, dtype, trainee.batches, rows, options, trainee.fit.replicas(), crew);
            steps.put(rows, step);
        }
        return step;
    }

    @Override
    public void close() {
        trainee.batches.stop();
        steps.values().forEach(Step::close);
        if (scorer != null) {
            scorer.close();
        }
        if (crew != null) {
            crew.close();
        }
    }
}
