package dev.caviar.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Fleet;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A matrix and a vector after three given gradients, in double precision, against Keras 3.15 and PyTorch 2.15.
class OptimizerSettingsTest {
    private static final double[] W = {1, -2, 0.5, 0.25, 3, -1};
    private static final double[] B = {0.5, -0.5};
    private static final double[][] SLOPES_W = {{0.5, -1, 2, 1, 0.25, -0.5}, {-1, 0.5, 1, 2, -0.25, 0.5}, {0.25, 1, -2, -1, 0.5, 1}};
    private static final double[][] SLOPES_B = {{1, -2}, {-0.5, -1}, {2, 0.5}};

    private static Tensor matrix(double[] values) {
        return Tensor.of(values).reshape(2, 3);
    }

    static Stream<Arguments> references() {
        return Stream.of(
                reference(Adafactor.of(0.5), 0.9428770234, -2.9869475887, 0.3486072920, -1.3602873754, 2.1615107042, -1.6606244165, 0.1542034223, -0.2197976025),
                reference(Adafactor.of(0.5).withFloored(true).withEpsilons(Math.ulp(1.0), 1e-3),
                        0.9428770234, -2.9869475887, 0.3486072920, -1.3602873754, 2.1615107042, -1.6606244165, 0.1542034223, -0.2197976025),
                reference(Adafactor.of(0.5).withClip(0.5).withPower(-0.5),
                        1.0159929182, -2.5341357336, 0.2594170209, -0.5898991770, 2.6500558930, -1.3240034136, 0.3422449678, -0.3329533329),
                reference(Muon.of(0.1), 1.0026386590, -2.0123283973, 0.4750719671, 0.1651680119, 2.9840668454, -1.0249770037, 0.3075556184, -0.2504162663),
                // Keras on PyTorch gives other numbers: it computes with the sequence z after the step where the one before is meant.
                reference(ScheduleFree.of(0.1), 0.9734108293, -1.9904665517, 0.4019094866, 0.0897537857, 2.9134456066, -1.0265543960, 0.3838215020, -0.3708454513),
                reference(Sgd.of(0.1).withAverage(0.5).withOverwrite(2), 0.975, -2.025, 0.45, 0.15, 2.9375, -1.075, 0.225, -0.3),
                reference(Adam.keras(0.1).withEpsilon(0.1).withScale(0.25),
                        1.0003049368, -1.9934010476, 0.4702258500, 0.2213633011, 2.9959047841, -1.0012877862, 0.4804202855, -0.4637106058),
                reference(Asgd.of(0.2).withLambda(0.1).withPower(0.5).withStart(0),
                        0.9907737437, -1.9845029444, 0.2845740822, -0.1489317045, 2.7276926820, -1.1388459974, -0.0164769521, 0.0096001205),
                reference(Rprop.of(0.1), 0.85, -1.95, 0.28, 0.03, 2.85, -0.95, 0.35, -0.28),
                reference(Sgd.of(0.1).withDecay(0.1).withCoupled(true).withScale(-1),
                        0.9453040000, -1.8891080000, 0.5801695000, 0.4385847500, 2.9606495000, -0.8698040000, 0.7336595000, -0.7301695000));
    }

    private static Arguments reference(Optimizer optimizer, double... expected) {
        return Arguments.of(optimizer, expected);
    }

    @ParameterizedTest
    @MethodSource("references")
    void threeStepsEndWhereKerasAndPyTorchDo(Optimizer optimizer, double[] expected) {
        var w = Variable.of("w", matrix(W));
        var b = Variable.of("b", Tensor.of(B));
        var minimizer = Minimizer.of(optimizer);
        for (int i = 0; i < 3; i++) {
            minimizer.applyGradients(List.of(new Minimizer.Slope(matrix(SLOPES_W[i]), w), new Minimizer.Slope(Tensor.of(SLOPES_B[i]), b)));
        }
        var all = DoubleStream.concat(DoubleStream.of(w.value().toDoubles()), DoubleStream.of(b.value().toDoubles())).toArray();
        assertThat(all).containsExactly(expected, within(1e-9));
    }

    /// n + m numbers for a matrix, and one for what is not used.
    @Test
    void adafactorKeepsRowsAndColumnsOnly() {
        var w = Tensor.zeros(7, 5);
        var optimizer = Adafactor.of(0.1).withDecay(0.1).withClip(Clipped.Form.NORM, 1);
        assertThat(optimizer.slots().stream().map(slot -> optimizer.start(slot, "w", w).shape())).containsExactly(Shape.of(7), Shape.of(5), Shape.of());
        assertThat(optimizer.slots().stream().map(slot -> optimizer.start(slot, "b", Tensor.zeros(4)).shape())).containsExactly(Shape.of(), Shape.of(), Shape.of(4));
    }

    /// A compiled step is the eager one: also where slots have shapes of their own. What is kept of a training goes on from it.
    @ParameterizedTest
    @MethodSource("trainable")
    void aModelTrainsAsAMinimizerDoes(Optimizer optimizer) {
        var x = Random.normal(Random.key(4), 24, 3);
        var y = x.slice(1, 0, 1).mul(2).sub(x.slice(1, 1, 2));
        var model = Model.of(Dense.of(4, "tanh"), Dense.of(1)).compile(optimizer, Loss.of("mse")).build(3);
        var variables = new ArrayList<Variable>();
        model.weights().forEach((path, buffer) -> variables.add(Variable.of(path, Tensor.wrap(buffer))));
        var minimizer = Minimizer.of(optimizer);
        for (int i = 0; i < 6; i++) {
            minimizer.minimize(() -> {
                var hidden = x.matmul(variables.get(0).value()).add(variables.get(1).value()).tanh();
                return hidden.matmul(variables.get(2).value()).add(variables.get(3).value()).sub(y).square().mean();
            }, variables.toArray(Variable[]::new));
        }
        model.fit(Examples.of(x.array().buffer(), y.array().buffer()), Fit.of().withBatch(24).withEpochs(6).withShuffle(false).withVerbosity(Verbosity.SILENT));
        int i = 0;
        for (var buffer : model.weights().values()) {
            assertThat(Tensor.wrap(buffer).toDoubles()).as(variables.get(i).name()).containsExactly(variables.get(i++).value().cast(DType.F64).toDoubles(), within(2e-5));
        }
    }

    static Stream<Optimizer> trainable() {
        return Stream.of(Adafactor.of(0.1), Muon.of(0.05).withDecay(0.1), ScheduleFree.of(0.05).withWarmUp(3), Asgd.of(0.1).withStart(2), Rprop.of(0.05),
                Adam.of(0.05).withAverage(0.5).withOverwrite(2), Muon.of(0.05).withRest(RmsProp.of(0.05).withMomentum(0.5), 0.5).withAccumulation(2),
                Groups.of(Adafactor.of(0.1)).with(".*bias", Adafactor.of(0.01)));
    }

    /// Members of a fleet that differ in a rate end as they do alone: slots of other shapes have lanes too.
    @Test
    void fleetsTrainWithSlotsOfTheirOwnShapes() {
        for (var of : List.<DoubleFunction<Optimizer>>of(Adafactor::of, rate -> Muon.of(rate).withDecay(0.1), ScheduleFree::of)) {
            var x = Random.normal(Random.key(6), 20, 3);
            var examples = Examples.of(x.array().buffer(), x.sum(1).expandDims(1).array().buffer());
            var fit = Fit.of().withBatch(8).withEpochs(3).withVerbosity(Verbosity.SILENT);
            var together = new ArrayList<Fleet.Member>();
            var alone = new ArrayList<Model>();
            for (double rate : new double[] {0.01, 0.1}) {
                together.add(new Fleet.Member(Model.of(Dense.of(4, "tanh"), Dense.of(1)).compile(of.apply(rate), Loss.of("mse")), examples, fit));
                var model = Model.of(Dense.of(4, "tanh"), Dense.of(1)).compile(of.apply(rate), Loss.of("mse"));
                model.fit(examples, fit);
                alone.add(model);
            }
            Fleet.fit(together);
            for (int i = 0; i < 2; i++) {
                assertThat(Tensor.wrap(together.get(i).model().predict(x.array().buffer())).toDoubles())
                        .containsExactly(Tensor.wrap(alone.get(i).predict(x.array().buffer())).toDoubles(), within(1e-5));
            }
        }
    }

    /// x, not y, is what schedule-free training is about; it is at hand as any average is.
    @Test
    void averagesOfScheduleFreeTraining() {
        var x = Random.normal(Random.key(5), 40, 2);
        var examples = Examples.of(x.array().buffer(), x.sum(1).expandDims(1).array().buffer());
        var model = Model.of(Dense.of(1)).compile(ScheduleFree.of(0.1), Loss.of("mse")).build(2);
        model.fit(examples, Fit.of().withBatch(8).withEpochs(30).withVerbosity(Verbosity.SILENT));
        double trained = model.evaluate(examples).get("loss");
        model.assign(model.averages());
        assertThat(model.evaluate(examples).get("loss")).isLessThan(1e-2).isNotEqualTo(trained);
        assertThatThrownBy(() -> ScheduleFree.of(0.1).withAverage(0.9)).hasMessageContaining("keeps an average of the weights already");
    }

    @Test
    void numbersThatCannotBeAreRefused() {
        assertThatThrownBy(() -> Adafactor.of(0.1).withPower(0.5)).hasMessageContaining("must be 0 or less");
        assertThatThrownBy(() -> Rprop.of(0.1).withFactors(1.5, 1.2)).hasMessageContaining("must be in (0, 1) and above 1");
        assertThatThrownBy(() -> ScheduleFree.of(0.1).withBeta1(0)).hasMessageContaining("beta1 0.0 must be in (0, 1)");
        assertThatThrownBy(() -> Muon.of(0.1).withMomentum(1)).hasMessageContaining("momentum 1.0 must be in [0, 1)");
        assertThatThrownBy(() -> Asgd.of(0.1).withLambda(-1)).hasMessageContaining("must be 0 or more");
        assertThat(Sgd.of(0.1).withScale(0.5).withScale(-1).factor()).isEqualTo(-0.5);
        for (var name : List.of("adafactor", "muon", "schedule_free", "asgd", "rprop")) {
            assertThat(Optimizer.of(name).rate().at(0, 0)).isPositive();
        }
    }

    /// A fall that is not worth it is left out.
    @Test
    void plateausMayLeaveSmallChangesOut() {
        var rule = Plateau.of(0.5, 0).withSmallest(0.2);
        var watch = rule.start(1).see(1).see(1).see(1).see(1);
        assertThat(watch.rate()).isEqualTo(0.25);
        assertThat(watch.see(1).see(1).rate()).isEqualTo(0.25);
    }

    /// PyTorch's `SequentialLR` and `ChainedScheduler` from a rate of 0.1.
    @Test
    void schedulesBehindOneAnotherAndAtOnce() {
        var sequence = Sequence.of(Schedule.constant(0.01)).then(3, Schedule.exponential(0.1, 0.9)).then(6, Polynomial.of(0.1, 0, 3));
        var chained = Chained.of(Schedule.exponential(0.1, 0.9).inSteps(), Polynomial.of(0.1, 1, 4).inSteps());
        double[] behind = {0.01, 0.01, 0.01, 0.1, 0.09, 0.081, 0.1, 0.066666666667, 0.033333333333, 0};
        double[] together = {0.01, 0.02925, 0.04455, 0.0564975, 0.06561, 0.059049, 0.0531441, 0.04782969, 0.043046721, 0.0387420489};
        for (int t = 0; t < 10; t++) {
            assertThat(sequence.at(99, t)).isCloseTo(behind[t], within(1e-11));
            assertThat(chained.at(t, 0)).isCloseTo(together[t], within(1e-10));
        }
        assertThat(Sequence.of(chained).then(100, chained).inSteps().at(103, 0)).isEqualTo(chained.at(3, 0));
        assertThatThrownBy(() -> sequence.then(5, chained)).hasMessageContaining("changed at [3, 6, 5]");
    }
}
