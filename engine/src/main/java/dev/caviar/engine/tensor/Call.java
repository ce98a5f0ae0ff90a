package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A named piece of a program: its meaning is its [Body], and a routine of the machine may stand in for it.
///
/// ```java
/// Tensor logits = Tensor.zeros(1, 2);
/// Tensor target = Tensor.of(new float[][] {{1, 0}});
/// Tensor loss = new Call(Bodies.SOFTMAX_CROSS_ENTROPY).on(logits, target);     // ln 2
/// ```
public record Call(Body body) implements Op {
    @Override
    public String label() {
        return "call " + body.label();
    }

    @Override
    public Precision precision() {
        return body.precision();
    }

    @Override
    public List<Type> infer(List<Type> in) {
        var owner = new Object();
        var symbols = new ArrayList<Tensor>();
        for (var type : in) {
            symbols.add(Sym.input(type, owner));
        }
        return new Abstract().scoped(() -> body.apply(symbols)).stream().map(Tensor::type).toList();
    }

    @Override
    public Op recording() {
        return body.recording() == body ? this : new Call(body.recording());
    }

    @Override
    public List<@Nullable Tensor> vjp(Vjp v) {
        var given = IntStream.range(0, v.out().size()).mapToObj(v::flows).toList();
        var own = body.gradient(given, v::pullback);
        var in = new ArrayList<>(v.in());
        if (own != null) {
            in.addAll(v.out());
        }
        for (int i = 0; i < v.out().size(); i++) {
            if (own == null || given.get(i)) {
                in.add(v.grad(i));
            }
        }
        var all = new Call(own == null ? v.pullback(body) : own).apply(in);
        var out = new ArrayList<@Nullable Tensor>();
        for (int i = 0; i < v.in().size(); i++) {
            out.add(v.needed(i) ? all.get(i) : null);
        }
        return out;
    }

    @Override
    public List<Tensor> batch(Batched b) {
        return body.leading() ? apply(b.wide()) : b.through(body);
    }

    /// Runs the body eagerly and copies its outputs out.
    @Override
    public void run(Args a) {
        var in = a.in().stream().map(Tensor::wrap).toList();
        var out = Eager.of(a.provider()).scoped(() -> body.apply(in));
        for (int i = 0; i < out.size(); i++) {
            a.out(i).copyFrom(out.get(i).array().buffer());
        }
    }

    /// The arithmetic of its body; what passes between the body's ops need not touch memory.
    @Override
    public Cost cost(List<Type> in) {
        var counted = new long[1];
        Interpreter counter = new Interpreter() {
            private final Interpreter below = new Abstract();

            @Override
            public List<Tensor> apply(Op op, List<Tensor> operands) {
                counted[0] += op.cost(operands.stream().map(Tensor::type).toList()).flops();
                return below.apply(op, operands);
            }
        };
        var owner = new Object();
        var symbols = in.stream().<Tensor>map(type -> Sym.input(type, owner)).toList();
        var out = counter.scoped(() -> body.apply(symbols));
        if (body instanceof Rnn.Gradient gradient) {
            // Two products for each one of the forward steps, which its routine does not compute once more as the body's ops do.
            counted[0] = 2 * new Call(gradient.of()).cost(in.subList(0, gradient.inputs())).flops();
        }
        return Cost.of(counted[0], in, out.stream().map(Tensor::type).toList());
    }

    @Override
    public List<Sample> samples() {
        return body.samples();
    }
}
