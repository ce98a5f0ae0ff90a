package dev.caviar.nn.layer;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A scope over given tensors; collects the updates of state and the penalties that the layers ask for.
///
/// ```java
/// var weights = Map.of("kernel", Tensor.ones(3, 2), "bias", Tensor.zeros(2));
/// Tensor y = Dense.of(2).apply(Bound.of(weights, Random.key(1), false), Tensor.ones(5, 3));
/// ```
public final class Bound implements Scope {
    private final Source source;
    private final Shared shared;
    private final String path;
    private final @Nullable Tensor mask;
    private @Nullable Tensor passed;
    private boolean said;
    private final boolean quiet;

    /// Where parameters, state and scalars come from, by path.
    interface Source {
        Tensor param(String path, Shape shape, Init init);

        Tensor state(String path, Shape shape, Init init);

        default Tensor carried(String path, Shape shape) {
            return state(path, shape, Init.zeros());
        }

        Tensor scalar(String path, double value);

        /// Told what a parameter must be.
        default void constrain(String path, Constraint constraint) {}

        /// Told after each part was applied.
        default void applied(String path, Layer layer, List<Tensor> in, List<Tensor> out) {}
    }

    /// Sees what each part gives.
    @FunctionalInterface
    public interface Observer {
        /// After a part was applied; parts of a part come before it.
        void applied(String path, Layer layer, List<Tensor> out);
    }

    private static final class Shared {
        final Tensor key;
        final boolean training;
        final DType dtype;
        Predicate<String> frozen = _ -> false;
        boolean quiet;
        Observer observer = (_, _, _) -> {};
        final Map<String, Tensor> updates = new LinkedHashMap<>();
        final List<Tensor> penalties = new ArrayList<>();
        final Map<String, Integer> keys = new LinkedHashMap<>();
        /// The parameters that a rule has been told of, by where it was said.
        final Map<String, Set<String>> seen = new HashMap<>();
        /// Which steps count of what the parts gave; what is not here is not known.
        final Map<Tensor, Optional<Tensor>> masks = new IdentityHashMap<>();

        Shared(Tensor key, boolean training, DType dtype) {
            this.key = key;
            this.training = training;
            this.dtype = dtype;
        }
    }

    private Bound(Source source, Shared shared, String path, @Nullable Tensor mask, boolean quiet) {
        this.quiet = quiet;
        this.source = source;
        this.shared = shared;
        this.path = path;
        this.mask = mask;
    }

    /// A scope in which parameters and state have these values, and scalars their own.
    public static Bound of(Map<String, Tensor> values, Tensor key, boolean training) {
        return of(values, Map.of(), key, training);
    }

    /// A scope in which parameters and state have these values, and scalars those given, else their own.
    public static Bound of(Map<String, Tensor> values, Map<String, Tensor> scalars, Tensor key, boolean training) {
        return of(values, scalars, key, training, values.values().stream().map(Tensor::dtype).filter(DType::isFloat).findFirst().orElse(DType.F32));
    }

    /// The same for layers that compute in `dtype`, also where there are no values that would tell.
    public static Bound of(Map<String, Tensor> values, Map<String, Tensor> scalars, Tensor key, boolean training, DType dtype) {
        return of(new Given(values, scalars, dtype), key, training, dtype);
    }

    static Bound of(Source source, Tensor key, boolean training, DType dtype) {
        return new Bound(source, new Shared(key, training, dtype), "", null, false);
    }

    /// Parts whose paths (ending in `/`) pass this are frozen: see [Scope#trainable].
    public Bound withFrozen(Predicate<String> frozen) {
        shared.frozen = frozen;
        return this;
    }

    /// Layers that are [Layer#noise] do nothing, as at inference; the others train.
    public Bound withoutNoise() {
        shared.quiet = true;
        return this;
    }

    /// Tells this observer of each part.
    public Bound withObserver(Observer observer) {
        shared.observer = observer;
        return this;
    }

    private record Given(Map<String, Tensor> values, Map<String, Tensor> scalars, DType dtype) implements Source {
        @Override
        public Tensor param(String path, Shape shape, Init init) {
            var value = values.get(path);
            if (value == null) {
                throw new ShapeException("There is no \"" + path + "\" " + shape + "; there are " + values.keySet()
                        + ".\nMaybe the weights are another model's.");
            }
            if (!value.shape().equals(shape)) {
                throw new ShapeException(path.substring(path.lastIndexOf('/') + 1) + " is " + value.shape() + " but the input needs "
                        + shape + ".\nMaybe the model was built for another data set.");
            }
            return value;
        }

        @Override
        public Tensor state(String path, Shape shape, Init init) {
            return param(path, shape, init);
        }

        @Override
        public Tensor scalar(String path, double value) {
            var given = scalars.get(path);
            return given != null ? given : Tensor.scalar(value, dtype);
        }
    }

    /// The new values of state, by path, in the order of the updates.
    public Map<String, Tensor> updates() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(shared.updates));
    }

    /// The sum of all penalties; null where there is none.
    public @Nullable Tensor penalties() {
        return shared.penalties.stream().reduce(Tensor::add).orElse(null);
    }

    @Override
    public Tensor param(String name, Shape shape, Init init) {
        return source.param(path + name, shape, init);
    }

    @Override
    public Tensor state(String name, Shape shape, Init init) {
        // A layer that is used twice in a step goes on from what its first use left.
        var updated = shared.updates.get(path + name);
        return updated != null ? updated : source.state(path + name, shape, init);
    }

    @Override
    public void update(String name, Tensor value) {
        shared.updates.put(path + name, value);
    }

    @Override
    public Tensor scalar(String name, double value) {
        return source.scalar(path + name, value);
    }

    /// The seed moves by a hash of the path, so that no layer's numbers depend on which other layers there are.
    @Override
    public Tensor key() {
        int count = shared.keys.merge(path, 1, Integer::sum);
        return Init.keyFor(shared.key, count == 1 ? path : path + count);
    }

    @Override
    public Tensor carried(String name, Shape shape) {
        var updated = shared.updates.get(path + name);
        return updated != null ? updated : source.carried(path + name, shape);
    }

    @Override
    public @Nullable Tensor mask() {
        return mask;
    }

    /// What is not known has the mask of the input, where that fits.
    @Override
    public @Nullable Tensor mask(Tensor x) {
        var known = shared.masks.get(x);
        return known != null ? known.orElse(null) : fits(mask, x) ? mask : null;
    }

    /// What counts in all of these that have masks of one shape.
    private @Nullable Tensor common(Tensor... x) {
        return Stream.of(x).map(this::mask).filter(Objects::nonNull).distinct()
                .reduce((a, b) -> a.shape().equals(b.shape()) ? a.and(b) : a).orElse(null);
    }

    private static boolean fits(@Nullable Tensor mask, Tensor x) {
        return mask != null && x.rank() > mask.rank() && x.shape().dims().subList(0, mask.rank()).equals(mask.shape().dims());
    }

    /// Notes which steps of an output count; what an inner part has noted stands where this one says nothing.
    private void mark(Tensor y) {
        if (said) {
            shared.masks.put(y, Optional.ofNullable(fits(passed, y) ? passed : null));
        } else {
            shared.masks.computeIfAbsent(y, _ -> Optional.ofNullable(fits(mask, y) ? mask : null));
        }
    }

    @Override
    public void pass(@Nullable Tensor mask) {
        passed = mask;
        said = true;
    }

    @Override
    public Scope seeing(BiConsumer<String, Tensor> rule) {
        var told = new Told(source, (whole, param) -> {
            if (shared.seen.computeIfAbsent(path, _ -> new HashSet<>()).add(whole)) {
                rule.accept(whole.substring(path.length()), param);
            }
        });
        return new Bound(told, shared, path, mask, quiet);
    }

    /// A source that tells of each parameter.
    private record Told(Source from, BiConsumer<String, Tensor> rule) implements Source {
        @Override
        public Tensor param(String path, Shape shape, Init init) {
            var param = from.param(path, shape, init);
            rule.accept(path, param);
            return param;
        }

        @Override
        public Tensor state(String path, Shape shape, Init init) {
            return from.state(path, shape, init);
        }

        @Override
        public Tensor carried(String path, Shape shape) {
            return from.carried(path, shape);
        }

        @Override
        public Tensor scalar(String path, double value) {
            return from.scalar(path, value);
        }

        @Override
        public void constrain(String path, Constraint constraint) {
            from.constrain(path, constraint);
        }

        @Override
        public void applied(String path, Layer layer, List<Tensor> in, List<Tensor> out) {
            from.applied(path, layer, in, out);
        }
    }

    @Override
    public void constrain(String name, Constraint constraint) {
        source.constrain(path + name, constraint);
    }

    @Override
    public void penalty(Tensor value) {
        shared.penalties.add(value);
    }

    @Override
    public Tensor recompute(UnaryOperator<Tensor> part, Tensor x) {
        int before = shared.penalties.size();
        // A penalty from inside comes out beside the result, or no gradient would reach it.
        return Gradient.recompute(in -> {
            var results = new ArrayList<>(List.of(part.apply(in.getFirst())));
            results.addAll(shared.penalties.subList(before, shared.penalties.size()));
            return results;
        }, List.of(x)).getFirst();
    }

    /// Applies parts in pieces of their ops, of which gradients compute again what they need, see [Gradient#recomputeInPieces].
    public List<Tensor> recomputeInPieces(Supplier<List<Tensor>> parts) {
        int before = shared.penalties.size();
        var outputs = new int[1];
        return Gradient.recomputeInPieces(_ -> {
            var results = new ArrayList<>(parts.get());
            outputs[0] = results.size();
            results.addAll(shared.penalties.subList(before, shared.penalties.size()));
            return results;
        }, List.of()).subList(0, outputs[0]);
    }

    @Override
    public Bound child(String name) {
        return new Bound(source, shared, path + name + "/", mask, quiet);
    }

    @Override
    public Tensor call(String name, Layer layer, Tensor... x) {
        return part(name, layer, scope -> {
            @Nullable Tensor y = layer.apply(scope, x);
            if (y == null) {
                throw new ShapeException("it gave null.\nMaybe a return is missing in it.");
            }
            return List.of(y);
        }, x).getFirst();
    }

    @Override
    public List<Tensor> callAll(String name, Layer layer, Tensor... x) {
        return part(name, layer, scope -> layer.applyAll(scope, x), x);
    }

    private List<Tensor> part(String name, Layer layer, Function<Bound, List<Tensor>> apply, Tensor... x) {
        var scope = new Bound(source, shared, path + name + "/", common(x), quiet || shared.quiet && layer.noise());
        try {
            var y = Origin.named(name, () -> apply.apply(scope));
            y.forEach(scope::mark);
            source.applied(path + name, layer, List.of(x), y);
            shared.observer.applied(path + name, layer, y);
            return y;
        } catch (LayerException e) {
            throw e;
        } catch (ShapeException e) {
            throw LayerException.of(Layer.text(layer) + " in \"" + path + name + "\"", Stream.of(x).map(Tensor::shape), e);
        }
    }

    @Override
    public boolean trainable() {
        return !shared.frozen.test(path);
    }

    @Override
    public boolean training() {
        return shared.training && !quiet;
    }

    @Override
    public DType dtype() {
        return shared.dtype;
    }
}
