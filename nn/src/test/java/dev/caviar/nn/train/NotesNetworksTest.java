package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Bound;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Sgd;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole networks of the notes. Numbers in brackets are their worked examples.
class NotesNetworksTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT);

    /// [43]
    @Test
    void threeWaysToWriteTheNetworkForDigitsAgreeOnTheSameWeights() {
        var x = Input.of(784);
        Layer own = (s, in) -> {
            var hidden = s.call("dropout", Dropout.of(0.2), s.call("dense", Dense.of(128, "relu"), in));
            return s.call("dense_2", Dense.of(10, "softmax"), s.call("dense_1", Dense.of(64, "relu"), hidden));
        };
        var sequential = Model.of(Dense.of(128, "relu"), Dropout.of(0.2), Dense.of(64, "relu"), Dense.of(10, "softmax")).withSeed(7).build(784);
        var functional = Model.of(x, Dense.of(10, "softmax").on(Dense.of(64, "relu").on(Dropout.of(0.2).on(Dense.of(128, "relu").on(x))))).build();
        var images = Random.normal(Random.key(3), 50, 784);
        for (var other : List.of(functional, Model.of(own).build(784))) {
            assertThat(other.parameters()).isEqualTo(100_480 + 8_256 + 650).isEqualTo(109_386);
            other.assign(sequential.weights());
            assertThat(other.predict(images).toFloats()).containsExactly(sequential.predict(images).toFloats(), within(1e-6f));
        }
    }

    /// [45]: between two classes the logarithm of their odds is a plane over the inputs, so where it is 0 is a straight line.
    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5, 6})
    void softmaxAloneDrawsStraightBordersAndAHiddenLayerBendsThem(int classes) {
        var rings = rings(classes);
        var fit = QUIET.withEpochs(80).withBatch(50);
        var alone = Model.of(Dense.of(classes, "softmax")).compile(Adam.of(0.05), Loss.of("sparse_categorical_crossentropy"));
        var hidden = Model.of(Dense.of(24, "tanh"), Dense.of(classes, "softmax"))
                .compile(Adam.of(0.05), Goal.of("sparse_categorical_crossentropy", "accuracy"));
        alone.fit(rings, fit);
        hidden.fit(rings, fit);
        assertThat(unevenness(alone)).isLessThan(1e-4);
        assertThat(unevenness(hidden)).isGreaterThan(1);
        assertThat(hidden.evaluate(rings).get("accuracy")).as("rings, which no straight line separates").isGreaterThan(0.9);
    }

    private static Examples rings(int classes) {
        var random = new SplittableRandom(classes);
        var x = new float[80 * classes][];
        var y = new int[x.length];
        for (int i = 0; i < x.length; i++) {
            y[i] = i % classes;
            double turn = random.nextDouble(2 * Math.PI);
            double radius = (y[i] + 0.6 * random.nextDouble()) * 3 / classes;
            x[i] = new float[] {(float) (radius * Math.cos(turn)), (float) (radius * Math.sin(turn))};
        }
        return Examples.of(x, y);
    }

    /// By how much, at most, the logarithm of the odds of classes 0 and 1 half-way between two points is not the mean of theirs.
    private static double unevenness(Model model) {
        var ends = Random.uniform(Random.key(2), 2, 200, 2).mul(2).sub(1);
        var a = ends.at(0, 0);
        var b = ends.at(0, 1);
        var middle = odds(model, a.add(b).mul(0.5));
        return odds(model, a).add(odds(model, b)).mul(0.5).sub(middle).abs().max(new int[] {0}).itemAsDouble();
    }

    private static Tensor odds(Model model, Tensor x) {
        var p = model.predict(x).max(1e-30).log();
        return p.at(1, 0).sub(p.at(1, 1));
    }

    /// [46]: forward, cost, the same dropout mask backwards, update, all by hand, step by step beside the layers and the tape.
    @Test
    void aNetworkOfThreeLayersByHandGivesTheNumbersOfTheFramework() {
        var key = Random.key(5);
        var x = Random.normal(Random.key(1), 40, 4).cast(DType.F64);
        var y = x.square().sum(1).gt(4).cast(DType.F64).reshape(40, 1);
        var net = Sequential.of(Dense.of(8, "relu"), Dense.of(5, "relu"), Dropout.of(0.2), Dense.of(1, "sigmoid"));
        var start = Needs.of(net, DType.F64, x.type()).initial(3);
        var hand = new LinkedHashMap<>(start);
        var theirs = new LinkedHashMap<String, Variable>();
        start.forEach((path, value) -> theirs.put(path, Variable.of(path, value)));
        var loss = Loss.of("binary_crossentropy");
        var minimizer = Minimizer.of(Sgd.of(0.3));
        for (int step = 0; step < 25; step++) {
            var now = Random.split(key, 25)[step];
            var mask = Bound.of(Map.of("any", Tensor.of(1.0)), now, true).call("dropout", Dropout.of(0.2), Tensor.ones(40, 5)).gt(0).cast(DType.F64);
            double cost = byHand(hand, x, y, mask, 0.3);
            var given = minimizer.minimize(() -> {
                var values = new LinkedHashMap<String, Tensor>();
                theirs.forEach((path, variable) -> values.put(path, variable.value()));
                return loss.mean(net.apply(Bound.of(values, now, true), x), y, null);
            }, theirs.values().toArray(Variable[]::new));
            assertThat(given.itemAsDouble()).as("cost of step %d", step).isCloseTo(cost, within(1e-9));
        }
        theirs.forEach((path, variable) -> assertThat(variable.value().toDoubles()).as(path).containsExactly(hand.get(path).toDoubles(), within(1e-9)));
        assertThat(hand.get("dense/kernel").sub(start.get("dense/kernel")).abs().sum().itemAsDouble()).isGreaterThan(0.1);
    }

    /// One step of gradient descent on these weights; the cost before it.
    private static double byHand(Map<String, Tensor> p, Tensor x, Tensor y, Tensor mask, double rate) {
        double m = x.shape().dim(0);
        var z1 = x.matmul(p.get("dense/kernel")).add(p.get("dense/bias"));
        var a1 = z1.relu();
        var z2 = a1.matmul(p.get("dense_1/kernel")).add(p.get("dense_1/bias"));
        var a2 = z2.relu().mul(mask).div(0.8);
        var a3 = a2.matmul(p.get("dense_2/kernel")).add(p.get("dense_2/bias")).sigmoid();
        var cost = y.mul(a3.log()).add(y.neg().add(1).mul(a3.neg().add(1).log())).mean().neg();
        var dz3 = a3.sub(y).div(m);
        var dz2 = dz3.matmul(p.get("dense_2/kernel").transpose()).mul(mask).div(0.8).mul(z2.gt(0).cast(DType.F64));
        var dz1 = dz2.matmul(p.get("dense_1/kernel").transpose()).mul(z1.gt(0).cast(DType.F64));
        var slopes = Map.of("dense_2/kernel", a2.transpose().matmul(dz3), "dense_2/bias", dz3.sum(0), "dense_1/kernel", a1.transpose().matmul(dz2),
                "dense_1/bias", dz2.sum(0), "dense/kernel", x.transpose().matmul(dz1), "dense/bias", dz1.sum(0));
        p.replaceAll((path, value) -> value.sub(slopes.get(path).mul(rate)));
        return cost.itemAsDouble();
    }

    /// [39]: v and s of Adam start at 0, so that its first corrected step is α long whatever the gradient is.
    @Test
    void adamStartsFromNothing() {
        var adam = Adam.of(0.1);
        assertThat(adam.slots()).allSatisfy(slot -> assertThat(adam.initial(slot)).isZero());
        for (double gradient : new double[] {-10, 0.001, 300}) {
            var w = Variable.of("w", Tensor.scalar(0, DType.F64));
            Minimizer.of(adam).applyGradients(List.of(new Minimizer.Slope(Tensor.scalar(gradient, DType.F64), w)));
            assertThat(w.value().itemAsDouble()).isCloseTo(-0.1 * Math.signum(gradient), within(2e-6));
        }
    }
}
