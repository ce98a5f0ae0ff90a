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
import org.junit.jupiter.api.Test;

class LayerTest {
    private static final Tensor KEY = Random.key(9);

    private static void near(Tensor actual, double tolerance, double... wanted) {
        assertThat(actual.toDoubles()).usingComparatorWithPrecision(tolerance).containsExactly(wanted);
    }

    // ---- softmax

    @Test
    void softmaxOfTheNotes() {
        var z = Tensor.of(5.0, 2.0, -1.0, 3.0);
        near(z.exp(), 6e-4, 148.413, 7.389, 0.368, 20.086);
        assertThat(z.exp().sum().itemAsDouble()).isCloseTo(176.256, within(6e-4));
        near(Activation.SOFTMAX.on(z), 6e-7, 0.842034, 0.041922, 0.002087, 0.113957);
        assertThat(z.argmax(0).oneHot(4, DType.F32).toFloats()).containsExactly(1, 0, 0, 0);
        near(Tensor.of(1000f, 1000f).softmax(0), 1e-12, 0.5, 0.5);
        near(Tensor.of(5.0, 2.0, 1.0, 0.1).softmax(0), 6e-7, 0.929757, 0.046290, 0.017029, 0.006924);
    }

    @Test
    void softmaxOfTwoIsTheLogisticFunctionOfTheDifference() {
        var two = Tensor.of(0.842, 0.158).log();
        assertThat(two.at(0, 0).sub(two.at(0, 1)).itemAsDouble()).isCloseTo(1.673185, within(1e-6));
        near(Tensor.of(1.673185, -1.673185).sigmoid(), 1e-6, 0.842, 0.158);
        for (double z : new double[] {-3, 0.2, 1.673185, 8}) {
            var p = Tensor.of(z + 1.5, 1.5).softmax(0).at(0, 0).itemAsDouble();
            assertThat(p).isCloseTo(Tensor.scalar(z, DType.F64).sigmoid().itemAsDouble(), within(1e-7));
        }
    }

    @Test
    void softmaxTakesAnAxisForClassesInRows() {
        var w = Random.normal(Random.key(1), 4, 64);
        var a = Random.normal(Random.key(2), 64, 128);
        var y = w.matmul(a).add(Random.normal(Random.key(3), 4, 1)).softmax(0);
        assertThat(y.shape().toString()).isEqualTo("[4, 128]");
        assertThat(y.sum(0).sub(1).abs().max(new int[] {0}).item()).isLessThan(1e-6f);
    }

    // ---- batch norm

    private static Tensor column(double... values) {
        return Tensor.of(values).reshape(values.length, 1);
    }

    private static Bound units(double gamma, double beta) {
        return Bound.of(Map.of("gamma", Tensor.of(gamma), "beta", Tensor.of(beta), "moving_mean", Tensor.of(0.0),
                "moving_variance", Tensor.of(1.0)), KEY, true);
    }

    @Test
    void batchNormOfTheNotes() {
        var x = column(2, 4, 6, 8, 10);
        var exact = BatchNorm.of().withEpsilon(0);
        near(exact.apply(units(1, 0), x), 5e-6, -1.41421, -0.70711, 0, 0.70711, 1.41421);
        near(BatchNorm.of().withEpsilon(0.5).apply(units(Math.sqrt(8.5), 6), x), 1e-12, 2, 4, 6, 8, 10);
        assertThat(exact.apply(units(1, 5), x).mean().itemAsDouble()).isCloseTo(5, within(1e-12));
    }

    @Test
    void batchNormBringsUnitsOfAnyScaleTogether() {
        var z = Random.normal(Random.key(4), 2000).cast(DType.F64);
        var unit = z.sub(z.mean()).div(z.variance().sqrt());
        var x = Tensor.stack(1, unit.mul(Math.sqrt(500)).add(100), unit.mul(Math.sqrt(0.1)).sub(3));
        var ones = Bound.of(Map.of("gamma", Tensor.of(1.0, 1.0), "beta", Tensor.of(0.0, 0.0), "moving_mean", Tensor.of(0.0, 0.0),
                "moving_variance", Tensor.of(1.0, 1.0)), KEY, true);
        var tight = BatchNorm.of().withEpsilon(0).apply(ones, x);
        near(tight.mean(0), 1e-9, 0, 0);
        near(tight.variance(0), 1e-9, 1, 1);
        assertThat(BatchNorm.of().apply(ones, x).variance(0).toDoubles()[1]).isCloseTo(0.990099, within(1e-6));
    }

    @Test
    void batchNormOfUnitsInRowsIgnoresABiasInFront() {
        var z = Random.normal(Random.key(5), 4, 64).cast(DType.F64);
        var layer = BatchNorm.of().withAxis(0);
        var needs = Needs.of(layer, DType.F64, z.type());
        assertThat(needs.params().get("gamma").type().shape().toString()).isEqualTo("[4]");
        assertThat(needs.states().get("moving_mean").type().shape().toString()).isEqualTo("[4]");
        var values = needs.initial(1);
        var b = Tensor.of(1.0, -2.0, 3.0, 100.0).reshape(4, 1);
        var slope = Random.normal(Random.key(6), 4, 64).cast(DType.F64);
        double db = Gradient.tape(tape -> {
            tape.watch(b);
            var y = layer.apply(Bound.of(values, KEY, true), z.add(b));
            var plain = layer.apply(Bound.of(values, KEY, true), z);
            assertThat(y.sub(plain).abs().sum().itemAsDouble()).isLessThan(1e-9);
            return tape.gradient(List.of(y), List.of(slope), List.of(b)).getFirst().abs().sum().itemAsDouble();
        });
        assertThat(db).isLessThan(1e-10);
    }

    @Test
    void runningAveragesAreCorrectedForTheirStart() {
        var layer = BatchNorm.notes();
        var values = new HashMap<>(Needs.of(layer, DType.F64, Type.of(DType.F64, 2, 1)).initial(1));
        double[] plain = {0.2, 0.58, 1.122};
        double[] corrected = {2.0, 3.052632, 4.140221};
        for (int i = 0; i < 3; i++) {
            var scope = Bound.of(values, KEY, true);
            layer.apply(scope, column(2 * i + 1, 2 * i + 3));
            values.putAll(scope.updates());
            assertThat(values.get("moving_mean").toDoubles()[0]).isCloseTo(plain[i], within(1e-12));
            var y = layer.apply(Bound.of(values, KEY, false), column(corrected[i], corrected[i] + 1)).toDoubles();
            assertThat(y[0]).as("the corrected mean comes out as 0").isCloseTo(0, within(1e-6));
            assertThat(y[1]).as("the corrected variance is 1").isCloseTo(1, within(1e-6));
        }
    }

    @Test
    void anUntrainedBatchNormLetsThingsThrough() {
        var values = Needs.of(BatchNorm.notes(), DType.F64, Type.of(DType.F64, 2, 1)).initial(1);
        near(BatchNorm.notes().apply(Bound.of(values, KEY, false), column(3, 4)), 1e-6, 3, 4);
    }

    @Test
    void aBiasInFrontOfBatchNormIsDropped() {
        var net = Sequential.of(Dense.of(4), BatchNorm.of(), Dense.of(4, "relu"), BatchNorm.of());
        assertThat(Needs.of(net, DType.F32, Type.of(DType.F32, 1, 3)).params()).containsKey("dense_1/bias").doesNotContainKey("dense/bias");
    }

    // ---- dropout, initialisation, names

    @Test
    void dropoutKeepsTheMeanAndDrawsAnewWithEachKey() {
        var x = Tensor.ones(1000, 100);
        var layer = Dropout.of(0.3);
        var y = layer.apply(Bound.of(Map.of(), Random.key(1), true), x);
        assertThat((double) y.gt(0).cast(DType.F32).mean().item()).isCloseTo(0.7, within(0.01));
        assertThat(y.max(new int[] {0, 1}).item()).isCloseTo(1 / 0.7f, within(1e-6f));
        assertThat(y.mean().item()).isCloseTo(1, within(0.01f));
        assertThat(layer.apply(Bound.of(Map.of(), Random.key(1), true), x).toFloats()).isEqualTo(y.toFloats());
        assertThat(layer.apply(Bound.of(Map.of(), Random.key(2), true), x).toFloats()).isNotEqualTo(y.toFloats());
        assertThat(layer.apply(Bound.of(Map.of(), Random.key(1), false), x)).isSameAs(x);
        assertThat(Dropout.of(0).apply(Bound.of(Map.of(), Random.key(1), true), x).toFloats()).isEqualTo(x.toFloats());
        assertThatThrownBy(() -> Dropout.of(1)).hasMessageContaining("[0, 1)");
    }

    @Test
    void initialisationsHaveTheirDeviations() {
        var type = Type.of(DType.F32, 12288, 25);
        assertThat(deviation(Init.he(), type)).isCloseTo(0.012758, within(1e-4));
        assertThat(deviation(Init.of("lecun_normal"), type)).isCloseTo(0.0090211, within(1e-4));
        assertThat(deviation(Init.of("glorot_normal"), type)).isCloseTo(Math.sqrt(2.0 / 12313), within(1e-4));
        assertThat(deviation(Init.normal(), type)).isCloseTo(0.05, within(5e-4));
        var uniform = Init.xavier().tensor(type, KEY);
        assertThat(uniform.max(new int[] {0, 1}).item()).isBetween(0.02207f, 0.0220747f);
        assertThat(uniform.min(new int[] {0, 1}).item()).isBetween(-0.0220747f, -0.02207f);
    }

    /// Deviations and ends of Keras's `VarianceScaling`, `TruncatedNormal`, `RandomUniform` and `Identity`.
    @Test
    void initialisationsOfOtherForms() {
        var type = Type.of(DType.F32, 400, 100);
        for (var form : Init.Variance.Form.values()) {
            assertThat(deviation(Init.variance(2, Init.Variance.Fan.IN, form), type)).as("%s", form).isCloseTo(Math.sqrt(2.0 / 400), within(1e-3));
            assertThat(deviation(Init.variance(2, Init.Variance.Fan.OUT, form), type)).as("%s", form).isCloseTo(Math.sqrt(2.0 / 100), within(2e-3));
            assertThat(deviation(Init.variance(1, Init.Variance.Fan.MEAN, form), type)).as("%s", form).isCloseTo(Math.sqrt(1.0 / 250), within(1e-3));
        }
        assertThat(deviation(Init.of("he_uniform"), type)).isCloseTo(Math.sqrt(2.0 / 400), within(1e-3));
        var cut = Init.truncatedNormal(3, 0.5).tensor(type, KEY);
        assertThat(cut.max(new int[] {0, 1}).item()).isBetween(3.99f, 4f);
        assertThat(cut.min(new int[] {0, 1}).item()).isBetween(2f, 2.01f);
        assertThat(cut.mean().item()).isCloseTo(3, within(0.01f));
        assertThat(deviation(Init.truncatedNormal(3, 0.5), type)).isCloseTo(0.5 * 0.8796, within(5e-3));
        var high = Init.uniform(1, 3).tensor(type, KEY);
        assertThat(high.max(new int[] {0, 1}).item()).isBetween(2.99f, 3f);
        assertThat(high.min(new int[] {0, 1}).item()).isBetween(1f, 1.01f);
        assertThat(new Init.Identity(2).tensor(Type.of(DType.F32, 2, 3), KEY).toFloats()).containsExactly(2, 0, 0, 0, 2, 0);
        assertThatThrownBy(() -> Init.identity().tensor(Type.of(DType.F32, 2), KEY)).hasMessageContaining("only a matrix");
        assertThatThrownBy(() -> Init.uniform(3, 1)).hasMessageContaining("the lower end comes first");
    }

    @Test
    void orthogonalColumnsAreAtRightAngles() {
        for (var shape : new long[][] {{6, 4}, {4, 6}, {4, 4}}) {
            var q = Init.orthogonal().tensor(Type.of(DType.F64, shape), KEY);
            var product = shape[0] > shape[1] ? q.transpose().matmul(q) : q.matmul(q.transpose());
            assertThat(product.sub(Tensor.range(4, DType.I64).oneHot(4, DType.F64)).abs().sum().itemAsDouble()).isLessThan(1e-12);
        }
    }

    private static double deviation(Init init, Type type) {
        return Math.sqrt(init.tensor(type, KEY).variance().item());
    }

    @Test
    void aParametersStartDependsOnItsPathAndSeedAlone() {
        var one = Needs.of(Sequential.of(Dense.of(4), Dense.of(3)), DType.F32, Type.of(DType.F32, 1, 5));
        var more = Needs.of(Sequential.of(Flatten.of(), Dense.of(4), BatchNorm.of(), Activation.RELU, Dense.of(3)), DType.F32,
                Type.of(DType.F32, 1, 5));
        assertThat(more.initial(7).get("dense_1/kernel").toFloats()).isEqualTo(one.initial(7).get("dense_1/kernel").toFloats());
        assertThat(one.initial(8).get("dense_1/kernel").toFloats()).isNotEqualTo(one.initial(7).get("dense_1/kernel").toFloats());
        assertThat(more.params().keySet()).containsExactly("dense/kernel", "batch_norm/gamma", "batch_norm/beta", "dense_1/kernel",
                "dense_1/bias");
    }

    @Test
    void namesOfActivationsAndInitialisations() {
        assertThat(Activation.of("ReLU")).isEqualTo(Activation.RELU);
        assertThat(Activation.of("swish")).isEqualTo(Activation.SILU);
        assertThatThrownBy(() -> Activation.of("reluu")).hasMessageContaining("\"reluu\"").hasMessageContaining("\nMaybe one of linear");
        assertThatThrownBy(() -> Init.of("me")).hasMessageContaining("\nMaybe one of zeros");
    }

    @Test
    void aKernelOfAnotherWidthIsNamed() {
        var net = Sequential.of(Dense.of(3));
        var values = Needs.of(net, DType.F32, Type.of(DType.F32, 1, 128)).initial(1);
        assertThatThrownBy(() -> net.apply(Bound.of(values, KEY, false), Tensor.ones(32, 100)))
                .hasMessage("Dense(3) in \"dense\" (input [32, 100]): kernel is [128, 3] but the input needs [100, 3].\n"
                        + "Maybe the model was built for another data set.");
    }
}
