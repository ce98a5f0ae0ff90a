package dev.caviar.nn.layer;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Contract;
import dev.caviar.engine.tensor.ShapeException;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Each step asks all steps and gets the mean of their values, weighted by how well their keys fit its query, in several ways at once
/// (Vaswani et al. 2017).
///
/// Inputs: the query `[examples, t, d]`; the value `[examples, s, e]`, the query itself where there is none; the key, the value where there
/// is none; and last, a mask if wanted: BOOL `[examples or 1, t, s]` or `[…, heads or 1, t, s]`, true where a query may look. Output:
/// `[examples, t, d]`, or the axes that `output` says in place of the last. Weights `query/kernel` `[d, heads, keySize]`, `key/kernel` and
/// `value/kernel` alike, `attention_output/kernel` `[heads, valueSize, d]`, and their biases. Scores are q·k / √keySize; with `causal`
/// no step sees a later one, with a `window` none that is so many steps away or more. Steps that the masks of the inputs leave out (see
/// [Scope#mask()]) are not seen. A query that may see nothing gets the plain mean, whatever the scores.
///
/// There may be several axes of steps, `[examples, a, b, …, d]`: along `axes` each step asks, all of them if none is named; the others are
/// kept apart as examples are. With fewer `keyHeads` than heads several queries share one key and value (grouped queries, Ainslie et al.
/// 2023); with `gated`, what a head has found is multiplied by a gate σ(query · `gate/kernel` + bias).
///
/// ```java
/// var itself = Sequential.of(Embedding.of(100, 32), MultiHeadAttention.of(4, 8).withCausal(true));
/// Layer decoder = (s, x) -> s.call("attend", MultiHeadAttention.of(4, 8), x[0], x[1]);        // x[0] asks x[1]
/// var grouped = MultiHeadAttention.of(8, 16).withKeyHeads(2);
/// var rows = MultiHeadAttention.of(2, 8).withAxes(2);        // [32, 28, 28, 16]: pixels of a row ask those of the same row
/// ```
///
/// @param output   the axes of what comes out, none for those of the query
/// @param axes     the axes of steps, none for all
/// @param keyHeads how many heads keys and values have, 0 for as many as queries
/// @param window   how far a step sees, 0 for all the way
public record MultiHeadAttention(int heads, int keySize, int valueSize, List<Long> output, boolean bias, double dropout, boolean causal,
        Init kernelInit, Init biasInit, List<Integer> axes, int keyHeads, boolean gated, int window) implements Layer {
    /// A score that counts as nothing; half precision can hold it.
    static final double NEVER = -30_000;

    public MultiHeadAttention {
        // One 0 stands for none.
        output = output.equals(List.of(0L)) ? List.of() : List.copyOf(output);
        axes = List.copyOf(axes);
        if (heads < 1 || keySize < 1 || valueSize < 1 || output.stream().anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException("MultiHeadAttention(" + heads + ", " + keySize + ") with values of " + valueSize + " and output "
                    + output + ": all are 1 or more, but the output may be empty, for that of the query.");
        }
        if (keyHeads < 0 || keyHeads > 0 && heads % keyHeads != 0 || window < 0) {
            throw new IllegalArgumentException("MultiHeadAttention(" + heads + ", " + keySize + ") with " + keyHeads + " heads of keys and a window of "
                    + window + ": heads of keys divide the heads, or are 0 for as many; a window is 1 or more, or 0 for none.");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("MultiHeadAttention(" + heads + ", " + keySize + ") with a dropout of " + dropout
                    + ": the rate is in [0, 1).");
        }
    }

    /// With values as long as keys, biases, Glorot uniform kernels, and an output as wide as the query.
    public static MultiHeadAttention of(int heads, int keySize) {
        return new MultiHeadAttention(heads, keySize, keySize, List.of(), true, 0, false, Init.xavier(), Init.zeros(), List.of(), 0,
                false, 0);
    }

    /// The length of each head's values.
    public MultiHeadAttention withValueSize(int valueSize) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
    }

    /// How many features come out, or several axes of them; none for as many as the query has.
    public MultiHeadAttention withOutput(long... output) {
        return new MultiHeadAttention(heads, keySize, valueSize, LongStream.of(output).boxed().toList(), bias, dropout, causal, kernelInit, biasInit, axes,
                keyHeads, gated, window);
    }

    /// The axes along which steps ask, from 1, or from −1 for the last but the features'; none for all.
    public MultiHeadAttention withAxes(int... axes) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, Arrays.stream(axes).boxed().toList(),
                keyHeads, gated, window);
    }

    /// How many heads keys and values have; 0 for as many as queries.
    public MultiHeadAttention withKeyHeads(int keyHeads) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
    }

    public MultiHeadAttention withGated(boolean gated) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
    }

    /// Only steps less than so many away are seen; 0 for all.
    public MultiHeadAttention withWindow(int window) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
    }

    public MultiHeadAttention withBias(boolean bias) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
    }

    /// The probability that a weight is dropped while training.
    public MultiHeadAttention withDropout(double dropout) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
    }

    public MultiHeadAttention withCausal(boolean causal) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
    }

    public MultiHeadAttention withKernelInit(Init kernelInit) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
    }

    public MultiHeadAttention withBiasInit(Init biasInit) {
        return new MultiHeadAttention(heads, keySize, valueSize, output, bias, dropout, causal, kernelInit, biasInit, axes, keyHeads, gated, window);
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
        var asking = Steps.of(query, axes);
        var asked = Steps.of(value, axes);
        asking.fits(asked);
        var q = project(s.child("query"), asking.rows(query), heads, keySize).mul(1 / Math.sqrt(keySize));
        var k = repeated(project(s.child("key"), asked.rows(key), heads(keyHeads), keySize));
        var v = repeated(project(s.child("value"), asked.rows(value), heads(keyHeads), valueSize));
        // [n t h k] · [n s h k] -> [n h t s]
        var scores = q.contract(k, new Contract(List.of(0, 2), List.of(0, 2), List.of(3), List.of(3)));
        var mask = mask(s, asking, asked, key, given ? x[n] : null, scores, x);
        if (mask != null) {
            scores = mask.where(scores, Tensor.scalar(NEVER, scores.dtype()));
        }
        var weights = scores.softmax(-1);
        var kept = dropout > 0 ? Dropout.of(dropout).apply(s.child("dropout"), weights) : weights;
        // [n h t s] · [n s h v] -> [n h t v], and then · [h v out] -> [n t out]
        var found = kept.contract(v, new Contract(List.of(0, 1), List.of(0, 2), List.of(3), List.of(1)));
        if (gated) {
            found = found.mul(project(s.child("gate"), asking.rows(query), heads, valueSize).sigmoid().transpose(0, 2, 1, 3));
        }
        var to = s.child("attention_output");
        var width = new Shape(output.isEmpty() ? List.of(query.shape().dim(-1)) : output);
        var y = found.contract(to.param("kernel", width.insert(0, valueSize).insert(0, heads), kernelInit),
                new Contract(List.of(), List.of(), List.of(1, 3), List.of(0, 1)));
        return new Attention(asking.back(bias ? y.add(to.param("bias", width, biasInit)) : y), asking.weights(weights, asked));
    }

    private int heads(int ofKeys) {
        return ofKeys == 0 ? heads : ofKeys;
    }

    private void check(int n, Tensor query, Tensor value, Tensor key, Tensor... x) {
        int rank = query.rank();
        boolean fits = n <= 3 && rank >= 3 && value.rank() == rank && key.rank() == rank && query.shape().dim(0) == value.shape().dim(0)
                && key.shape().dims().subList(0, rank - 1).equals(value.shape().dims().subList(0, rank - 1));
        if (!fits) {
            throw new ShapeException("it takes query [examples, t, …], value "
                    + "[examples, s, …], key [examples, s, …] and a mask of BOOL, all but the query only if wanted.\nMaybe give the "
                    + "value before the key, or leave out a Flatten before the layer.");
        }
    }

    private Tensor project(Scope s, Tensor x, int heads, int size) {
        var y = x.cast(s.dtype()).contract(s.param("kernel", Shape.of(x.shape().dim(2), heads, size), kernelInit),
                new Contract(List.of(), List.of(), List.of(2), List.of(0)));
        return bias ? y.add(s.param("bias", Shape.of(heads, size), biasInit)) : y;
    }

    /// `[n, s, keyHeads, size]` with each head so often that there are as many as queries have.
    private Tensor repeated(Tensor x) {
        if (heads(keyHeads) == heads) {
            return x;
        }
        var wide = x.shape().insert(3, heads / keyHeads);
        return x.expandDims(3).expandTo(wide).reshape(x.shape().with(2, heads));
    }

    /// Where a query may look, in the form of the scores; null for everywhere.
    private @Nullable Tensor mask(Scope s, Steps asking, Steps asked, Tensor key, @Nullable Tensor given, Tensor scores, Tensor... x) {
        Tensor all = null;
        var query = asking.x();
        var value = asked.x();
        var asks = s.mask(query);
        all = asks == null ? all : asking.flags(asks).expandDims(1).expandDims(-1);
        for (var seen : new Tensor[] {s.mask(value), key == value ? null : s.mask(key)}) {
            all = seen == null ? all : and(all, asked.flags(seen).expandDims(1).expandDims(1));
        }
        if (causal || window > 0) {
            var t = Tensor.range(asking.count(), DType.I64).expandDims(-1);
            var away = t.sub(Tensor.range(asked.count(), DType.I64)).expandDims(0).expandDims(0);
            all = causal ? and(all, away.ge(Tensor.scalar(0, DType.I64))) : all;
            all = window > 0 ? and(all, away.abs().lt(Tensor.scalar(window, DType.I64))) : all;
        }
        if (given != null) {
            var rows = asking.given(given, asked);
            fits(rows, scores, x);
            all = and(all, rows);
        }
        return all;
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
