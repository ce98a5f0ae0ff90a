package dev.caviar.nn.train;

import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Plan;
import dev.caviar.engine.grad.GradientCheck;
import dev.caviar.engine.graph.Diagram;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.Symbolic;
import dev.caviar.nn.layer.UnaryLayer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.loss.MeanSquaredError;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Averaged;
import dev.caviar.nn.optim.Optimizer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Layers with their weights: trained, evaluated, asked, saved.
///
/// The weights are made at the first use, when the shape of the examples is known ([#build] does it at once). Batches run
/// through compiled steps that change the weights in place. A model is for one thread at a time: a second one is refused.
///
/// ```java
/// var model = Model.of(Flatten.of(), Dense.of(128, "relu"), Dropout.of(0.2), Dense.of(10, "softmax"));
/// model.compile("adam", "sparse_categorical_crossentropy", "accuracy");
/// var data = DataSource.of("digits").load();
/// model.fit(data.train(), Fit.of().withEpochs(10).withValidation(0.1));
/// double accuracy = model.evaluate(data.test()).get("accuracy");
/// ```
public final class Model {
    static final int INFERENCE_BATCH = 256;
    private static final System.Logger LOG = System.getLogger(Model.class.getName());

    private final Settings settings;
    private final ReentrantLock busy = new ReentrantLock();
    private final Inferences inferences = new Inferences();
    private final Set<String> frozen = new LinkedHashSet<>();
    private @Nullable State state;
    private @Nullable Recipe recipe;

    Model(Settings settings) {
        this.settings = settings;
    }

    /// A model of layers one after another. A layer of several inputs or outputs, such as a lambda over all of them, is a model by itself.
    public static Model of(Layer... layers) {
        boolean whole = layers.length == 1 && (layers[0] instanceof Sequential || !(layers[0] instanceof UnaryLayer));
        var layer = whole ? layers[0] : Sequential.of(layers);
        return new Model(Settings.of(layer));
    }

    /// A functional model: what leads from an input to an output (see [Functional]).
    public static Model of(Input input, Symbolic output) {
        return of(List.of(input), List.of(output));
    }

    /// A functional model of several inputs and outputs, whose examples have as many features and labels, in this order.
    public static Model of(List<Input> inputs, List<? extends Symbolic> outputs) {
        return of(Functional.of(inputs, outputs));
    }

    private Model with(Settings other) {
        if (state != null) {
            throw new IllegalStateException("This model has weights already.\nMaybe set seed, type, normaliser and names before "
                    + "the first use.");
        }
        var model = new Model(other);
        model.recipe = recipe;
        model.frozen.addAll(frozen);
        return model;
    }

    /// The seed of the first weights.
    public Model withSeed(long seed) {
        return with(settings.withSeed(seed));
    }

    /// The type of the weights and of all computing with them.
    public Model withDType(DType dtype) {
        return with(settings.withDType(dtype));
    }

    /// What products run in, see [Precision]. A model that has weights already gives one with a copy of them.
    public Model withPrecision(Precision precision) {
        var model = new Model(settings.withPrecision(precision));
        model.recipe = recipe;
        model.frozen.addAll(frozen);
        model.state = state == null ? null : state.copy(precision);
        return model;
    }

    /// By name: float32, mixed_bfloat16, mixed_float16.
    public Model withPrecision(String name) {
        return withPrecision(Precision.of(name));
    }

    /// Features are normalised so before they reach the first layer, and saved models keep it.
    public Model withNormaliser(Normaliser normaliser) {
        return with(settings.withNormaliser(normaliser));
    }

    /// The names of the outputs.
    public Model withClasses(List<String> classes) {
        return with(settings.withClasses(classes));
    }

    /// What a saved model should say about itself, such as where its data came from.
    public Model withNotes(Map<String, String> notes) {
        return with(settings.withNotes(notes));
    }

    public Layer layer() {
        return settings.layer();
    }

    public Precision precision() {
        return settings.precision();
    }

    public Optional<Normaliser> normaliser() {
        return Optional.ofNullable(settings.normaliser());
    }

    public List<String> classes() {
        return settings.classes();
    }

    public Map<String, String> notes() {
        return settings.notes();
    }

    Settings settings() {
        return settings;
    }

    @Nullable Recipe recipe() {
        return recipe;
    }

    // ---- compile

    /// By names: see [Optimizer#of], [Loss#of], [Metric#of].
    public Model compile(String optimizer, String loss, String... metrics) {
        return compile(Optimizer.of(optimizer), Loss.of(loss), Stream.of(metrics).map(Metric::of).toArray(Metric[]::new));
    }

    /// Says how to train. The optimizer begins anew, the weights stay. Throws [IllegalArgumentException] where the loss does
    /// not fit what the model ends in.
    public Model compile(Optimizer optimizer, Loss loss, Metric... metrics) {
        return compile(Recipe.of(settings.layer(), optimizer, loss, List.of(metrics)));
    }

    /// The same for several outputs: a goal for each, in their order. The loss is the sum of all, each times its weight; the values
    /// of output `kind` are called `kind_loss`, `kind_accuracy` and so on.
    public Model compile(Optimizer optimizer, Goal... goals) {
        return compile(Recipe.of(settings.layer(), optimizer, List.of(goals)));
    }

    public Model compile(String optimizer, Goal... goals) {
        return compile(Optimizer.of(optimizer), goals);
    }

    Model compile(Recipe recipe) {
        return exclusively("compile", () -> {
            if (this.recipe == null) {
                warnings().forEach(warning -> LOG.log(System.Logger.Level.WARNING, warning));
            }
            this.recipe = recipe;
            inferences.close();
            if (state != null && recipe.optimizer() != null) {
                state.restart(recipe.optimizer());
            }
            return this;
        });
    }

    // ---- weights

    /// Makes the weights for examples of this shape.
    public Model build(long... inputShape) {
        return build(List.of(Shape.of(inputShape)));
    }

    /// Makes the weights of a functional model, whose inputs say their shapes.
    public Model build() {
        var shapes = declared();
        if (!shapes.isEmpty()) {
            return build(shapes);
        }
        throw new IllegalStateException("build(): the model does not say what shape its inputs have.\nMaybe give it: build(784).");
    }

    /// Makes the weights for examples of these shapes, one for each input.
    public Model build(List<Shape> inputShapes) {
        return exclusively("build", () -> {
            state(inputShapes.stream().map(shape -> new Type(settings.dtype(), shape)).toList());
            return this;
        });
    }

    /// The weights, made for examples of these types if there are none yet.
    private State state(List<Type> examples) {
        var shapes = examples.stream().map(Type::shape).toList();
        if (state == null) {
            state = State.of(settings, examples, frozen);
            if (recipe != null && recipe.optimizer() != null) {
                state.restart(recipe.optimizer());
            }
        }
        if (!state.inputs.equals(shapes)) {
            throw new IllegalArgumentException("The model takes examples of shape " + shapes(state.inputs) + ", these are " + shapes(shapes)
                    + ".\nMaybe they are from another data set.");
        }
        return state;
    }

    private static String shapes(List<Shape> shapes) {
        return shapes.stream().map(Shape::toString).collect(Collectors.joining(", "));
    }

    /// The shapes of a functional model's inputs, where it says them all.
    private List<Shape> declared() {
        return settings.layer() instanceof Functional functional && functional.inputs().stream().allMatch(slot -> slot.shape().known())
                ? functional.inputs().stream().map(Functional.Slot::shape).toList() : List.of();
    }

    private State built(String what) {
        if (state == null) {
            var shapes = declared();
            if (!shapes.isEmpty()) {
                return state(shapes.stream().map(shape -> new Type(settings.dtype(), shape)).toList());
            }
            throw new IllegalStateException(what + ": the model has no weights yet.\nMaybe build(...) it for the shape of one "
                    + "example, or fit it first.");
        }
        return state;
    }

    /// The shape of one example; empty before the weights are made.
    public Optional<Shape> inputShape() {
        return Optional.ofNullable(state).map(s -> s.inputs.getFirst());
    }

    // ---- freeze

    /// Leaves parts of the model as they are from now on: the step has no gradient for them, and their batch norms behave as at
    /// inference. Parts are named by path, such as `encoder` or `encoder/dense_1`. The optimizer begins anew.
    public Model freeze(String... parts) {
        return refreeze("freeze", () -> {
            Structure.check(settings.layer(), state, parts);
            frozen.addAll(List.of(parts));
        });
    }

    /// The same by the layer objects that the model was made of.
    public Model freeze(Layer... layers) {
        return freeze(Stream.of(layers).flatMap(layer -> Structure.paths(settings.layer(), layer).stream()).toArray(String[]::new));
    }

    /// Trains these parts again; all where none is named.
    public Model unfreeze(String... parts) {
        return refreeze("unfreeze", () -> {
            if (parts.length == 0) {
                frozen.clear();
            } else {
                frozen.removeAll(Set.of(parts));
            }
        });
    }

    /// The parts that training leaves as they are.
    public Set<String> frozen() {
        return Collections.unmodifiableSet(new LinkedHashSet<>(frozen));
    }

    private Model refreeze(String what, Runnable change) {
        return exclusively(what, () -> {
            change.run();
            if (state != null) {
                state.freeze(frozen);
                if (recipe != null && recipe.optimizer() != null) {
                    state.restart(recipe.optimizer());
                }
            }
            return this;
        });
    }

    /// Copies of all weights by path, such as `dense/kernel`: parameters, then what layers keep for inference.
    public Map<String, Buffer> weights() {
        return exclusively("weights", () -> {
            var out = new LinkedHashMap<String, Buffer>();
            built("weights").all().forEach((path, buffer) -> out.put(path, State.copy(buffer)));
            return out;
        });
    }

    /// Takes the weights of another model over into the part of this one where its layers are used: `assign("encoder", trained)`.
    public void assign(String part, Model other) {
        var weights = new LinkedHashMap<String, Buffer>();
        other.weights().forEach((path, value) -> weights.put(part + "/" + path, value));
        assign(weights);
    }

    /// Copies of the averaged weights by path, where the optimizer is an [Averaged]: `model.assign(model.averages())` goes on with them.
    ///
    /// Throws [IllegalStateException] where it is not. What batch norm keeps is not averaged.
    public Map<String, Buffer> averages() {
        return exclusively("averages", () -> {
            var recipe = trained("averages");
            return built("averages").averages(recipe.optimizer());
        });
    }

    /// Sets weights by path; the others stay. Throws [IllegalArgumentException] for an unknown path or another shape.
    public void assign(Map<String, Buffer> weights) {
        exclusively("assign", () -> {
            built("assign").assign(weights);
            return this;
        });
    }

    /// Sets to zero what stateful layers hand on from batch to batch. Each epoch and each evaluation does so by itself; predictions go
    /// on where the batch before ended.
    public void resetStates() {
        exclusively("resetStates", () -> {
            built("resetStates").forget();
            return this;
        });
    }

    /// The number of numbers that training changes.
    public long parameters() {
        return built("parameters").params.values().stream().mapToLong(Buffer::size).sum();
    }

    /// The paths of what training changes.
    Set<String> trained() {
        return Set.copyOf(built("trained").params.keySet());
    }

    /// A table of the layers: their outputs, their numbers of parameters, memory, and operations for one example.
    public String summary() {
        var state = built("summary");
        return Summary.of(settings.layer(), state, state.inputs.stream().map(shape -> new Type(settings.dtype(), shape.insert(0, 1))).toArray(Type[]::new));
    }

    /// The layers and what passes between them as boxes and arrows, to be drawn.
    public Diagram diagram() {
        return Structure.diagram(settings.layer(), settings.dtype(), built("diagram").inputs);
    }

    /// What is likely not meant: a bias in front of a batch norm, dropout on the input or the output. [#compile] logs these.
    public List<String> warnings() {
        return Structure.warnings(settings.layer());
    }

    /// Compares the gradients that training uses with numeric ones, on the first of some examples (a few will do), in F64 and without
    /// dropout.
    public GradientCheck checkGradients(Examples examples) {
        return exclusively("checkGradients", () -> {
            var recipe = trained("checkGradients");
            var state = state(example(examples.xTypes(1)));
            Labels.check("checkGradients", recipe, state, examples, true);
            return Checking.check(recipe, state, batches(examples, Math.min(INFERENCE_BATCH, Math.max(1, examples.size()))));
        });
    }

    /// What one step of training would do and hold, without taking the memory for it: whether a batch fits, and what to change
    /// where it does not.
    ///
    /// Examples and settings are those that [#fit] would get; weights and optimizer slots are among the plan's given bytes.
    public Plan plan(Examples examples, Fit fit) {
        return exclusively("plan", () -> {
            var recipe = trained("plan");
            var batches = batches(examples, fit.batch());
            var state = state(example(batches.xTypes(1)));
            int rows = Math.min(fit.batch(), examples.size());
            return TrainStep.plan(recipe.withRecompute(fit.recompute()), state, settings.dtype(), batches.xTypes(rows), batches.yTypes(rows),
                    fit.options());
        });
    }

    // ---- train

    /// Trains on rows of features and their classes.
    public History fit(float[][] x, int[] classes, Fit fit) {
        return fit(Examples.of(x, classes), fit);
    }

    /// Trains on rows of features and rows of values.
    public History fit(float[][] x, float[][] y, Fit fit) {
        return fit(Examples.of(x, y), fit);
    }

    /// Trains; a second call goes on where the first ended. Throws [DivergedException] when the loss is no longer finite,
    /// and [IllegalStateException] where another thread is at work on this model.
    public History fit(Examples examples, Fit fit) {
        return fit(examples, fit, fit.options());
    }

    History fit(Examples examples, Fit fit, Options options) {
        return exclusively("fit", () -> {
            try (var loop = new Loop(trainee(examples, fit), settings.dtype(), options)) {
                return loop.run();
            }
        });
    }

    /// Trains on the batches of a pipeline, a pass for each epoch; elements that are no batches yet are put together as [Fit#batch] says.
    /// Order and augmentation are the pipeline's: [Fit#shuffle] means nothing here, and to hold a part out, split the pipeline.
    public History fit(Pipeline pipeline, Fit fit) {
        return exclusively("fit", () -> {
            var recipe = trainable();
            if (fit.validationFraction() > 0) {
                throw new IllegalArgumentException("fit: a part of a pipeline cannot be held out here.\nMaybe split() it, and give "
                        + "withValidation(parts.held()).");
            }
            return closing(feed(pipeline, recipe, fit.batch(), fit.finite()), feed -> {
                try (var loop = new Loop(trainee(recipe, state(example(feed.xTypes(1))), feed, fit.validation(), fit), settings.dtype(), fit.options())) {
                    return loop.run();
                }
            });
        });
    }

    /// This model made ready to train.
    Trainee trainee(Examples examples, Fit fit) {
        var recipe = trainable();
        var training = examples;
        var held = fit.validation();
        if (fit.validationFraction() > 0) {
            var split = examples.split(fit.validationFraction(), fit.seed());
            training = split.kept();
            held = split.held();
        }
        var plain = batches(training, fit.batch());
        var state = state(example(plain.xTypes(1)));
        Labels.check("fit", recipe, state, training, fit.finite());
        if (fit.batch() > training.size() && fit.batch() != Fit.BATCH) {
            throw new DataException("fit: a batch of " + fit.batch() + " is larger than the data, which has " + training.size() + " examples.",
                    "Maybe use withBatch(" + training.size() + "), or a smaller part for validation.");
        }
        return trainee(recipe, state, fit.shuffle() ? plain.shuffled(fit.seed()) : plain, held, fit);
    }

    private Trainee trainee(Recipe recipe, State state, Feed feed, @Nullable Examples held, Fit fit) {
        Feed validation = null;
        if (held != null) {
            state(example(held.xTypes(1)));
            validation = batches(held, state.inferenceBatch());
            Labels.check("fit: validation", recipe, state, held, fit.finite());
        }
        state.scaling(settings.dtype());
        return new Trainee(this, state, recipe, feed, validation, fit);
    }

    /// See [Stepper#of].
    Stepper stepper(Examples such, Fit fit) {
        return exclusively("stepper", () -> {
            var recipe = trainable().withRecompute(fit.recompute()).withClassWeights(fit.classWeights());
            var batches = batches(such, fit.batch());
            var state = state(example(batches.xTypes(1)));
            state.scaling(settings.dtype());
            return new Stepper(this, recipe, state, fit, new TrainStep(recipe, state, settings.dtype(), batches, fit.batch(), fit.options()), fit.batch());
        });
    }

    /// All that must be equal for two models to train in one program.
    String kind(Examples examples, Fit fit) {
        return exclusively("kind", () -> {
            var recipe = trainable().withClassWeights(fit.classWeights());
            var state = state(example(examples.xTypes(1)));
            var batches = batches(examples, fit.batch());
            var held = fit.validation() == null ? null : batches(fit.validation(), state.inferenceBatch());
            int rows = Math.clamp(examples.size(), 1, fit.batch());
            var step = TrainStep.signature(recipe, state, settings.dtype(), TrainStep.allocate(batches.xTypes(rows)),
                    TrainStep.allocate(batches.yTypes(rows)));
            var score = Inference.signature(recipe, state, settings.dtype(), key(true, held == null ? batches : held, fit.threads()));
            return String.join(" ", TrainStep.trace(recipe, state, step).graph().fingerprint(), Inference.trace(recipe, state, score, true).fingerprint(),
                    Integer.toString(examples.size()), held == null ? Double.toString(fit.validationFraction())
                    : Integer.toString(held.examples().size()), Integer.toString(fit.batch()), Integer.toString(fit.threads()),
                    settings.precision().kind());
        });
    }

    private Recipe trainable() {
        var recipe = trained("fit");
        if (recipe.optimizer() == null) {
            throw new IllegalStateException("fit: the model was saved with an optimizer that is not Caviar's own.\nMaybe "
                    + "compile(...) it again.");
        }
        return recipe;
    }

    private Recipe trained(String what) {
        if (recipe == null) {
            throw new IllegalStateException(what + ": the model is not compiled.\nMaybe call compile(\"adam\", "
                    + "\"sparse_categorical_crossentropy\", \"accuracy\") first.");
        }
        return recipe;
    }

    // ---- ask

    /// Loss and metrics by name. Layers behave as at inference.
    public Map<String, Double> evaluate(Examples examples) {
        return exclusively("evaluate", () -> {
            var recipe = trained("evaluate");
            Labels.some("evaluate", examples);
            var state = state(example(examples.xTypes(1)));
            Labels.check("evaluate", recipe, state, examples, true);
            state.forget();
            var batches = batches(examples, state.inferenceBatch());
            return inference(recipe, true, batches).score(batches);
        });
    }

    /// Loss and metrics over the first pass through a pipeline.
    public Map<String, Double> evaluate(Pipeline pipeline) {
        return exclusively("evaluate", () -> {
            var recipe = trained("evaluate");
            return closing(feed(pipeline, recipe, INFERENCE_BATCH, true), feed -> {
                state(example(feed.xTypes(1))).forget();
                return inference(recipe, true, feed).score(feed);
            });
        });
    }

    /// Runs the examples through the network as it is now, in batches as in training, so that batch norm's averages for inference are of these
    /// weights and examples alone (see [dev.caviar.nn.layer.BatchNorm.Statistics]); running averages only go on. No weight changes.
    public Model recalibrate(Examples examples, int batch) {
        return exclusively("recalibrate", () -> {
            var state = state(example(examples.xTypes(1)));
            try (var pass = new Recalibration(asking(), state, settings.dtype(), batches(examples, batch))) {
                pass.run(settings.seed());
            }
            return this;
        });
    }

    private static <T> T closing(Feed feed, Function<Feed, T> work) {
        try {
            return work.apply(feed);
        } finally {
            feed.stop();
        }
    }

    /// Loss and metrics on rows of features and their classes.
    public Map<String, Double> evaluate(float[][] x, int[] classes) {
        return evaluate(Examples.of(x, classes));
    }

    /// The model's output for examples `[n, …]`.
    public Buffer predict(Buffer x) {
        var all = predict(List.of(x));
        if (all.size() > 1) {
            throw new IllegalArgumentException("predict: the model has " + all.size() + " outputs.\nMaybe use predict(List.of(x)), which gives all.");
        }
        return all.getFirst();
    }

    /// All outputs for the examples' features, one for each input.
    public List<Buffer> predict(List<Buffer> xs) {
        return exclusively("predict", () -> {
            var labels = Buffer.allocate(Type.of(DType.I64, xs.getFirst().type().shape().dim(0)));
            var examples = Examples.of(xs, List.of(labels));
            var batches = batches(examples, state(example(examples.xTypes(1))).inferenceBatch());
            return inference(asking(), false, batches).predict(batches);
        });
    }

    /// All outputs for the elements of the first pass through a pipeline, which have labels too.
    public List<Buffer> predict(Pipeline pipeline) {
        return exclusively("predict", () -> closing(feed(pipeline, asking(), INFERENCE_BATCH, false), feed -> {
            state(example(feed.xTypes(1)));
            return inference(asking(), false, feed).predict(feed);
        }));
    }

    public Tensor predict(Tensor x) {
        return Tensor.wrap(predict(x.array().buffer()));
    }

    /// The outputs for rows of features; a model whose output is not `[n, k]` is asked with buffers.
    public float[][] predict(float[][] x) {
        if (x.length == 0) {
            return new float[0][];
        }
        var y = predict(Tensor.of(x));
        var flat = y.toFloats();
        int width = flat.length / x.length;
        var out = new float[x.length][width];
        for (int i = 0; i < x.length; i++) {
            System.arraycopy(flat, i * width, out[i], 0, width);
        }
        return out;
    }

    /// The most likely class of each example; logits are turned into probabilities first, and a single output is the
    /// probability of the second of two classes.
    public List<Guess> classify(Buffer x) {
        var asking = asking();
        var head = asking.head();
        var link = head.last() == null && head.loss().fromLogits() ? head.loss().link() : null;
        var y = Tensor.wrap(predict(x));
        return Guess.each((link == null ? y : link.on(y)).toDoubles(), (int) x.type().shape().dim(0), settings.classes());
    }

    /// See [Predictor#of].
    Predictor predictor(int rows, int threads) {
        return exclusively("predictor", () -> new Predictor(asking(), built("predictor"), settings.dtype(), rows, threads));
    }

    private Recipe asking() {
        return recipe != null ? recipe
                : Recipe.of(settings.layer(), null, Collections.nCopies(settings.layer().outputs(), Goal.of(new MeanSquaredError())));
    }

    private Inference inference(Recipe recipe, boolean scoring, Feed batches) {
        return inferences.get(key(scoring, batches, 1), recipe, built("inference"), settings.dtype());
    }

    /// Its weights have moved to other memory.
    void moved() {
        inferences.close();
    }

    Inference.Key key(boolean scoring, Feed batches, int threads) {
        int rows = batches.most();
        return new Inference.Key(scoring, batches.xTypes(rows), batches.yTypes(rows), threads);
    }

    Batches batches(Examples examples, int size) {
        if (settings.normaliser() != null) {
            settings.normaliser().check(examples.xType(1));
        }
        return Batches.of(examples, size);
    }

    private Feed feed(Pipeline pipeline, Recipe recipe, int batch, boolean finite) {
        var feed = Feed.of(pipeline.batched() ? pipeline : pipeline.batch(batch), recipe.heads().size(), finite);
        if (settings.normaliser() != null) {
            settings.normaliser().check(feed.xTypes(1).getFirst());
        }
        return feed;
    }

    private List<Type> example(List<Type> one) {
        return one.stream()
                .map(type -> new Type(settings.normaliser() == null ? type.dtype() : DType.F32, type.shape().without(List.of(0)))).toList();
    }

    /// See [Health#of].
    List<Finding> health(Examples examples) {
        return exclusively("health", () -> Health.of(trained("health"), state(example(examples.xTypes(1))), examples));
    }

    // ---- save

    /// Writes weights and settings into a folder, as `model.safetensors` and `model.json`.
    public void save(Path folder) {
        exclusively("save", () -> {
            Saved.write(this, built("save"), folder);
            return this;
        });
    }

    /// Reads what [#save] wrote: a model that gives the same answers. Throws [dev.caviar.nn.format.DataException] for a file
    /// that is missing, damaged, or of a later version.
    public static Model load(Path folder) {
        return Saved.read(folder);
    }

    private <T> T exclusively(String what, Supplier<T> work) {
        take(what);
        try {
            return work.get();
        } finally {
            release();
        }
    }

    /// Keeps other threads from this model until it is released.
    void take(String what) {
        if (!busy.tryLock()) {
            throw new IllegalStateException(what + ": another thread is at work on this model.\nMaybe train a model of its own in "
                    + "each thread.");
        }
    }

    void release() {
        busy.unlock();
    }
}
