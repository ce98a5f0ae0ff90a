package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Type;
import org.jspecify.annotations.Nullable;

/// A tensor that is known by its type only: an input of a traced function, or what an op of it will give.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).tanh()), Type.of(DType.F32, 3));
/// ```
public final class Sym extends Tensor {
    private final Type type;
    private final @Nullable Node node;
    private final int output;
    private final Object owner;
    private final @Nullable StackTraceElement where;

    private Sym(Type type, @Nullable Node node, int output, Object owner, @Nullable StackTraceElement where) {
        this.type = type;
        this.node = node;
        this.output = output;
        this.owner = owner;
        this.where = where;
    }

    /// An input of the trace `owner`.
    public static Sym input(Type type, Object owner) {
        return new Sym(type, null, 0, owner, null);
    }

    /// Output `output` of a node in the trace `owner`.
    public static Sym of(Node node, int output, Object owner) {
        return new Sym(node.out().get(output), node, output, owner, node.where());
    }

    @Override
    public Type type() {
        return type;
    }

    /// The op that makes it; null for an input.
    public @Nullable Node node() {
        return node;
    }

    /// Which of the node's outputs this is.
    public int output() {
        return output;
    }

    /// The trace that made it.
    public Object owner() {
        return owner;
    }

    /// Throws the error for a symbol that has left its trace.
    public TraceException escaped(String by) {
        return new TraceException("A traced tensor " + type + made() + " escaped: it reached " + by + ".\nMaybe return it from the traced function, or compute this outside of it.");
    }

    /// What made it and where.
    private String made() {
        return node == null ? (where == null ? "" : ", made at " + where + ",")
                : ", made by " + node.name() + (where == null ? "," : " at " + where + ",");
    }

    @Override
    public Array array() {
        var line = Origin.line();
        throw new TraceException((line == null ? "" : line + " asks for a value: ") + "a traced tensor " + type + made()
                + " has no value yet: the function is only written down here and runs later.\nMaybe decide with where(...) "
                + "instead of a Java if, or do this outside the compiled function.");
    }

    @Override
    public String toString() {
        return "traced " + type;
    }
}
