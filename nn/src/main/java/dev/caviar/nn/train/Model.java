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
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Feed;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.Symbolic;
import dev.caviar.nn.layer.UnaryLayer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Averaged;
import dev.caviar.nn.optim.Optimizer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
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
    private static final System.Logger LOG = System.getLogger(Model.class.getName());

    private final Turns turns = new Turns();
    private final Core core;
    private final Inferences inferences;
    private final Training training;

    Model(Settings settings) {
        this(new Core(settings));
    }

    private Model(Core core) {
        this.core = core;
        this.inferences = new Inferences(core);
        this.training = new Training(this, core);
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

    /// The seed of the first weights.
    public Model withSeed(long seed) {
        return new Model(core.with(settings().withSeed(seed)));
    }

    /// The type of the weights and of all computing with them; examples themselves are kept as F32 (see [Examples]).
    public Model withDType(DType dtype) {
        return new Model(core.with(settings().withDType(dtype)));
    }

    /// What products run in, see [Precision]. A model that has weights already gives one with a copy of them.
    public Model withPrecision(Precision precision) {
        return new Model(core.with(precision));
    }

    /// By name: float32, mixed_bfloat16, mixed_float16.
    public Model withPrecision(String name) {
        return withPrecision(Precision.of(name));
    }

    /// Features are normalised so before they reach the first layer, and saved models keep it.
    public Model withNormaliser(Normaliser normaliser) {
        return new Model(core.with(settings().withNormaliser(normaliser)));
    }

    /// The names of the outputs.
    public Model withClasses(List<String> classes) {
        return new Model(core.with(settings().withClasses(classes)));
    }

    /// What a saved model should say about itself, such as where its data came from.
    public Model withNotes(Map<String, String> notes) {
        return new Model(core.with(settings().withNotes(notes)));
    }

    public Layer layer() {
        return settings().layer();
    }

    public Precision precision() {
        return settings().precision();
    }

    public Optional<Normaliser> normaliser() {
        return Optional.ofNullable(settings().normaliser());
    }

    public List<String> classes() {
        return settings().classes();
    }

    public Map<String, String> notes() {
        return settings().notes();
    }

    Settings settings() {
        return core.settings();
    }

    @Nullable Recipe recipe() {
        return core.recipe();
    }

    // ---- compile

    /// By names: see [Optimizer#of], [Loss#of], [Metric#of].
    public Model compile(String optimizer, String loss, String... metrics) {
        return compile(Optimizer.of(optimizer), Loss.of(loss), Stream.of(metrics).map(Metric::of).toArray(Metric[]::new));
    }

    /// Says how to train. The optimizer begins anew, the weights stay. Throws [IllegalArgumentException] where the loss does
    /// not fit what the model ends in.
    public Model compile(Optimizer optimizer, Loss loss, Metric... metrics) {
        return compile(Recipe.of(layer(), optimizer, loss, List.of(metrics)));
    }

    /// The same for several outputs: a goal for each, in their order. The loss is the sum of all, each times its weight; the values
    /// of output `kind` are called `kind_loss`, `kind_accuracy` and so on.
    public Model compile(Optimizer optimizer, Goal... goals) {
        return compile(Recipe.of(layer(), optimizer, List.of(goals)));
    }

    public Model compile(String optimizer, Goal... goals) {
        return compile(Optimizer.of(optimizer), goals);
    }

    Model compile(Recipe recipe) {
        return turns.undisturbed("compile", () -> {
            if (core.recipe() == null) {
                warnings().forEach(warning -> LOG.log(System.Logger.Level.WARNING, warning));
            }
            inferences.close();
            core.compile(recipe);
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
        var shapes = core.declared();
        if (!shapes.isEmpty()) {
            return build(shapes);
        }
        throw new IllegalStateException("build(): the model does not say what shape its inputs have.\nMaybe give it: build(784).");
    }

    /// Makes the weights for examples of these shapes, one for each input.
    public Model build(List<Shape> inputShapes) {
        return turns.alone("build", () -> {
            core.state(inputShapes);
            return this;
        });
    }

    /// The shape of one example; empty before the weights are made.
    public Optional<Shape> inputShape() {
        return core.state().map(state -> state.inputs.getFirst());
    }

    // ---- freeze

    /// Leaves parts of the model as they are from now on: the step has no gradient for them, and their batch norms behave as at
    /// inference. Parts are named by path, such as `encoder` or `encoder/dense_1`. The optimizer begins anew.
    public Model freeze(String... parts) {
        return refreeze("freeze", frozen -> {
            Structure.check(layer(), core.state().orElse(null), parts);
            frozen.addAll(List.of(parts));
        });
    }

    /// The same by the layer objects that the model was made of.
    public Model freeze(Layer... layers) {
        return freeze(Stream.of(layers).flatMap(layer -> Structure.paths(layer(), layer).stream()).toArray(String[]::new));
    }

    /// Trains these parts again; all where none is named.
    public Model unfreeze(String... parts) {
        return refreeze("unfreeze", frozen -> {
            if (parts.length == 0) {
                frozen.clear();
            } else {
                frozen.removeAll(Set.of(parts));
            }
        });
    }

    /// The parts that training leaves as they are.
    public Set<String> frozen() {
        return core.frozen();
    }

    private Model refreeze(String what, Consumer<Set<String>> change) {
        return turns.undisturbed(what, () -> {
            core.refreeze(change);
            return this;
        });
    }

    /// Copies of all weights by path, such as `dense/kernel`: parameters, then what layers keep for inference.
    public Map<String, Buffer> weights() {
        return turns.alone("weights", () -> {
            var out = new LinkedHashMap<String, Buffer>();
            core.built("weights").all().forEach((path, buffer) -> out.put(path, State.copy(buffer)));
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
        return turns.alone("averages", () -> {
            var recipe = core.trained("averages");
            return core.built("averages").averages(recipe.optimizer());
        });
    }

    /// Sets weights by path; the others stay. Throws [IllegalArgumentException] for an unknown path or another shape.
    public void assign(Map<String, Buffer> weights) {
        turns.alone("assign", () -> {
            core.built("assign").assign(weights);
            return this;
        });
    }

    /// Sets to zero what stateful layers hand on from batch to batch. Each epoch and each evaluation does so by itself; predictions go
    /// on where the batch before ended.
    public void resetStates() {
        turns.alone("resetStates", () -> {
            core.built("resetStates").forget();
            return this;
        });
    }

    /// The number of numbers that training changes.
    public long parameters() {
        return core.built("parameters").params.values().stream().mapToLong(Buffer::size).sum();
    }

    /// The paths of what training changes.
    Set<String> trained() {
        return Set.copyOf(core.built("trained").params.keySet());
    }

    /// A table of the layers: their outputs, their numbers of parameters, memory, and operations for one example.
    public String summary() {
        var state = core.built("summary");
        return Summary.of(layer(), state, state.inputs.stream().map(shape -> new Type(core.dtype(), shape.insert(0, 1))).toArray(Type[]::new));
    }

    /// The layers and what passes between them as boxes and arrows, to be drawn.
    public Diagram diagram() {
        return Structure.diagram(layer(), core.dtype(), core.built("diagram").inputs);
    }

    /// What is likely not meant: a bias in front of a batch norm, dropout on the input or the output. [#compile] logs these.
    public List<String> warnings() {
        return Structure.warnings(layer());
    }

    /// Compares the gradients that training uses with numeric ones, on the first of some examples (a few will do), in F64 and without
    /// dropout.
    public GradientCheck checkGradients(Examples examples) {
        return turns.alone("checkGradients", () -> training.checkGradients(examples));
    }

    /// What one step of training would do and hold, without taking the memory for it: whether a batch fits, and what to change
    /// where it does not.
    ///
    /// Examples and settings are those that [#fit] would get; weights and optimizer slots are among the plan's given bytes.
    public Plan plan(Examples examples, Fit fit) {
        return turns.alone("plan", () -> training.plan(examples, fit));
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
        return turns.fitting(() -> training.fit(examples, fit, options));
    }

    /// Trains on the batches of a pipeline, a pass for each epoch; elements that are no batches yet are put together as [Fit#batch] says.
    /// Order and augmentation are the pipeline's: [Fit#shuffle] means nothing here, and to hold a part out, split the pipeline.
    public History fit(Pipeline pipeline, Fit fit) {
        return turns.fitting(() -> training.fit(pipeline, fit));
    }

    /// Who works on this model.
    Turns turns() {
        return turns;
    }

    /// This model made ready to train.
    Trainee trainee(Examples examples, Fit fit) {
        return training.trainee(examples, fit);
    }

    /// See [Stepper#of].
    Stepper stepper(Examples such, Fit fit) {
        return turns.alone("stepper", () -> training.stepper(such, fit));
    }

    /// All that must be equal for two models to train in one program.
    String kind(Examples examples, Fit fit) {
        return turns.alone("kind", () -> training.kind(examples, fit));
    }

    // ---- ask

    /// Loss and metrics by name. Layers behave as at inference.
    public Map<String, Double> evaluate(Examples examples) {
        return turns.alone("evaluate", () -> inferences.evaluate(examples));
    }

    /// Loss and metrics over the first pass through a pipeline.
    public Map<String, Double> evaluate(Pipeline pipeline) {
        return turns.alone("evaluate", () -> inferences.evaluate(pipeline));
    }

    /// Runs the examples through the network as it is now, in batches as in training, so that batch norm's averages for inference are of these
    /// weights and examples alone (see [dev.caviar.nn.layer.BatchNorm.Statistics]); running averages only go on. No weight changes.
    public Model recalibrate(Examples examples, int batch) {
        return turns.alone("recalibrate", () -> {
            training.recalibrate(examples, batch);
            return this;
        });
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
        return turns.alone("predict", () -> inferences.predict(xs));
    }

    /// All outputs for the elements of the first pass through a pipeline, which have labels too.
    public List<Buffer> predict(Pipeline pipeline) {
        return turns.alone("predict", () -> inferences.predict(pipeline));
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
        var asking = core.asking();
        var head = asking.head();
        var link = head.last() == null && head.loss().fromLogits() ? head.loss().link() : null;
        var y = Tensor.wrap(predict(x));
        return Guess.each((link == null ? y : link.on(y)).toDoubles(), (int) x.type().shape().dim(0), settings().classes());
    }

    /// See [Predictor#of].
    Predictor predictor(int rows, int threads) {
        return turns.alone("predictor", () -> new Predictor(core.asking(), core.built("predictor"), core.dtype(), rows, threads));
    }

    /// Its weights have moved to other memory.
    void moved() {
        inferences.close();
    }

    Inference.Key key(boolean scoring, Feed batches, int threads) {
        return Inferences.key(scoring, batches, threads);
    }

    /// See [Health#of].
    List<Finding> health(Examples examples) {
        return turns.alone("health", () -> Health.of(core.trained("health"), core.stateFor(examples.xTypes(1)), examples));
    }

    // ---- save

    /// Writes weights and settings into a folder, as `model.safetensors` and `model.json`.
    public void save(Path folder) {
        turns.alone("save", () -> {
            Saved.write(this, core.built("save"), folder);
            return this;
        });
    }

    /// Reads what [#save] wrote: a model that gives the same answers. Throws [dev.caviar.nn.format.DataException] for a file
    /// that is missing, damaged, or of a later version.
    public static Model load(Path folder) {
        return Saved.read(folder);
    }
}
