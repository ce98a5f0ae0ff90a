package dev.caviar.engine.graph;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.TraceException;
import dev.caviar.engine.tensor.Variable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Writes ops down instead of computing them. An op on the same inputs is written once.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).tanh().sum()), Type.of(DType.F32, 3));
/// ```
public final class Trace implements Interpreter {
    private final List<Sym> inputs = new ArrayList<>();
    private final Map<Key, List<Tensor>> interned = new HashMap<>();
    private final Map<Variable, Sym> reads = new LinkedHashMap<>();
    private final Map<Variable, Tensor> writes = new LinkedHashMap<>();
    private boolean open = true;

    /// Ops are records and constants; tensors have identity.
    private record Key(Op op, List<Tensor> in) {}

    /// A graph and the variables that it reads (as its last inputs, in order) and writes (as its last outputs).
    public record Traced(Graph graph, List<Variable> reads, List<Variable> writes) {}

    /// The graph of a function of tensors of these types.
    public static Graph of(Function<List<Tensor>, List<Tensor>> f, Type... in) {
        return of(f, List.of(in));
    }

    public static Graph of(Function<List<Tensor>, List<Tensor>> f, List<Type> in) {
        return traced(f, in).graph();
    }

    /// The graph of a function that may also read and assign variables.
    public static Traced traced(Function<List<Tensor>, List<Tensor>> f, List<Type> in) {
        var trace = new Trace();
        for (var type : in) {
            trace.input(type);
        }
        var arguments = List.<Tensor>copyOf(trace.inputs);
        try {
            var outputs = new ArrayList<>(trace.scoped(() -> f.apply(arguments)));
            outputs.forEach(trace::check);
            outputs.addAll(trace.writes.values());
            return new Traced(trace.graph(outputs), List.copyOf(trace.reads.keySet()), List.copyOf(trace.writes.keySet()));
        } finally {
            trace.open = false;
        }
    }

    /// A trace that stays open, for graphs that are built piece by piece.
    public static Trace open() {
        return new Trace();
    }

    /// One more input.
    public Sym input(Type type) {
        var sym = Sym.input(type, this);
        inputs.add(sym);
        return sym;
    }

    /// The graph of what leads to these outputs.
    public Graph graph(List<Tensor> outputs) {
        return new Graph(List.copyOf(inputs), List.copyOf(outputs), Map.of());
    }

    /// The variables that were read so far, and the inputs that stand for them.
    public Map<Variable, Sym> reads() {
        return Collections.unmodifiableMap(reads);
    }

    /// The variables that were assigned since the last call, and what; later reads see the old values again.
    public Map<Variable, Tensor> takeWrites() {
        var taken = new LinkedHashMap<>(writes);
        writes.clear();
        return taken;
    }

    @Override
    public List<Tensor> apply(Op op, List<Tensor> in) {
        if (!open) {
            throw new TraceException(op.label() + " in a trace that has ended.");
        }
        in.forEach(this::check);
        return interned.computeIfAbsent(new Key(op, in), this::write);
    }

    private List<Tensor> write(Key key) {
        var node = new Node(key.op, key.in, key.op.infer(key.in.stream().map(Tensor::type).toList()), Origin.current().located());
        var out = new ArrayList<Tensor>();
        for (int i = 0; i < node.out().size(); i++) {
            out.add(Sym.of(node, i, this));
        }
        return List.copyOf(out);
    }

    private void check(Tensor tensor) {
        if (tensor instanceof Sym sym && sym.owner() != this) {
            throw sym.escaped("another trace");
        }
    }

    @Override
    public Tensor read(Variable variable) {
        var written = writes.get(variable);
        return written != null ? written : reads.computeIfAbsent(variable, v -> input(v.type()));
    }

    @Override
    public void assign(Variable variable, Tensor value) {
        read(variable);
        check(value);
        writes.put(variable, value);
    }
}
