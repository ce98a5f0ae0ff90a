package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Type;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One op of a trace: what it is, what goes in, what comes out, and who asked for it.
/// Identity is equality; a trace holds each op on the same inputs once.
///
/// ```java
/// Graph g = Trace.of(in -> List.of(in.get(0).tanh().exp()), Type.of(DType.F32, 3));
/// var ops = g.nodes().stream().map(node -> node.op().label()).toList();     // tanh, exp
/// ```
public final class Node {
    private final Op op;
    private final List<Tensor> in;
    private final List<Type> out;
    private final Origin origin;

    public Node(Op op, List<? extends Tensor> in, List<Type> out, Origin origin) {
        this.op = op;
        this.in = List.copyOf(in);
        this.out = List.copyOf(out);
        this.origin = origin;
    }

    public Op op() {
        return op;
    }

    public List<Tensor> in() {
        return in;
    }

    public List<Type> out() {
        return out;
    }

    /// The line of the user's program, where it is known.
    public @Nullable StackTraceElement where() {
        return origin.where();
    }

    /// The part of the model and the line of the program that it comes from.
    public Origin origin() {
        return origin;
    }

    /// What it is and for whom, such as `dense/relu`.
    public String name() {
        return origin.part().isEmpty() ? op.label() : origin.part() + "/" + op.label();
    }
}
