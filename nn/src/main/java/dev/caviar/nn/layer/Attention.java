package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Each query gets the mean of all values, weighted by how well their keys fit it: attention in one way and without products of its own, as
/// [MultiHeadAttention] has them.
///
/// Inputs: the query `[examples, t, d]`, the value `[examples, s, e]`, and the key `[examples, s, d]`, the value where there is none. Output
/// `[examples, t, e]`. Values that a mask leaves out are not seen, and where a query's own mask does, 0 comes out (see [Scope#mask()]); with
/// `causal` no step sees a later one.
///
/// ```java
/// Layer looks = (s, x) -> s.call("look", Attention.of(Attention.Score.DOT), x[0], x[1]);        // x[0] asks x[1]
/// ```
public record Attention(Score score, boolean scaled, double dropout, boolean causal) implements Layer {
    /// How well a query fits a key.
    public enum Score {
        /// q·k, times a learnt number where it is `scaled` (Luong et al. 2015).
        DOT,
        /// w·Σ tanh(q + k) with a learnt number w, and another in front of q + k where it is scaled.
        CONCAT,
        /// Σ w·tanh(q + k) with a learnt vector w `[d]` where it is scaled, else 1 (Bahdanau et al. 2015).
        ADDITIVE
    }

    public Attention {
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("Attention with a dropout of " + dropout + ": the rate is in [0, 1).");
        }
    }

    /// Scaled where it is additive, without dropout, and not causal.
    public static Attention of(Score score) {
        return new Attention(score, score == Score.ADDITIVE, 0, false);
    }

    /// Whether scores have the learnt numbers that [Score] tells of.
    public Attention withScaled(boolean scaled) {
        return new Attention(score, scaled, dropout, causal);
    }

    /// The probability that a weight is dropped while training.
    public Attention withDropout(double dropout) {
        return new Attention(score, scaled, dropout, causal);
    }

    public Attention withCausal(boolean causal) {
        return new Attention(score, scaled, dropout, causal);
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        return attend(s, x).output();
    }

    /// What was found, and the weights of all steps `[examples, t, s]`, which sum to 1 over the last axis.
    public MultiHeadAttention.Attention attend(Scope s, Tensor... x) {
        if (x.length < 2 || x.length > 3 || x[0].rank() != 3 || x[1].rank() != 3 || x[x.length - 1].rank() != 3
                || x[0].shape().dim(2) != x[x.length - 1].shape().dim(2)) {
            throw new ShapeException("it takes query [examples, t, d], value [examples, s, …], and if wanted key [examples, s, d], where the value is the "
                    + "key otherwise.\nMaybe give the value before the key.");
        }
        var query = x[0].cast(s.dtype());
        var value = x[1].cast(s.dtype());
        var scores = scores(s, query, x[x.length - 1].cast(s.dtype()));
        var mask = mask(s.mask(x[1]), scores);
        var weights = (mask == null ? scores : mask.where(scores, Tensor.scalar(MultiHeadAttention.NEVER, scores.dtype()))).softmax(-1);
        var kept = dropout > 0 ? Dropout.of(dropout).apply(s.child("dropout"), weights) : weights;
        var found = kept.matmul(value);
        var asks = s.mask(x[0]);
        s.pass(asks);
        return new MultiHeadAttention.Attention(asks == null ? found : asks.expandDims(-1).where(found, Tensor.scalar(0, found.dtype())), weights);
    }

    private Tensor scores(Scope s, Tensor query, Tensor key) {
        if (score == Score.DOT) {
            var scores = query.matmul(key.transpose(0, 2, 1));
            return scaled ? scores.mul(s.param("scale", Shape.SCALAR, Init.ones())) : scores;
        }
        var both = query.expandDims(2).add(key.expandDims(1));
        if (score == Score.ADDITIVE) {
            var bent = both.tanh();
            return (scaled ? bent.mul(s.param("scale", Shape.of(query.shape().dim(2)), Init.xavier())) : bent).sum(-1);
        }
        var bent = (scaled ? both.mul(s.param("scale", Shape.SCALAR, Init.ones())) : both).tanh();
        return bent.sum(-1).mul(s.param("concat_score_weight", Shape.SCALAR, Init.ones()));
    }

    private @Nullable Tensor mask(@Nullable Tensor seen, Tensor scores) {
        var steps = seen == null ? null : seen.expandDims(1);
        if (!causal) {
            return steps;
        }
        var t = Tensor.range(scores.shape().dim(1), DType.I64).expandDims(-1);
        var earlier = t.ge(Tensor.range(scores.shape().dim(2), DType.I64)).expandDims(0);
        return steps == null ? earlier : earlier.and(steps);
    }

    @Override
    public String toString() {
        return "Attention(" + score.name().toLowerCase(Locale.ROOT) + ")";
    }
}
