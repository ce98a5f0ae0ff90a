package dev.caviar.engine.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import org.junit.jupiter.api.Test;

/// The notes' worked numbers that need tensors alone.
class AcceptanceTest {
    private static final Tensor Z = Tensor.of(5f, 2, -1, 3);

    @Test
    void gradientOfTheQuadraticAtZeroIsMinusTen() {
        var w = Variable.of("w", Tensor.scalar(0, DType.F64));
        double slope = Gradient.tape(tape -> tape.gradient(cost(w.value()), w)).itemAsDouble();
        assertThat(slope).isEqualTo(-10);
        double h = 1e-4;
        double numeric = (cost(Tensor.scalar(h, DType.F64)).itemAsDouble() - cost(Tensor.scalar(-h, DType.F64)).itemAsDouble()) / (2 * h);
        assertThat(numeric).isCloseTo(slope, within(1e-7));
    }

    private static Tensor cost(Tensor w) {
        return w.square().sub(w.mul(10)).add(25);
    }

    @Test
    void softmaxOfTheNotes() {
        var t = Z.exp();
        assertThat(t.toFloats()).containsExactly(new float[] {148.413f, 7.389f, 0.368f, 20.086f}, within(1e-3f));
        assertThat(t.sum().item()).isCloseTo(176.256f, within(1e-3f));
        assertThat(Z.softmax(0).toFloats()).containsExactly(new float[] {0.842034f, 0.041922f, 0.002087f, 0.113957f}, within(1e-6f));
    }

    @Test
    void hardmaxIsOneAtTheLargest() {
        assertThat(Z.argmax(0).oneHot(4, DType.F32).toFloats()).containsExactly(1, 0, 0, 0);
    }

    @Test
    void crossEntropyAndItsGradient() {
        check(new double[] {0, 0, 1, 0}, new double[] {0.1, 0.2, 0.6, 0.1}, 0.510826, new double[] {0.1, 0.2, -0.4, 0.1});
        check(new double[] {0, 1, 0, 0}, new double[] {0.3, 0.2, 0.1, 0.4}, 1.609438, new double[] {0.3, -0.8, 0.1, 0.4});
        var one = Tensor.of(0f, 1, 0, 0);
        assertThat(Z.logSoftmax(0).mul(one).sum().neg().item()).isCloseTo(3.171935f, within(1e-5f));
    }

    /// The logits are the logarithms of the predictions, so that softmax gives these back.
    private static void check(double[] target, double[] predicted, double loss, double[] dz) {
        var y = Tensor.of(target);
        var z = Tensor.of(predicted).log();
        Gradient.tape(tape -> {
            tape.watch(z);
            var cost = z.logSoftmax(0).mul(y).sum().neg();
            assertThat(cost.itemAsDouble()).isCloseTo(loss, within(1e-6));
            assertThat(tape.gradient(cost, z).toDoubles()).containsExactly(dz, within(1e-12));
            return null;
        });
    }

    @Test
    void twoClassesAreLogisticRegression() {
        assertThat(Tensor.scalar(1.673185).sigmoid().item()).isCloseTo(0.842f, within(1e-6f));
        assertThat(Tensor.scalar(-1.673185).sigmoid().item()).isCloseTo(0.158f, within(1e-6f));
        for (double[] z : new double[][] {{0, 0}, {3, -1}, {-20, 20}, {0.3, 0.1}}) {
            double first = Tensor.of(z).softmax(0).at(0, 0).itemAsDouble();
            assertThat(first).isCloseTo(Tensor.scalar(z[0] - z[1], DType.F64).sigmoid().itemAsDouble(), within(1e-7));
        }
    }

    @Test
    void softmaxIsStableForLargeValues() {
        assertThat(Tensor.of(1000f, 1000).softmax(0).toFloats()).containsExactly(0.5f, 0.5f);
        assertThat(Tensor.of(1000f, 0).logSoftmax(0).toFloats()).containsExactly(0, -1000);
    }

    @Test
    void fourAnimals() {
        var p = Tensor.of(5f, 2, 1, 0.1f).softmax(0);
        assertThat(p.toFloats()).containsExactly(new float[] {0.929757f, 0.046290f, 0.017029f, 0.006924f}, within(1e-6f));
    }

    @Test
    void columnsOfExamplesAsInTheNotes() {
        var keys = Random.split(Random.key(1), 3);
        var z = Random.normal(keys[0], 4, 64).matmul(Random.normal(keys[1], 64, 128)).add(Random.normal(keys[2], 4, 1));
        assertThat(z.shape()).isEqualTo(Shape.of(4, 128));
        for (float sum : z.softmax(0).sum(0).toFloats()) {
            assertThat(sum).isCloseTo(1, within(1e-6f));
        }
    }

    @Test
    void arithmeticOfTheNotes() {
        var a = Tensor.of(1f, 2, 3);
        var b = Tensor.of(4f, 5, 6);
        assertThat(a.add(b).toFloats()).containsExactly(5, 7, 9);
        assertThat(a.mul(b).toFloats()).containsExactly(4, 10, 18);
        var product = Tensor.of(new float[][] {{1, 2}, {3, 4}}).matmul(Tensor.of(new float[][] {{5, 6}, {7, 8}}));
        assertThat(product.toFloats()).containsExactly(19, 22, 43, 50);
        var w = Variable.of("w", 1);
        var v = Variable.of("v", 1);
        w.assign(w.value().add(0.1));
        v.assignAdd(0.1);
        assertThat(w.value().item()).isEqualTo(v.value().item()).isEqualTo(1.1f);
    }

    @Test
    void aConstantRefusesAssignmentByHavingNoneAndAVariableAnotherShape() {
        var w = Variable.of("w", Tensor.zeros(2));
        assertThatThrownBy(() -> w.assign(Tensor.zeros(3))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("\"w\"").hasMessageContaining("f32[2]").hasMessageContaining("f32[3]");
    }

    @Test
    void shapesBroadcastAsInNumPyAndErrorsNameThem() {
        assertThat(Tensor.zeros(5, 1, 3).add(Tensor.ones(4, 1)).shape()).isEqualTo(Shape.of(5, 4, 3));
        assertThat(Tensor.of(1L, 2).add(Tensor.of(0.5f, 1)).dtype()).isEqualTo(DType.F32);
        assertThatThrownBy(() -> Tensor.zeros(2, 3).add(Tensor.zeros(2))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("add").hasMessageContaining("[2, 3]").hasMessageContaining("Maybe");
        assertThatThrownBy(() -> Tensor.zeros(2, 3).matmul(Tensor.zeros(2, 3))).hasMessageContaining("matmul").hasMessageContaining("Maybe");
    }

    @Test
    void reductionsSlicesAndJoins() {
        var x = Tensor.range(24, DType.F32).reshape(2, 3, 4);
        assertThat(x.sum(0, 2).toFloats()).containsExactly(60, 92, 124);
        assertThat(x.mean(-1).shape()).isEqualTo(Shape.of(2, 3));
        assertThat(x.at(0, -1).at(0, 0).toFloats()).containsExactly(12, 13, 14, 15);
        assertThat(Tensor.concat(1, x, x).shape()).isEqualTo(Shape.of(2, 6, 4));
        assertThat(Tensor.stack(0, x, x).shape()).isEqualTo(Shape.of(2, 2, 3, 4));
        assertThat(Tensor.of(3f, 1, 2).sort().toFloats()).containsExactly(1, 2, 3);
        assertThat(Tensor.of(2f, 4, 6, 8, 10).variance().item()).isEqualTo(8);
        assertThat(x.transpose(2, 0, 1).transpose(1, 2, 0).toFloats()).isEqualTo(x.toFloats());
    }

    @Test
    void batchedProductsAlignTheirLeadingAxes() {
        var a = Random.normal(Random.key(1), 2, 1, 3, 4);
        var b = Random.normal(Random.key(2), 5, 4, 2);
        var c = a.matmul(b);
        assertThat(c.shape()).isEqualTo(Shape.of(2, 5, 3, 2));
        var one = a.at(0, 1).at(0, 0).matmul(b.at(0, 3));
        assertThat(c.at(0, 1).at(0, 3).toFloats()).containsExactly(one.toFloats(), within(1e-5f));
    }

    @Test
    void keysGiveTheSameNumbersAgainAndOthersOthers() {
        var key = Random.key(42);
        assertThat(Random.normal(key, 10).toFloats()).isEqualTo(Random.normal(key, 10).toFloats());
        var keys = Random.split(key, 2);
        assertThat(Random.uniform(keys[0], 10).toFloats()).isNotEqualTo(Random.uniform(keys[1], 10).toFloats());
        var many = Random.normal(key, 100_000);
        assertThat(many.mean().item()).isCloseTo(0, within(0.02f));
        assertThat(many.variance().item()).isCloseTo(1, within(0.02f));
    }
}
