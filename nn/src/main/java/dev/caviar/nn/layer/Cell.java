package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;

/// What one step of a recurrent layer computes.
sealed interface Cell {
    /// The new states, the output first, from those before; `h` is the output before as products see it, `z` is x·W + b, `weights` begin
    /// with the recurrent kernel.
    List<Tensor> next(List<Tensor> before, Tensor h, Tensor z, List<Tensor> weights);

    record Simple(Activation activation) implements Cell {
        @Override
        public List<Tensor> next(List<Tensor> before, Tensor h, Tensor z, List<Tensor> weights) {
            return List.of(activation.on(z.add(h.matmul(weights.getFirst()))));
        }
    }

    record Lstm(Activation activation, Activation gate) implements Cell {
        @Override
        public List<Tensor> next(List<Tensor> before, Tensor h, Tensor x, List<Tensor> weights) {
            var z = x.add(h.matmul(weights.getFirst()));
            long u = h.shape().dim(1);
            var i = gate.on(z.slice(1, 0, u));
            var f = gate.on(z.slice(1, u, 2 * u));
            var g = activation.on(z.slice(1, 2 * u, 3 * u));
            var o = gate.on(z.slice(1, 3 * u, 4 * u));
            var c = f.mul(before.get(1)).add(i.mul(g));
            return List.of(o.mul(activation.on(c)), c);
        }
    }

    /// With `resetAfter` the second weight is the bias of the recurrent product.
    record Gru(Activation activation, Activation gate, boolean resetAfter) implements Cell {
        @Override
        public List<Tensor> next(List<Tensor> before, Tensor h, Tensor x, List<Tensor> weights) {
            long n = h.shape().dim(1);
            var u = weights.getFirst();
            Tensor gates;
            Tensor candidate;
            if (resetAfter) {
                var s = h.matmul(u).add(weights.get(1));
                gates = gate.on(x.slice(1, 0, 2 * n).add(s.slice(1, 0, 2 * n)));
                candidate = x.slice(1, 2 * n, 3 * n).add(gates.slice(1, n, 2 * n).mul(s.slice(1, 2 * n, 3 * n)));
            } else {
                gates = gate.on(x.slice(1, 0, 2 * n).add(h.matmul(u.slice(1, 0, 2 * n))));
                candidate = x.slice(1, 2 * n, 3 * n).add(gates.slice(1, n, 2 * n).mul(h).matmul(u.slice(1, 2 * n, 3 * n)));
            }
            var y = activation.on(candidate);
            return List.of(y.add(gates.slice(1, 0, n).mul(before.getFirst().sub(y))));
        }
    }
}
