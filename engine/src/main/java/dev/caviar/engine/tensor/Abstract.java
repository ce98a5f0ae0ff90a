package dev.caviar.engine.tensor;

import java.util.ArrayList;
import java.util.List;

/// Applies ops to types alone: what a body's outputs would be.
final class Abstract implements Interpreter {
    private final List<Applied> calls = new ArrayList<>();

    /// One op as it was applied.
    record Applied(Op op, List<Tensor> in, List<Tensor> out) {}

    /// All that was applied, each after what it takes.
    List<Applied> calls() {
        return calls;
    }

    @Override
    public List<Tensor> apply(Op op, List<Tensor> in) {
        var node = new Node(op, in, op.infer(in.stream().map(Tensor::type).toList()), Origin.current());
        var out = new ArrayList<Tensor>();
        for (int i = 0; i < node.out().size(); i++) {
            out.add(Sym.of(node, i, this));
        }
        calls.add(new Applied(op, List.copyOf(in), List.copyOf(out)));
        return List.copyOf(out);
    }
}
