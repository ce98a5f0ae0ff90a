package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.layer.MovingAverage;
import java.util.List;
import java.util.Map;

/// Adam's denominator from the means of rows and columns (Shazeer & Stern 2018), so that of a matrix `[n, m]` n + m numbers are kept instead of
/// n·m; steps relative to the size of the weights themselves, and no momentum.
///
/// At step t, from 1: `β = 1 − t^decay`, `ρ = min(α, 1/√t)`, `w ← w − max(ε₂, rms(w))·ρ·u / max(1, rms(u)/clip)`, where `u = g/√v`, and v is `r·c/mean(r)`
/// from the averages r and c of g² over the last and the last but one axis; of a vector, that of g² itself. ε₁ is added to g², or, as PyTorch has
/// it, `floored`: v is ε₁² at least.
///
/// ```java
/// Optimizer optimizer = Adafactor.of(0.01).withClip(2);
/// ```
public record Adafactor(Schedule rate, double decay, double epsilon1, double epsilon2, double clip, boolean floored) implements Optimizer {
    public Adafactor {
        if (!(decay <= 0 && epsilon1 >= 0 && epsilon2 >= 0 && clip > 0)) {
            throw new IllegalArgumentException("Adafactor: decay " + decay + " must be 0 or less, ε " + epsilon1 + " and " + epsilon2 + " 0 or more, clip "
                    + clip + " positive.");
        }
    }

    /// The paper's and Keras's numbers: decay −0.8, ε 1e-30 and 1e-3, clipped at 1.
    public static Adafactor of(double rate) {
        return new Adafactor(Schedule.constant(rate), -0.8, 1e-30, 1e-3, 1, false);
    }

    @Override
    public Adafactor withRate(Schedule rate) {
        return new Adafactor(rate, decay, epsilon1, epsilon2, clip, floored);
    }

    /// How fast averages become slow: the exponent, 0 or less.
    public Adafactor withPower(double decay) {
        return new Adafactor(rate, decay, epsilon1, epsilon2, clip, floored);
    }

    /// What is added to the squared gradient, and the least size of a weight that a step is relative to.
    public Adafactor withEpsilons(double epsilon1, double epsilon2) {
        return new Adafactor(rate, decay, epsilon1, epsilon2, clip, floored);
    }

    /// The longest step, as a root of a mean square, before it is scaled.
    public Adafactor withClip(double clip) {
        return new Adafactor(rate, decay, epsilon1, epsilon2, clip, floored);
    }

    public Adafactor withFloored(boolean floored) {
        return new Adafactor(rate, decay, epsilon1, epsilon2, clip, floored);
    }

    @Override
    public List<String> slots() {
        return List.of("rows", "columns", "square");
    }

    /// Rows and columns of what has both, and squares of what has not; the other ones are a single number that is not used.
    @Override
    public Tensor start(String slot, String path, Tensor param) {
        boolean factored = param.rank() > 1;
        var none = Tensor.scalar(0, param.dtype());
        return switch (slot) {
            case "rows" -> factored ? param.sum(-1).mul(0) : none;
            case "columns" -> factored ? param.sum(-2).mul(0) : none;
            default -> factored ? none : Tensor.full(0, param.type());
        };
    }

    @Override
    public List<String> scalars() {
        return List.of("learning_rate", "gain", "epsilon1", "epsilon2", "longest");
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "learning_rate" -> Math.min(rate.at(step, epoch), 1 / Math.sqrt(step + 1));
            case "gain" -> Math.pow(step + 1, decay);
            case "epsilon1" -> epsilon1;
            case "epsilon2" -> epsilon2;
            default -> clip;
        };
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        var gain = scalars.get("gain");
        var epsilon = scalars.get("epsilon1");
        var square = floored ? grad.square() : grad.square().add(epsilon);
        var rows = slots.get("rows");
        var columns = slots.get("columns");
        var kept = slots.get("square");
        Tensor v;
        if (param.rank() > 1) {
            rows = MovingAverage.next(rows, square.mean(-1), gain);
            columns = MovingAverage.next(columns, square.mean(-2), gain);
            var mean = rows.mean(-1).expandDims(-1);
            v = rows.div(floored ? mean.max(epsilon) : mean).expandDims(-1).mul(columns.expandDims(-2));
        } else {
            v = kept = MovingAverage.next(kept, square, gain);
        }
        var step = grad.div((floored ? v.max(epsilon.square()) : v).sqrt());
        var length = step.square().mean().sqrt().div(scalars.get("longest")).max(1);
        var size = param.square().mean().sqrt().max(scalars.get("epsilon2")).mul(scalars.get("learning_rate"));
        return new Update(param.sub(step.mul(size.div(length))), Map.of("rows", rows, "columns", columns, "square", kept));
    }
}
