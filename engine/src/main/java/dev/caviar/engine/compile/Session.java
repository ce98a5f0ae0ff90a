package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Pool;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// A graph that is written once and then fed and run many times, in the style of the first TensorFlow: placeholders,
/// named variables with initialisers, an explicit init step, and fetches.
///
/// ```java
/// try (var session = new Session()) {
///     var x = session.placeholder("x", DType.F32, 3);
///     var w = session.variable("w", () -> Tensor.scalar(0));
///     Tensor cost = session.define(() -> w.value().square().mul(x.value().at(0, 0)));
///     session.init();
///     Tensor now = session.run(cost, Map.of(x, Tensor.of(1f, -10f, 25f)));
/// }
/// ```
public final class Session implements AutoCloseable {
    private final Trace trace = Trace.open();
    private final Options options;
    private final List<Placeholder> placeholders = new ArrayList<>();
    private final Map<String, Variable> variables = new LinkedHashMap<>();
    private final Map<String, Supplier<Tensor>> initialisers = new HashMap<>();
    private final Map<Tensor, Map<Variable, Tensor>> updates = new IdentityHashMap<>();
    private final Map<Request, Program> programs = new HashMap<>();
    private long unknown = -2;
    private boolean ready;

    private record Request(List<Tensor> fetches, List<Type> types) {}

    public Session() {
        this(Options.of());
    }

    public Session(Options options) {
        this.options = options;
    }

    /// An input to feed; a length of −1 is unknown until then. Where axes of unknown lengths meet, such as the examples of features and of
    /// labels, they are taken to be equal, which [#run] verifies.
    public Placeholder placeholder(String name, DType dtype, long... dims) {
        var lengths = new ArrayList<Long>();
        for (long dim : dims) {
            lengths.add(dim < 0 ? unknown-- : dim);
        }
        var placeholder = new Placeholder(name, trace.input(new Type(dtype, new Shape(lengths))));
        placeholders.add(placeholder);
        return placeholder;
    }

    /// A variable, which [#init] gives its first value.
    public Variable variable(String name, Supplier<Tensor> initialiser) {
        if (variables.containsKey(name)) {
            throw new IllegalArgumentException("variable(\"" + name + "\"): there is one of that name already.");
        }
        var variable = Variable.of(name, initialiser.get());
        variables.put(name, variable);
        initialisers.put(name, initialiser);
        return variable;
    }

    /// Writes a part of the graph; what it returns can be fetched.
    public Tensor define(Supplier<Tensor> part) {
        return trace.scoped(part);
    }

    /// Writes a step that assigns variables; the assignments happen when the result is fetched, all at once.
    public Tensor update(Supplier<Tensor> part) {
        if (!trace.takeWrites().isEmpty()) {
            throw new IllegalStateException("update: a variable was assigned in define().\nMaybe assign it in update().");
        }
        var result = trace.scoped(part);
        updates.computeIfAbsent(result, _ -> new LinkedHashMap<>()).putAll(trace.takeWrites());
        return result;
    }

    /// Gives every variable its first value.
    public void init() {
        variables.forEach((name, variable) -> variable.set(initialisers.get(name).get().array()));
        ready = true;
    }

    /// The value of one tensor of the graph for what is fed.
    public Tensor run(Tensor fetch, Map<Placeholder, Tensor> feeds) {
        return run(List.of(fetch), feeds).getFirst();
    }

    /// The values of several. Throws [IllegalStateException] before [#init], and [IllegalArgumentException] for a
    /// placeholder that is missing or fed with another type.
    public synchronized List<Tensor> run(List<Tensor> fetches, Map<Placeholder, Tensor> feeds) {
        if (!ready && !variables.isEmpty()) {
            throw new IllegalStateException("run: the variables " + variables.keySet() + " have no values yet.\nMaybe call init() first.");
        }
        var writes = new LinkedHashMap<Variable, Tensor>();
        fetches.forEach(fetch -> writes.putAll(updates.getOrDefault(fetch, Map.of())));
        var outputs = new ArrayList<>(fetches);
        outputs.addAll(writes.values());
        var in = inputs(trace.graph(outputs), feeds);
        var request = new Request(List.copyOf(fetches), in.stream().map(Buffer::type).toList());
        var program = programs.computeIfAbsent(request, r -> Compiler.compile(specialised(trace.graph(outputs), r.types, feeds), options));
        var out = program.graph().outputs().stream().map(tensor -> Pool.shared().allocate(tensor.type())).toList();
        program.run(in, out);
        int next = fetches.size();
        for (var variable : writes.keySet()) {
            variable.set((Array) Tensor.wrap(out.get(next++)));
        }
        return out.subList(0, fetches.size()).stream().map(Tensor::wrap).toList();
    }

    /// For the lengths that were fed. Those that were unknown and are used together may turn out different only now.
    private static Graph specialised(Graph graph, List<Type> types, Map<Placeholder, Tensor> feeds) {
        try {
            return graph.specialise(types);
        } catch (ShapeException e) {
            var fed = feeds.entrySet().stream().map(feed -> "\"" + feed.getKey().name() + "\" " + feed.getValue().type()).sorted().toList();
            throw new IllegalArgumentException("run: what was fed does not go together, " + String.join(", ", fed) + ": "
                    + e.getMessage().lines().findFirst().orElse("") + "\nMaybe feed as many examples to each placeholder.", e);
        }
    }

    private List<Buffer> inputs(Graph graph, Map<Placeholder, Tensor> feeds) {
        var bySym = new IdentityHashMap<Sym, Buffer>();
        trace.reads().forEach((variable, sym) -> bySym.put(sym, variable.current().buffer()));
        var used = graph.used();
        for (var placeholder : placeholders) {
            var fed = feeds.get(placeholder);
            if (fed != null) {
                check(placeholder, fed.type());
                bySym.put(placeholder.sym(), fed.array().buffer());
            } else if (used.contains(placeholder.sym())) {
                throw new IllegalArgumentException("run: nothing was fed for the placeholder \"" + placeholder.name() + "\" ("
                        + placeholder.sym().type() + ").");
            } else {
                var shape = new Shape(placeholder.sym().shape().dims().stream().map(dim -> Math.max(dim, 1)).toList());
                bySym.put(placeholder.sym(), Pool.shared().allocate(new Type(placeholder.sym().dtype(), shape)));
            }
        }
        return graph.inputs().stream().map(bySym::get).toList();
    }

    private static void check(Placeholder placeholder, Type fed) {
        var wanted = placeholder.sym().type();
        boolean fits = wanted.dtype() == fed.dtype() && wanted.shape().rank() == fed.shape().rank();
        for (int axis = 0; fits && axis < wanted.shape().rank(); axis++) {
            fits = wanted.shape().dim(axis) < 0 || wanted.shape().dim(axis) == fed.shape().dim(axis);
        }
        if (!fits) {
            throw new IllegalArgumentException("run: the placeholder \"" + placeholder.name() + "\" is " + wanted
                    + ", but was fed " + fed + ".");
        }
    }

    /// What leads to these fetches, to be printed or drawn.
    public Graph graph(Tensor... fetches) {
        return trace.graph(List.of(fetches));
    }

    /// How many programs were compiled: one for each combination of fetches and fed types.
    public int compiled() {
        return programs.size();
    }

    @Override
    public void close() {
        programs.values().forEach(Program::close);
        programs.clear();
    }
}
