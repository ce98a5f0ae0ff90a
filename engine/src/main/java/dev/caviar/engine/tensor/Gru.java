package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.List;

/// Gated recurrent unit over a sequence (Cho et al. 2014).
///
/// Inputs: x `[T, N, features]`, the first state h `[N, u]`, kernel `[features, 3u]`, recurrent kernel `[u, 3u]` and the bias;
/// the columns are those of the update gate z, the reset gate r and the candidate, in this order. Outputs: all h
/// `[T, N, u]` and the last one. The new state is `z·h + (1 − z)·candidate`.
///
/// With `resetAfter` the reset gate acts on the product with the recurrent kernel, `tanh(x·W + b₀ + r·(h·U + b₁))`, and the bias is
/// `[2, 3u]`; without, on the state before the product, `tanh(x·W + b + (r·h)·U)`, and the bias is `[3u]`.
///
/// ```java
/// var call = new Call(new Gru(true));
/// var out = call.apply(List.of(Tensor.ones(5, 2, 3), Tensor.zeros(2, 4), Tensor.ones(3, 12), Tensor.ones(4, 12), Tensor.zeros(2, 12)));
/// Tensor last = out.get(1);                // f32[2, 4]
/// ```
public record Gru(boolean resetAfter) implements Body {
    @Override
    public String label() {
        return resetAfter ? "gru" : "gru, reset before";
    }

    @Override
    public Precision precision() {
        return Precision.LOW;
    }

    @Override
    public List<Tensor> apply(List<Tensor> in) {
        Lstm.check(this, in, 3, 1, resetAfter);
        var x = in.get(0);
        var bias = in.get(4);
        var z = x.matmul(in.get(2)).add(resetAfter ? bias.at(0, 0) : bias);
        var loop = new Loop(new Step(resetAfter), 1, 1, x.shape().dim(0), false, false);
        var out = loop.apply(resetAfter ? List.of(in.get(1), z, in.get(3), bias.at(0, 1)) : List.of(in.get(1), z, in.get(3)));
        return List.of(out.get(1), out.get(0));
    }

    /// One step: h, x·W + b, U (and its bias) -> h, h.
    private record Step(boolean resetAfter) implements Body {
        @Override
        public String label() {
            return "gru step";
        }

        @Override
        public List<Tensor> apply(List<Tensor> in) {
            var h = in.get(0);
            var x = in.get(1);
            var u = in.get(2);
            long n = h.shape().dim(1);
            Tensor gates;
            Tensor candidate;
            if (resetAfter) {
                var s = h.matmul(u).add(in.get(3));
                gates = x.slice(1, 0, 2 * n).add(s.slice(1, 0, 2 * n)).sigmoid();
                candidate = x.slice(1, 2 * n, 3 * n).add(gates.slice(1, n, 2 * n).mul(s.slice(1, 2 * n, 3 * n))).tanh();
            } else {
                gates = x.slice(1, 0, 2 * n).add(h.matmul(u.slice(1, 0, 2 * n))).sigmoid();
                var kept = gates.slice(1, n, 2 * n).mul(h);
                candidate = x.slice(1, 2 * n, 3 * n).add(kept.matmul(u.slice(1, 2 * n, 3 * n))).tanh();
            }
            var y = candidate.add(gates.slice(1, 0, n).mul(h.sub(candidate)));
            return List.of(y, y);
        }

        @Override
        public List<Sample> samples() {
            return List.of();
        }
    }

    @Override
    public List<Sample> samples() {
        var x = Type.of(DType.F32, 3, 2, 2);
        var state = Type.of(DType.F32, 2, 3);
        var kernel = Type.of(DType.F32, 2, 9);
        var recurrent = Type.of(DType.F32, 3, 9);
        var bias = resetAfter ? Type.of(DType.F32, 2, 9) : Type.of(DType.F32, 9);
        return List.of(Sample.of(x, state, kernel, recurrent, bias).within(-1, 1),
                Sample.bad("it takes x", x, state, kernel, recurrent, Type.of(DType.F32, 8)));
    }
}
