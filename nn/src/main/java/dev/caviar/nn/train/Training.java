package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Plan;
import dev.caviar.engine.grad.GradientCheck;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.format.DataException;
import org.jspecify.annotations.Nullable;

/// Makes a model ready to train on some data: checks that they fit, and trains, or says what training would do.
///
/// @param core what the model consists of
record Training(Model model, Core core) {
    /// See [Model#checkGradients].
    GradientCheck checkGradients(Examples examples) {
        var recipe = core.trained("checkGradients");
        var state = core.stateFor(examples.xTypes(1));
        Labels.check("checkGradients", recipe, state, examples, true);
        return Checking.check(recipe, state, core.batches(examples, Math.min(State.INFERENCE_BATCH, Math.max(1, examples.size()))));
    }

    /// See [Model#plan].
    Plan plan(Examples examples, Fit fit) {
        var recipe = core.trained("plan");
        var batches = core.batches(examples, fit.batch());
        var state = core.stateFor(batches.xTypes(1));
        int rows = Math.min(fit.batch(), examples.size());
        return TrainStep.plan(recipe.withRecompute(fit.recompute()), state, core.dtype(), batches.xTypes(rows), batches.yTypes(rows),
                fit.options());
    }

    /// See [Model#recalibrate].
    void recalibrate(Examples examples, int batch) {
        var state = core.stateFor(examples.xTypes(1));
        try (var pass = new Recalibration(core.asking(), state, core.dtype(), core.batches(examples, batch))) {
            pass.run(core.settings().seed());
        }
    }

    History fit(Examples examples, Fit fit, Options options) {
        return run(trainee(examples, fit), options);
    }

    private History run(Trainee trainee, Options options) {
        try (trainee; var loop = new Loop(trainee, core.dtype(), options)) {
            return loop.run();
        }
    }

    History fit(Pipeline pipeline, Fit fit) {
        var recipe = core.trainable();
        if (fit.validationFraction() > 0) {
            throw new IllegalArgumentException("fit: a part of a pipeline cannot be held out here.\nMaybe split() it, and give "
                    + "withValidation(parts.held()).");
        }
        return core.feeding(pipeline, recipe, fit.batch(), fit.finite(),
                feed -> run(trainee(recipe, core.stateFor(feed.xTypes(1)), feed, held(fit.validation(), fit), fit), fit.options()));
    }

    Trainee trainee(Examples examples, Fit fit) {
        var recipe = core.trainable();
        var training = examples;
        var held = fit.validation();
        if (fit.validationFraction() > 0) {
            var split = examples.split(fit.validationFraction(), fit.seed());
            training = split.kept();
            held = split.held();
        }
        var plain = core.batches(training, fit.batch());
        var state = core.stateFor(plain.xTypes(1));
        Labels.check("fit", recipe, state, training, fit.finite());
        if (fit.batch() > training.size() && fit.batch() != Fit.BATCH) {
            throw new DataException("fit: a batch of " + fit.batch() + " is larger than the data, which has " + training.size() + " examples.",
                    "Maybe use withBatch(" + training.size() + "), or a smaller part for validation.");
        }
        return trainee(recipe, state, fit.shuffle() ? plain.shuffled(fit.seed()) : plain, held(held, fit), fit);
    }

    /// What is validated on, for a model that has weights: some examples, or the pipeline that the settings say, if any.
    private @Nullable Feed held(@Nullable Examples held, Fit fit) {
        var recipe = core.trainable();
        var pipeline = fit.validationPipeline();
        if (pipeline != null) {
            return core.feed(pipeline, recipe, core.built("fit").inferenceBatch(), fit.finite());
        }
        if (held == null) {
            return null;
        }
        var state = core.stateFor(held.xTypes(1));
        Labels.check("fit: validation", recipe, state, held, fit.finite());
        return core.batches(held, state.inferenceBatch());
    }

    private Trainee trainee(Recipe recipe, State state, Feed feed, @Nullable Feed validation, Fit fit) {
        state.scaling(core.dtype());
        return new Trainee(model, state, recipe, feed, validation, fit);
    }

    /// See [Stepper#of].
    Stepper stepper(Examples such, Fit fit) {
        var recipe = core.trainable().withRecompute(fit.recompute()).withClassWeights(fit.classWeights());
        var batches = core.batches(such, fit.batch());
        var state = core.stateFor(batches.xTypes(1));
        state.scaling(core.dtype());
        return new Stepper(model, recipe, state, fit, new TrainStep(recipe, state, core.dtype(), batches, fit.batch(), fit.options()), fit.batch());
    }

    /// All that must be equal for two models to train in one program.
    String kind(Examples examples, Fit fit) {
        var recipe = core.trainable().withClassWeights(fit.classWeights());
        var state = core.stateFor(examples.xTypes(1));
        var batches = core.batches(examples, fit.batch());
        var held = fit.validation() == null ? null : core.batches(fit.validation(), state.inferenceBatch());
        int rows = Math.clamp(examples.size(), 1, fit.batch());
        var step = TrainStep.signature(recipe, state, core.dtype(), TrainStep.allocate(batches.xTypes(rows)),
                TrainStep.allocate(batches.yTypes(rows)));
        var score = Inference.signature(recipe, state, core.dtype(), Inferences.key(true, held == null ? batches : held, fit.threads()));
        return String.join(" ", TrainStep.trace(recipe, state, step).graph().fingerprint(), Inference.trace(recipe, state, score, true).fingerprint(),
                Integer.toString(examples.size()), held == null ? Double.toString(fit.validationFraction())
                : Integer.toString(held.examples().size()), Integer.toString(fit.batch()), Integer.toString(fit.threads()),
                core.settings().precision().kind());
    }
}
