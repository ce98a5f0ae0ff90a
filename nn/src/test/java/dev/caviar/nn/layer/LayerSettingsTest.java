package dev.caviar.nn.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Settings of layers beyond their defaults: where channels stand, which axes, which steps count, numbers of activations.
class LayerSettingsTest {
    private static final Tensor KEY = Random.key(4);

    private static Tensor normal(long seed, long... dims) {
        return Random.normal(Random.key(seed), Type.of(DType.F64, dims));
    }

    private static Map<String, Tensor> weights(Layer layer, Tensor... x) {
        var weights = new HashMap<String, Tensor>();
        Needs.of(layer, DType.F64, Stream.of(x).map(Tensor::type).toArray(Type[]::new)).initial(1)
                .forEach((name, value) -> weights.put(name, name.contains("moving") ? value : value.add(normal(name.hashCode(), value.shape().dims().stream()
                        .mapToLong(n -> n).toArray()).mul(0.3))));
        weights.put("", Tensor.scalar(0, DType.F64));
        return weights;
    }

    private static Tensor run(Layer layer, Map<String, Tensor> weights, boolean training, Tensor... x) {
        return layer.apply(Bound.of(weights, KEY, training), x);
    }

    private static Tensor run(Layer layer, Tensor... x) {
        return run(layer, weights(layer, x), false, x);
    }

    private static Tensor row(double... values) {
        return Tensor.of(values).expandDims(0);
    }

    private static void near(Tensor actual, Tensor wanted) {
        assertThat(actual.shape()).isEqualTo(wanted.shape());
        assertThat(actual.sub(wanted).abs().max(new int[0]).itemAsDouble()).isLessThan(1e-12);
    }

    /// A layer that is told which steps count.
    private static Layer masked(Layer layer, Tensor mask) {
        return (s, x) -> layer.apply(s, Stream.concat(Stream.of(s.call("given", (inner, in) -> {
            inner.pass(mask);
            return in[0].mul(1);
        }, x[0])), Stream.of(x).skip(1)).toArray(Tensor[]::new));
    }

    static Stream<Layer> overImages() {
        return Stream.of(Conv2D.of(4, 3, "relu").withStrides(2), Conv2DTranspose.of(2, 3), DepthwiseConv2D.of(2), SeparableConv2D.of(3, 2),
                MaxPooling2D.of(2), AveragePooling2D.of(2).withPadding("same"), ZeroPadding2D.of(1), Cropping2D.of(1), UpSampling2D.of(2),
                BatchNorm.of(), GlobalMaxPooling2D.of().withKeepDims(true), AdaptivePooling.average(2, 3));
    }

    @ParameterizedTest
    @MethodSource("overImages")
    void channelsInFrontGiveTheSameTurned(Layer layer) {
        var x = normal(1, 2, 6, 5, 3);
        var front = x.transpose(0, 3, 1, 2);
        var weights = weights(layer, x);
        assertThat(weights(ChannelsFirst.of(layer), front).keySet()).isEqualTo(weights.keySet());
        near(run(ChannelsFirst.of(layer), weights, false, front), run(layer, weights, false, x).transpose(0, 3, 1, 2));
    }

    @Test
    void whatHasNoPlacesIsNotTurnedBack() {
        var x = normal(2, 2, 4, 5, 3);
        var front = x.transpose(0, 3, 1, 2);
        near(run(ChannelsFirst.of(Flatten.of()), front), run(Flatten.of(), x));
        near(run(ChannelsFirst.of(GlobalAveragePooling2D.of()), front), x.mean(1, 2));
    }

    /// As in Keras, whose activation sees what comes out.
    @Test
    void aSoftmaxBehindChannelsInFrontIsOverTheLastAxis() {
        var layer = ChannelsFirst.of(Conv2D.of(4, 1, "softmax"));
        var x = normal(3, 2, 3, 4, 5);
        near(run(layer, x).sum(3), Tensor.full(1, Type.of(DType.F64, 2, 4, 4)));
        assertThat(layer.tail().orElseThrow().activation()).isEqualTo(Activation.SOFTMAX);
    }

    @Test
    void batchNormSeesOnlyStepsThatCount() {
        var x = normal(4, 3, 4, 2).mul(2).add(1);
        var mask = Tensor.of(new boolean[] {true, true, false, true, true, false, false, false, true, true, true, true}).reshape(3, 4);
        var counted = Tensor.concat(0, x.reshape(12, 2).slice(0, 0, 2), x.reshape(12, 2).slice(0, 3, 5), x.reshape(12, 2).slice(0, 8, 12));
        var layer = BatchNorm.of().withMomentum(0).withUnbiased(true);
        var weights = weights(layer, x);
        var scope = Bound.of(weights, KEY, true);
        var y = masked(layer, mask).apply(scope, x);
        var variance = counted.variance(0);
        // 1e-7 stands beside the number of elements.
        assertThat(scope.updates().get("moving_mean").sub(counted.mean(0)).abs().max(new int[0]).itemAsDouble()).isLessThan(1e-6);
        assertThat(scope.updates().get("moving_variance").sub(variance.mul(8.0 / 7)).abs().max(new int[0]).itemAsDouble()).isLessThan(1e-6);
        var wanted = x.sub(counted.mean(0)).mul(variance.add(1e-3).rsqrt()).mul(weights.get("gamma")).add(weights.get("beta"));
        assertThat(y.sub(wanted).abs().max(new int[0]).itemAsDouble()).isLessThan(1e-6);
        var whole = Bound.of(weights(layer.withStatistics(BatchNorm.Statistics.WHOLE_SET), x), KEY, true);
        masked(layer.withStatistics(BatchNorm.Statistics.WHOLE_SET), mask).apply(whole, x);
        assertThat(whole.updates().get("moving_weight").itemAsDouble()).isEqualTo(8);
    }

    @Test
    void aMomentumOfOneLeavesTheAveragesAlone() {
        var x = normal(5, 6, 3);
        var layer = BatchNorm.of().withMomentum(1);
        var scope = Bound.of(weights(layer, x), KEY, true);
        layer.apply(scope, x);
        near(scope.updates().get("moving_mean"), Tensor.zeros(3).cast(DType.F64));
        near(scope.updates().get("moving_variance"), Tensor.ones(3).cast(DType.F64));
    }

    @Test
    void unitNormGivesLengthOneAndLeavesZeros() {
        near(run(UnitNorm.of(), Tensor.of(new double[] {3, 4, 0, 0}).reshape(2, 2)), Tensor.of(new double[] {0.6, 0.8, 0, 0}).reshape(2, 2));
        near(run(UnitNorm.of(1, 2), normal(6, 3, 4, 2)).square().sum(1, 2), Tensor.ones(3).cast(DType.F64));
        assertThatThrownBy(() -> run(UnitNorm.of(0), normal(6, 3, 4))).hasMessageContaining("\nMaybe");
    }

    /// PyTorch's adaptive pooling of 1 … 7 to 3 and to 4 places.
    @Test
    void adaptivePoolingChoosesItsWindows() {
        var x = Tensor.range(7, DType.F64).add(1).reshape(1, 7, 1);
        near(run(AdaptivePooling.average(3), x).reshape(1, 3), row(2, 4, 6));
        near(run(AdaptivePooling.max(3), x).reshape(1, 3), row(3, 5, 7));
        near(run(AdaptivePooling.average(4), x).reshape(1, 4), row(1.5, 3, 5, 6.5));
        near(run(AdaptivePooling.max(9), x.slice(1, 0, 3)).reshape(1, 9), row(1, 1, 1, 2, 2, 2, 3, 3, 3));
        var image = normal(7, 2, 6, 4, 3);
        near(run(AdaptivePooling.max(3, 2), image), run(MaxPooling2D.of(2), image));
        assertThatThrownBy(() -> AdaptivePooling.max(0)).hasMessageContaining("1 or more");
    }

    @Test
    void sparsemaxIsTheNearestPointOfTheSimplex() {
        near(run(Sparsemax.of(), row(1, 0.5, -1)), row(0.75, 0.25, 0));
        near(run(Sparsemax.of(), row(1000, 0, -5)), row(1, 0, 0));
        near(run(Sparsemax.of(), row(2, 2, 2, 2)), row(0.25, 0.25, 0.25, 0.25));
        near(Activation.of("sparsemax").on(row(0.1, 0.2)), row(0.45, 0.55));
        near(run(Sparsemax.of(1), normal(8, 3, 5, 2).mul(2)).sum(1), Tensor.full(1, Type.of(DType.F64, 3, 2)));
        // Of those that are above 0 each loses their mean.
        var slope = Gradient.at(in -> run(Sparsemax.of(), in.getFirst()).mul(row(3, 1, 7)).sum(), List.of(row(1, 0.5, -1))).gradients().getFirst();
        near(slope, row(1, -1, 0));
    }

    @Test
    void activationsWithNumbersOfTheirOwn() {
        near(run(GLU.of(), row(2, 3, 0, Math.log(3))), row(1, 2.25));
        near(run(GLU.of(1), normal(9, 2, 4, 3)), Activation.GLU.on(normal(9, 2, 4, 3).transpose(0, 2, 1)).transpose(0, 2, 1));
        assertThatThrownBy(() -> run(GLU.of(), row(1, 2, 3))).hasMessageContaining("has no halves.\nMaybe");
        near(run(Shrink.hard(1), row(-2, -1, 0.5, 1.5)), row(-2, 0, 0, 1.5));
        near(run(Shrink.soft(1), row(-2, -1, 0.5, 1.5)), row(-1, 0, 0, 0.5));
        near(run(Threshold.of(0.5, -2), row(0.4, 0.5, 0.6)), row(-2, -2, 0.6));
        near(run(Squareplus.of(4), row(-1e200, -1, 0, 3)), Activation.SQUAREPLUS.on(row(-1e200, -1, 0, 3)));
        near(run(Squareplus.of(2), row(-1, 0, 1)), row((-1 + Math.sqrt(3)) / 2, Math.sqrt(2) / 2, (1 + Math.sqrt(3)) / 2));
    }

    @Test
    void softmaxOverSeveralAxesSumsToOneOverAllOfThem() {
        var x = normal(10, 2, 3, 4, 5);
        near(run(Softmax.of(1, 3), x).sum(1, 3), Tensor.full(1, Type.of(DType.F64, 2, 4)));
        near(run(Softmax.of(-1, 2, 1), x).reshape(2, 60), x.reshape(2, 60).softmax(-1));
        near(run(Softmax.of(1, 3).withLog(true), x).exp(), run(Softmax.of(3, 1), x));
        assertThatThrownBy(() -> run(Softmax.of(3, -1), x)).hasMessageContaining("name one twice");
    }

    @Test
    void stepsThatDoNotCountMayGiveZeros() {
        var x = normal(11, 2, 4, 3);
        var mask = Tensor.of(new boolean[] {true, false, true, false, false, true, true, true}).reshape(2, 4);
        for (Recurrent layer : List.<Recurrent>of(SimpleRNN.of(2), GRU.of(2), LSTM.of(2), LSTM.of(2).withGoBackwards(true))) {
            var weights = weights(layer, x);
            var held = run(masked(layer.withReturnSequences(true), mask), weights, false, x);
            var zeroed = run(masked(layer.withReturnSequences(true).withZeroMasked(true), mask), weights, false, x);
            var counts = layer.goBackwards() ? mask.reverse(1) : mask;
            near(zeroed, held.mul(counts.cast(DType.F64).expandDims(-1)));
            near(run(masked(layer.withZeroMasked(true), mask), weights, false, x), zeroed.at(1, 3));
            near(run(masked(layer, mask), weights, false, x), held.at(1, 3));
        }
    }

    @Test
    void attentionAlongOneOfSeveralAxesKeepsTheOthersApart() {
        var x = normal(12, 2, 3, 4, 6);
        var layer = MultiHeadAttention.of(2, 3);
        var weights = weights(layer, x.reshape(6, 4, 6));
        near(run(layer.withAxes(2), weights, false, x), run(layer, weights, false, x.reshape(6, 4, 6)).reshape(2, 3, 4, 6));
        near(run(layer.withAxes(-2), weights, false, x), run(layer.withAxes(2), weights, false, x));
        near(run(layer, weights, false, x), run(layer, weights, false, x.reshape(2, 12, 6)).reshape(2, 3, 4, 6));
        near(run(layer.withAxes(1), weights, false, x), run(layer.withAxes(2), weights, false, x.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3));
        assertThat(layer.attend(Bound.of(weights, KEY, false), x).weights().shape().toString()).isEqualTo("[2, 2, 3, 4, 3, 4]");
        assertThatThrownBy(() -> run(layer.withAxes(3), weights, false, x)).hasMessageContaining("along the axes [3]").hasMessageContaining("\nMaybe");
    }

    @Test
    void aMaskOfSeveralAxesIsTheFlatOne() {
        var x = normal(13, 2, 3, 4, 6);
        var layer = MultiHeadAttention.of(2, 3);
        var weights = weights(layer, x);
        var mask = normal(14, 2, 12, 12).gt(0.2);
        near(run(layer, weights, false, x, mask.reshape(2, 3, 4, 3, 4)), run(layer, weights, false, x.reshape(2, 12, 6), mask).reshape(2, 3, 4, 6));
    }

    @Test
    void queriesShareKeysAndValuesInGroups() {
        var x = normal(15, 2, 5, 4);
        var shared = MultiHeadAttention.of(4, 3).withKeyHeads(2);
        var weights = weights(shared, x);
        var each = new HashMap<>(weights);
        for (var name : List.of("key/kernel", "value/kernel", "key/bias", "value/bias")) {
            var of = weights.get(name);
            int heads = of.rank() - 2;
            each.put(name, Tensor.concat(heads, of.slice(heads, 0, 1), of.slice(heads, 0, 1), of.slice(heads, 1, 2), of.slice(heads, 1, 2)));
        }
        near(run(shared, weights, false, x), run(MultiHeadAttention.of(4, 3), each, false, x));
        assertThatThrownBy(() -> MultiHeadAttention.of(4, 3).withKeyHeads(3)).hasMessageContaining("divide the heads");
    }

    @Test
    void attentionWithGateWindowAndSeveralAxesOfOutput() {
        var x = normal(16, 2, 5, 4);
        var layer = MultiHeadAttention.of(2, 3);
        var weights = weights(layer.withGated(true), x);
        weights.put("gate/kernel", Tensor.zeros(4, 2, 3).cast(DType.F64));
        weights.put("gate/bias", Tensor.zeros(2, 3).cast(DType.F64));
        var bias = weights.get("attention_output/bias");
        near(run(layer.withGated(true), weights, false, x).sub(bias), run(layer, weights, false, x).sub(bias).mul(0.5));
        var far = Tensor.range(5, DType.I64).expandDims(1).sub(Tensor.range(5, DType.I64)).abs().lt(Tensor.scalar(2, DType.I64)).expandDims(0);
        near(run(layer.withWindow(2), weights, false, x), run(layer, weights, false, x, far));
        var wide = new HashMap<>(weights);
        wide.put("attention_output/kernel", weights.get("attention_output/kernel").reshape(2, 3, 2, 2));
        wide.put("attention_output/bias", bias.reshape(2, 2));
        near(run(layer.withOutput(2, 2), wide, false, x), run(layer, weights, false, x).reshape(2, 5, 2, 2));
    }

    @Test
    void attentionOfEachScore() {
        var query = Tensor.of(new double[] {1, 0}).reshape(1, 1, 2);
        var value = Tensor.of(new double[] {Math.log(3), 5, 0, 1}).reshape(1, 2, 2);
        near(run(Attention.of(Attention.Score.DOT), query, value), Tensor.of(new double[] {0.75 * Math.log(3), 4}).reshape(1, 1, 2));
        var scale = Map.of("scale", Tensor.of(new double[] {2, 0}));
        double a = Math.exp(2 * Math.tanh(1 + Math.log(3)));
        double b = Math.exp(2 * Math.tanh(1));
        near(run(Attention.of(Attention.Score.ADDITIVE), scale, false, query, value).at(2, 1), Tensor.of(new double[] {(5 * a + b) / (a + b)}).reshape(1, 1));
        var numbers = Map.of("scale", Tensor.scalar(0.5, DType.F64), "concat_score_weight", Tensor.scalar(-1, DType.F64));
        a = Math.exp(-Math.tanh((1 + Math.log(3)) / 2) - Math.tanh(2.5));
        b = Math.exp(-Math.tanh(0.5) - Math.tanh(0.5));
        near(run(Attention.of(Attention.Score.CONCAT).withScaled(true), numbers, false, query, value).at(2, 1),
                Tensor.of(new double[] {(5 * a + b) / (a + b)}).reshape(1, 1));
        var steps = normal(17, 1, 3, 2);
        near(run(Attention.of(Attention.Score.DOT).withCausal(true), steps, steps).at(1, 0), steps.at(1, 0));
        var mask = Tensor.of(new boolean[] {true, false, true}).reshape(1, 3);
        assertThat(run(masked(Attention.of(Attention.Score.DOT), mask), steps, steps).at(1, 1).abs().sum().itemAsDouble()).isCloseTo(0, within(0.0));
        assertThatThrownBy(() -> run(Attention.of(Attention.Score.DOT), steps)).hasMessageContaining("query [examples, t, d]").hasMessageContaining("\nMaybe");
    }

    @Test
    void einsumDenseIsWhatItsEquationSays() {
        var x = normal(18, 2, 3, 4);
        var heads = EinsumDense.of("abc,cde->abde", 0, 5, 2).withBiasAxes("de");
        var weights = weights(heads, x);
        assertThat(weights.get("kernel").shape().toString()).isEqualTo("[4, 5, 2]");
        near(run(heads, weights, false, x).reshape(2, 3, 10), x.matmul(weights.get("kernel").reshape(4, 10)).add(weights.get("bias").reshape(10)));
        var dense = EinsumDense.of("...x,xy->...y", 6).withBiasAxes("y").withActivation(Activation.TANH);
        var as = weights(dense, x);
        near(run(dense, as, false, x), run(Dense.of(6, "tanh"), as, false, x));
        // Along the steps, with a bias that has an axis behind it.
        var mixed = EinsumDense.of("abc,bd->adc", 5, 4).withBiasAxes("d");
        var of = weights(mixed, x);
        assertThat(of.get("bias").shape().toString()).isEqualTo("[5, 1]");
        near(run(mixed, of, false, x), x.transpose(0, 2, 1).matmul(of.get("kernel")).transpose(0, 2, 1).add(of.get("bias")));
        // A letter that is nowhere else is summed over, one of all three sides is kept.
        var rest = EinsumDense.of("abc,ac->a");
        var each = weights(rest, x);
        near(run(rest, each, false, x), x.sum(1).mul(each.get("kernel")).sum(1));
        assertThatThrownBy(() -> EinsumDense.of("ab,bc->ad")).hasMessageContaining("neither the input nor the kernel");
        assertThatThrownBy(() -> EinsumDense.of("aab,bc->ac")).hasMessageContaining("names an axis twice");
        assertThatThrownBy(() -> run(EinsumDense.of("ab,bc->ac", 3), x)).hasMessageContaining("[2, 3, 4]").hasMessageContaining("\nMaybe");
        assertThatThrownBy(() -> run(EinsumDense.of("abc,cd->abd"), x)).hasMessageContaining("how long axis d").hasMessageContaining("\nMaybe");
    }

    /// Over images of one pixel a convolution is a product.
    @Test
    void convLstmOverSinglePixelsIsLstm() {
        var x = normal(19, 2, 4, 3);
        var mask = Tensor.of(new boolean[] {true, false, true, true, false, true, true, false}).reshape(2, 4);
        var plain = weights(LSTM.of(2), x);
        var weights = new HashMap<>(plain);
        weights.put("kernel", plain.get("kernel").reshape(1, 1, 3, 8));
        weights.put("recurrent_kernel", plain.get("recurrent_kernel").reshape(1, 1, 2, 8));
        var images = x.reshape(2, 4, 1, 1, 3);
        for (boolean back : new boolean[] {false, true}) {
            var wanted = run(masked(LSTM.of(2).withReturnSequences(true).withGoBackwards(back).withZeroMasked(back), mask), plain, false, x);
            var layer = ConvLSTM.of(2, 1, 1).withReturnSequences(true).withGoBackwards(back).withZeroMasked(back);
            near(run(masked(layer, mask), weights, false, images).reshape(2, 4, 2), wanted);
            near(run(ConvLSTM.of(2, 1, 1).withGoBackwards(back), weights, false, images).reshape(2, 2), run(LSTM.of(2).withGoBackwards(back), plain, false, x));
        }
    }

    @Test
    void convLstmSlidesOverPlaces() {
        var x = normal(20, 2, 3, 6, 5, 2);
        var layer = ConvLSTM.of(4, 3, 2).withStrides(2, 1).withReturnState(true);
        var scope = Bound.of(weights(layer, x), KEY, false);
        var all = layer.applyAll(scope, x);
        assertThat(all).hasSize(3).allSatisfy(y -> assertThat(y.shape().toString()).isEqualTo("[2, 2, 4, 4]"));
        near(all.get(0), all.get(1));
        // Going on from the states after the first step is one walk.
        var first = layer.applyAll(scope, x.slice(1, 0, 1));
        near(layer.apply(scope, x.slice(1, 1, 3), first.get(1), first.get(2)), all.getFirst());
        assertThatThrownBy(() -> layer.apply(scope, x.at(1, 0))).hasMessageContaining("2 spatial axes").hasMessageContaining("\nMaybe");
    }
}
