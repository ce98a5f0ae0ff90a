package dev.caviar.engine.tensor;

import java.util.ArrayList;
import java.util.List;

/// Applies ops to types alone: what a body's outputs would be.
final class Abstract implements Interpreter {
    @Override
    public List<Tensor> apply(Op op, List<Tensor> in) {
        var node = new Node(op, in, op.infer(in.stream().map(Tensor::type).toList()), Origin.current());
        var out = new ArrayList<Tensor>();
        for (int i = 0; i < node.out().size(); i++) {
            out.add(Sym.of(node, i, this));
        }
        return List.copyOf(out);
    }
}
