package dev.caviar.engine.grad;

import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Vjp;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Where gradients begin: tapes for any code, and derivatives of functions.
///
/// ```java
/// var w = Variable.of("w", 3);
/// Tensor slope = Gradient.tape(tape -> tape.gradient(w.value().square(), w));      // 6
///
/// Tensor second = Gradient.tape(outer -> {
///     var inner = Gradient.tape(tape -> tape.gradient(w.value().pow(3), w));
///     return outer.gradient(inner, w);                                            // 18
/// });
/// var rounded = Gradient.custom(Tensor::round, (x, g) -> g);                       // straight through
/// Tensor hessian = Gradient.jacobian(Gradient.of(x -> x.pow(3).sum())).apply(Tensor.of(1f, 2f));     // 6, 0, 0, 12
/// ```
public final class Gradient {
    private Gradient() {}

    /// Runs `body` under a tape that gives gradients once.
    public static <T> T tape(Function<Tape, T> body) {
        return under(new Tape(Interpreter.current(), false), body);
    }

    /// Runs `body` under a tape that gives gradients as often as asked; it keeps all it recorded until `body` ends.
    public static <T> T persistent(Function<Tape, T> body) {
        return under(new Tape(Interpreter.current(), true), body);
    }

    private static <T> T under(Tape tape, Function<Tape, T> body) {
        try {
            return tape.scoped(() -> body.apply(tape));
        } finally {
            tape.close();
        }
    }

    /// The derivative of a function of one tensor; apply it again for higher orders.
    public static Function<Tensor, Tensor> of(Function<Tensor, Tensor> f) {
        return x -> tape(tape -> {
            tape.watch(x);
            return tape.gradient(f.apply(x), x);
        });
    }

    /// The value of a function and its gradients at `xs`.
    public static ValueAndGradients at(Function<List<Tensor>, Tensor> f, List<Tensor> xs) {
        return tape(tape -> {
            tape.watch(xs.toArray(Tensor[]::new));
            var y = f.apply(xs);
            return new ValueAndGradients(y, tape.gradient(y, xs));
        });
    }

    /// Applies `f` without keeping what it computes inside: where a gradient goes back through it, that is computed once more, from `x`.
    /// Less memory for more time; values and gradients stay the same. Without a tape it is `f` itself.
    ///
    /// A deep network of n layers in √n such pieces holds about 2·√n activations at once instead of n.
    public static Tensor recompute(Function<Tensor, Tensor> f, Tensor x) {
        return recompute(in -> List.of(f.apply(in.getFirst())), List.of(x)).getFirst();
    }

    /// The same for functions of several tensors. Tensors from outside, such as parameters, may be used inside.
    public static List<Tensor> recompute(Function<List<Tensor>, List<Tensor>> f, List<Tensor> in) {
        return Interpreter.current() instanceof Tape tape ? tape.recomputed(f, in) : f.apply(in);
    }

    /// The same in about √n pieces of the n ops that `f` applies, cut where least has to be kept between them (Chen et al. 2016): whatever `f` is,
    /// what is held at once falls from n results to about 2·√n, for the time of one more pass forward. Inside of another recomputed part, and without
    /// a tape, it is `f` itself.
    public static List<Tensor> recomputeInPieces(Function<List<Tensor>, List<Tensor>> f, List<Tensor> in) {
        return Interpreter.current() instanceof Tape tape ? tape.recomputedInPieces(f, in) : f.apply(in);
    }

    /// A function with a gradient rule of its own: `rule` gives the gradient of `x` from `x` and the gradient of the result. For what
    /// is right but not stable, not smooth, or meant otherwise, such as a straight-through estimator.
    ///
    /// Variables that `f` reads get no gradient through it.
    public static UnaryOperator<Tensor> custom(UnaryOperator<Tensor> f, BinaryOperator<Tensor> rule) {
        var all = custom(in -> List.of(f.apply(in.getFirst())), v -> Vjp.one(rule.apply(v.in(0), v.grad())));
        return x -> all.apply(List.of(x)).getFirst();
    }

    /// The same for functions of several tensors; the rule sees inputs, outputs and the outputs' gradients, and gives a gradient (or
    /// null) for each input.
    public static Function<List<Tensor>, List<Tensor>> custom(Function<List<Tensor>, List<Tensor>> f, Function<Vjp, List<@Nullable Tensor>> rule) {
        var custom = new Custom(f, rule);
        return in -> custom.call(List.copyOf(in));
    }

    /// All derivatives of a function: the shape of the result, then that of the argument. Of a gradient it is the Hessian.
    public static Function<Tensor, Tensor> jacobian(Function<Tensor, Tensor> f) {
        return x -> tape(tape -> {
            tape.watch(x);
            return tape.jacobian(f.apply(x), x);
        });
    }

    /// The product of a function's Hessian at `x` with a vector of the shape of `x`, in the time of two gradients, without the matrix
    /// (Pearlmutter 1994).
    public static Tensor hessianVector(Function<Tensor, Tensor> f, Tensor x, Tensor vector) {
        return tape(tape -> {
            tape.watch(x);
            return tape.gradient(List.of(of(f).apply(x)), List.of(vector), List.of(x)).getFirst();
        });
    }

    /// A value with its gradients, in the order of what they were asked for.
    public record ValueAndGradients(Tensor value, List<Tensor> gradients) {}
}
