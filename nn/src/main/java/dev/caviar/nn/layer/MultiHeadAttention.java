package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Contract;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Each step asks all steps and gets the mean of their values, weighted by how well their keys fit its query, in several ways at once
/// (Vaswani et al. 2017).
///
/// Inputs: the query `[examples, t, d]`; the value `[examples, s, e]`, the query itself where there is none; the key, the value where there
/// is none; and last, a mask if wanted: BOOL `[examples or 1, t, s]` or `[…, heads or 1, t, s]`, true where a query may look. Output:
/// `[examples, t, d]`, or as many features as `output` says. Weights `query/kernel` `[d, heads, keySize]`, `key/kernel` and
/// `value/kernel` alike, `attention_output/kernel` `[heads, valueSize, d]`, and their biases. Scores are q·k / √keySize; with `causal`
/// no step sees a later one. Steps that the masks of the inputs leave out (see [Scope#mask()]) are not seen. A query that may see nothing
/// gets the plain mean.
///
/// ```java
/// var itself = Sequential.of(Embedding.of(100, 32), MultiHeadAttention.of(4, 8).withCausal(true));
/// Layer decoder = (s, x) -> s.call("attend", MultiHeadAttention.of(4, 8), x[0], x[1]);        // x[0] asks x[1]
/// ```
public record MultiHeadAttention(int heads, int keySize, int valueSize, int output, boolean bias, double dropout, boolean causal,
        Init kernelInit, Init biasInit) implements Layer {
    /// A score that counts as nothing; half precision can hold it.
    private static final double NEVER = -30_000;

    public MultiHeadAttention {
        if (heads < 1 || keySize < 1 || valueSize < 1 || output < 0) {
            throw new IllegalArgumentException("MultiHeadAttention(" + heads + ", " + keySize + ") with values of " + valueSize + " and output "
                    + output + ": all are 1 or more, but the output may be 0, for that of the query.");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("MultiHeadAttention(" + heads + ", " + keySize + ") with a dropout of " + dropout
                    + ": the rate is in [0, 1).");
        }
    }

    /// With values as long as keys, biases, Glorot uniform kernels, and an output as wide as the query.
    public static MultiHeadAttention of(int heads, int keySize) {
        return new MultiHeadAttention(heads, keySize, keySize, 0, true, 0, false, Init.xavier(), Init.zeros());
    }

    /// The length of each head's values.
    public MultiHeadAttention withValueSize(int valueSize) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit);
    }

    /// How many features come out; 0 for as many as the query has.
    public MultiHeadAttention withOutput(int output) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit);
    }

    public MultiHeadAttention withBias(boolean bias) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit);
    }

    /// The probability that a weight is dropped while training.
    public MultiHeadAttention withDropout(double dropout) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit);
    }

    public MultiHeadAttention withCausal(boolean causal) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit);
    }

    public MultiHeadAttention withKernelInit(Init kernelInit) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit);
    }

    public MultiHeadAttention withBiasInit(Init biasInit) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit);
    }

    /// What was found, and the weights of all steps `[examples, heads, t, s]`, which sum to 1 over the last axis.
    ///
    /// ```java
    /// Layer looks = (s, x) -> MultiHeadAttention.of(2, 8).attend(s, x).weights();
    /// ```
    public record Attention(Tensor output, Tensor weights) {}

    /// Applies the layer to query, value, key and mask, of which all but the first may be missing.
    public Attention attend(Scope s, Tensor... x) {
        boolean given = x.length > 1 && x[x.length - 1].dtype() == DType.BOOL;
        int n = given ? x.length - 1 : x.length;
        var query = x[0];
        var value = n > 1 ? x[1] : query;
        var key = n > 2 ? x[2] : value;
        check(n, query, value, key, x);
        s.pass(s.mask(query));
        var q = project(s.child("query"), query, keySize).mul(1 / Math.sqrt(keySize));
        var k = project(s.child("key"), key, keySize);
        var v = project(s.child("value"), value, valueSize);
        // [n t h k] · [n s h k] -> [n h t s]
        var scores = q.contract(k, new Contract(List.of(0, 2), List.of(0, 2), List.of(3), List.of(3)));
        var mask = mask(s, query, value, key, given ? x[n] : null);
        if (mask != null) {
            fits(mask, scores, x);
            scores = mask.where(scores, Tensor.scalar(NEVER, scores.dtype()));
        }
        var weights = scores.softmax(-1);
        var kept = dropout > 0 ? Dropout.of(dropout).apply(s.child("dropout"), weights) : weights;
        // [n h t s] · [n s h v] -> [n h t v], and then · [h v d] -> [n t d]
        var found = kept.contract(v, new Contract(List.of(0, 1), List.of(0, 2), List.of(3), List.of(1)));
        var to = s.child("attention_output");
        long width = output > 0 ? output : query.shape().dim(2);
        var y = found.contract(to.param("kernel", Shape.of(heads, valueSize, width), kernelInit),
                new Contract(List.of(), List.of(), List.of(1, 3), List.of(0, 1)));
        return new Attention(bias ? y.add(to.param("bias", Shape.of(width), biasInit)) : y, weights);
    }

    private void check(int n, Tensor query, Tensor value, Tensor key, Tensor... x) {
        boolean fits = n <= 3 && query.rank() == 3 && value.rank() == 3 && key.rank() == 3 && query.shape().dim(0) == value.shape().dim(0)
                && key.shape().dims().subList(0, 2).equals(value.shape().dims().subList(0, 2));
        if (!fits) {
            throw new ShapeException("it takes query [examples, t, …], value "
                    + "[examples, s, …], key [examples, s, …] and a mask of BOOL, all but the query only if wanted.\nMaybe give the "
                    + "value before the key, or leave out a Flatten before the layer.");
        }
    }

    private Tensor project(Scope s, Tensor x, int size) {
        var y = x.cast(s.dtype()).contract(s.param("kernel", Shape.of(x.shape().dim(2), heads, size), kernelInit),
                new Contract(List.of(), List.of(), List.of(2), List.of(0)));
        return bias ? y.add(s.param("bias", Shape.of(heads, size), biasInit)) : y;
    }

    /// Where a query may look, in the form of the scores; null for everywhere.
    private @Nullable Tensor mask(Scope s, Tensor query, Tensor value, Tensor key, @Nullable Tensor given) {
        Tensor all = null;
        var asks = s.mask(query);
        all = asks == null ? all : asks.expandDims(1).expandDims(-1);
        for (var seen : new Tensor[] {s.mask(value), key == value ? null : s.mask(key)}) {
            all = seen == null ? all : and(all, seen.expandDims(1).expandDims(1));
        }
        if (causal) {
            var t = Tensor.range(query.shape().dim(1), DType.I64).expandDims(-1);
            all = and(all, t.ge(Tensor.range(value.shape().dim(1), DType.I64)).expandDims(0).expandDims(0));
        }
        return given == null ? all : and(all, given.rank() == 3 ? given.expandDims(1) : given);
    }

    private static Tensor and(@Nullable Tensor a, Tensor b) {
        return a == null ? b : a.and(b);
    }

    private void fits(Tensor mask, Tensor scores, Tensor... x) {
        for (int axis = 0; axis < 4; axis++) {
            if (mask.rank() != 4 || mask.shape().dim(axis) != 1 && mask.shape().dim(axis) != scores.shape().dim(axis)) {
                throw new ShapeException(this + " on " + Arrays.stream(x).map(Tensor::type).toList() + ": the mask must be [examples, t, s] or "
                        + "[examples, heads, t, s] for scores " + scores.shape() + ".\nMaybe transpose it, or give it an axis of length 1.");
            }
        }
    }

    @Override
    public Tensor apply(Scope s, Tensor... x) {
        return attend(s, x).output();
    }

    @Override
    public String toString() {
        return "MultiHeadAttention(" + heads + ", " + keySize + ")";
    }
}
