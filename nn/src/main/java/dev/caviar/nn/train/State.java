package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.LayerException;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.optim.Averaged;
import dev.caviar.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// All of a model that training changes, in memory that the compiled steps write in place.
final class State {
    static final int INFERENCE_BATCH = 256;

    final List<Shape> inputs;
    final Needs needs;
    final Map<String, Buffer> params = new LinkedHashMap<>();
    final Map<String, Buffer> states = new LinkedHashMap<>();
    /// In the order of the parameters, and for each of the optimizer's slots.
    List<Buffer> slots = List.of();
    long step;
    int epoch;
    /// What products run in, and the state of the loss' scale where it has one.
    Precision precision = Precision.F32;
    private final Map<String, Buffer> scaling = new LinkedHashMap<>();

    private final @Nullable Normaliser normaliser;
    private final DType dtype;
    private Set<String> frozen = Set.of();
    /// Shapes of examples that have turned out to need the same weights.
    private final Set<List<Shape>> alike = new HashSet<>();

    State(List<Shape> inputs, Needs needs, @Nullable Normaliser normaliser, DType dtype, long seed) {
        this.normaliser = normaliser;
        this.dtype = dtype;
        this.inputs = List.copyOf(inputs);
        this.needs = needs;
        needs.initial(seed).forEach((path, value) -> {
            var buffer = Buffer.allocate(value.type());
            buffer.copyFrom(value.array().buffer());
            (needs.params().containsKey(path) ? params : states).put(path, buffer);
        });
    }

    /// New weights of a model for examples of these types; throws [LayerException] where its layers do not take such.
    static State of(Settings settings, List<Type> examples, Set<String> frozen) {
        if (settings.normaliser() != null && examples.size() > 1) {
            throw new IllegalArgumentException("A normaliser is for one input, the examples have " + examples.size() + ".\nMaybe normalise "
                    + "them before, or by a layer in front of each.");
        }
        var batch = batch(examples);
        Needs needs;
        try {
            needs = Needs.of(settings.layer(), settings.dtype(), batch);
        } catch (ShapeException e) {
            throw LayerException.of(settings.layer().toString(), Stream.of(batch).map(Type::shape), e);
        }
        var state = new State(examples.stream().map(Type::shape).toList(), needs, settings.normaliser(), settings.dtype(), settings.seed());
        state.precision = settings.precision();
        settings.precision().check(needs);
        state.freeze(frozen);
        return state;
    }

    private State(State other, Precision precision) {
        normaliser = other.normaliser;
        dtype = other.dtype;
        inputs = other.inputs;
        frozen = other.frozen;
        needs = other.needs;
        this.precision = precision;
    }

    /// Whether these weights are also those of examples of these types: sequences may have another length, and images another size, where no
    /// weight depends on it.
    boolean takes(List<Type> examples, Settings settings) {
        var shapes = examples.stream().map(Type::shape).toList();
        if (inputs.equals(shapes) || alike.contains(shapes)) {
            return true;
        }
        if (normaliser != null || shapes.size() != inputs.size()) {
            return false;
        }
        try {
            var other = Needs.of(settings.layer(), settings.dtype(), batch(examples));
            if (!types(other.params()).equals(types(needs.params())) || !types(other.states()).equals(types(needs.states()))) {
                return false;
            }
        } catch (ShapeException | LayerException e) {
            return false;
        }
        alike.add(shapes);
        return true;
    }

    private static Map<String, Type> types(Map<String, Needs.Wish> wishes) {
        var types = new LinkedHashMap<String, Type>();
        wishes.forEach((path, wish) -> types.put(path, wish.type()));
        return types;
    }

    private static Type[] batch(List<Type> examples) {
        return examples.stream().map(type -> type.withShape(type.shape().insert(0, 1))).toArray(Type[]::new);
    }

    /// What the model sees of a batch of features as they are stored: normalising is a part of every program, so that a batch of
    /// bytes is copied as bytes.
    List<Tensor> ready(List<Tensor> x) {
        return normaliser == null ? x : List.of(normaliser.on(x.getFirst()));
    }

    /// Whether what lies under a path (ending in `/`) is left as it is by training.
    boolean frozen(String path) {
        return frozen.stream().anyMatch(part -> path.startsWith(part + "/"));
    }

    /// Leaves these parts as they are from now on: their parameters are given to the step, but have no gradient in it.
    void freeze(Set<String> parts) {
        frozen = Set.copyOf(parts);
        var all = all();
        params.clear();
        states.clear();
        needs.params().keySet().forEach(path -> (frozen(path) ? states : params).put(path, all.get(path)));
        needs.states().keySet().forEach(path -> states.put(path, all.get(path)));
    }

    /// Sets weights by path; the others stay.
    void assign(Map<String, Buffer> weights) {
        var all = all();
        var unexpected = new ArrayList<String>();
        var other = new ArrayList<String>();
        weights.forEach((path, value) -> {
            var buffer = all.get(path);
            if (buffer == null) {
                unexpected.add(path);
            } else if (!buffer.type().shape().equals(value.type().shape())) {
                other.add(path + " (" + value.type().shape() + " there, " + buffer.type().shape() + " here)");
            }
        });
        if (!unexpected.isEmpty() || !other.isEmpty()) {
            var missing = new ArrayList<>(all.keySet());
            missing.removeAll(weights.keySet());
            throw new IllegalArgumentException("assign: what is given does not fit the model." + Checkpoint.listed("unexpected", unexpected)
                    + Checkpoint.listed("of another shape", other) + Checkpoint.listed("missing", missing) + "\nMaybe the weights are another model's.");
        }
        weights.forEach((path, value) -> {
            var buffer = all.get(path);
            if (buffer.type().equals(value.type())) {
                buffer.copyFrom(value);
            } else {
                for (long i = 0; i < value.size(); i++) {
                    buffer.set(i, value.at(i));
                }
            }
        });
    }

    /// Copies of the averages that an optimizer keeps of the parameters.
    Map<String, Buffer> averages(@Nullable Optimizer optimizer) {
        int at = optimizer == null ? -1 : optimizer.slots().indexOf(Averaged.SLOT);
        if (at < 0) {
            throw new IllegalStateException("averages: the optimizer " + optimizer + " keeps no average of the weights.\nMaybe compile "
                    + "with Adam.of(0.001).withAverage(0.999).");
        }
        var out = new LinkedHashMap<String, Buffer>();
        for (var path : params.keySet()) {
            out.put(path, copy(slots.get(out.size() * optimizer.slots().size() + at)));
        }
        return out;
    }

    /// Fresh slots for an optimizer, and the count of steps back at 0.
    void restart(Optimizer optimizer) {
        var fresh = new ArrayList<Buffer>();
        params.forEach((path, param) -> {
            for (var name : optimizer.slots()) {
                fresh.add(copy(optimizer.start(name, path, Tensor.wrap(param)).array().buffer()));
            }
        });
        slots = fresh;
        step = 0;
        epoch = 0;
        scaling.clear();
    }

    /// What layers hand on from batch to batch is zero again.
    void forget() {
        needs.carried().forEach(path -> states.get(path).memory().fill((byte) 0));
    }

    /// Averages over all batches begin anew.
    void recount() {
        for (var part : needs.parts()) {
            var weight = states.get(part.path() + "/moving_weight");
            if (weight != null && part.layer() instanceof BatchNorm norm && norm.statistics() != BatchNorm.Statistics.RUNNING) {
                weight.set(0, 0);
            }
        }
    }

    /// The most examples that may be in a batch of inference.
    int inferenceBatch() {
        return needs.carried().stream().mapToInt(path -> (int) states.get(path).type().shape().dim(0)).reduce(INFERENCE_BATCH, Math::min);
    }

    /// The state of the loss' scale, from the beginning where there is none yet; empty where the precision needs none.
    Map<String, Buffer> scaling(DType dtype) {
        var scale = precision.lossScale();
        if (scale != null && scaling.isEmpty()) {
            scaling.putAll(scale.start(dtype));
        }
        return scaling;
    }

    /// All of it once more, for products of another precision.
    State copy(Precision other) {
        var copy = new State(this, other);
        params.forEach((path, buffer) -> copy.params.put(path, copy(buffer)));
        states.forEach((path, buffer) -> copy.states.put(path, copy(buffer)));
        copy.slots = slots.stream().map(State::copy).toList();
        copy.step = step;
        copy.epoch = epoch;
        return copy;
    }

    /// The type of the weights, and of computing with them.
    DType dtype() {
        return dtype;
    }

    /// Parameters and states by path.
    Map<String, Buffer> all() {
        var all = new LinkedHashMap<>(params);
        all.putAll(states);
        return all;
    }

    /// All memory in the order of a step's inputs: parameters, slots, states, the loss' scale.
    List<Buffer> memory() {
        var all = new ArrayList<>(params.values());
        all.addAll(slots);
        all.addAll(states.values());
        all.addAll(scaling.values());
        return all;
    }

    /// Goes on in other memory of the same types and order, which has the values already.
    void move(List<Buffer> memory) {
        var next = memory.iterator();
        params.replaceAll((_, _) -> next.next());
        slots = slots.stream().map(_ -> next.next()).toList();
        states.replaceAll((_, _) -> next.next());
        scaling.replaceAll((_, _) -> next.next());
    }

    static Buffer copy(Buffer buffer) {
        var copy = Buffer.allocate(buffer.type());
        copy.copyFrom(buffer);
        return copy;
    }
}
