package dev.caviar.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.layer.MovingAverage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class OptimizerTest {
    /// w after each step on a cost, from w = 0.
    private static double[] trajectory(Optimizer optimizer, int steps, Function<Variable, Tensor> cost) {
        var w = Variable.of("w", 0);
        var minimizer = Minimizer.of(optimizer);
        var out = new double[steps + 1];
        for (int i = 1; i <= steps; i++) {
            minimizer.minimize(() -> cost.apply(w), w);
            out[i] = w.value().item();
        }
        return out;
    }

    /// w² − 10w + 25
    private static Tensor parabola(Variable w) {
        return w.value().square().sub(w.value().mul(10)).add(25);
    }

    private static void isTheNotesTrajectory(double[] w) {
        assertThat(w[1]).isCloseTo(0.1, within(1e-6));
        assertThat(w[2]).isCloseTo(0.199942, within(1e-6));
        assertThat(w[10]).isCloseTo(0.992398, within(1e-6));
        assertThat(w[100]).isCloseTo(5.039004, within(1e-5));
        assertThat(w[1001]).isCloseTo(5.000001, within(1e-5));
        assertThat(DoubleStream.of(w).max().orElseThrow()).isCloseTo(5.03964, within(1e-5));
    }

    @Test
    void adamFindsTheMinimumAsInTheNotes() {
        isTheNotesTrajectory(trajectory(Adam.of(0.1), 1001, OptimizerTest::parabola));
    }

    @Test
    void coefficientsMayBeData() {
        var x = Tensor.of(1f, -10f, 25f);
        isTheNotesTrajectory(trajectory(Adam.of(0.1), 1001,
                w -> x.at(0, 0).mul(w.value().square()).add(x.at(0, 1).mul(w.value())).add(x.at(0, 2))));
    }

    @Test
    void withoutCorrectionTheFirstStepIsTooLong() {
        assertThat(trajectory(Adam.of(0.1).withCorrected(false), 1, OptimizerTest::parabola)[1]).isCloseTo(0.3162, within(1e-4));
    }

    @Test
    void gradientDescentInItsPlace() {
        var w = trajectory(Sgd.of(0.1), 1000, OptimizerTest::parabola);
        assertThat(w[1]).isCloseTo(1.0, within(1e-6));
        assertThat(w[1000]).isCloseTo(5.0, within(1e-5));
    }

    @Test
    void momentumWithoutBetaIsGradientDescentBitForBit() {
        var plain = trajectory(Sgd.of(0.1), 50, OptimizerTest::parabola);
        assertThat(trajectory(Momentum.of(0.1, 0), 50, OptimizerTest::parabola)).isEqualTo(plain);
        assertThat(trajectory(Momentum.of(0.1, 0).withAveraged(true), 50, OptimizerTest::parabola)).isEqualTo(plain);
    }

    /// The notes' form with rate α is the frameworks' form with rate (1−β)·α.
    @Test
    void theTwoFormsOfMomentumDifferByAFactor() {
        var notes = trajectory(Momentum.of(0.1, 0.9).withAveraged(true), 30, OptimizerTest::parabola);
        var frameworks = trajectory(Momentum.of(0.01, 0.9), 30, OptimizerTest::parabola);
        assertThat(notes).usingComparatorWithPrecision(1e-4).containsExactly(frameworks);
    }

    @Test
    void gradientsMayBeAppliedAsAStepOfTheirOwn() {
        var w = Variable.of("w", 0);
        var minimizer = Minimizer.of(Adam.of(0.1));
        minimizer.applyGradients(List.of(new Minimizer.Slope(Tensor.scalar(-10), w)));
        assertThat(w.value().item()).isCloseTo(0.1f, within(1e-6f));
        assertThat(minimizer.step()).isEqualTo(1);
        assertThatThrownBy(() -> Trace.of(in -> {
            minimizer.applyGradients(List.of(new Minimizer.Slope(Tensor.scalar(1), w)));
            return List.of();
        })).hasMessageContaining("inside a traced function");
    }

    @Test
    void schedulesOfTheNotes() {
        var smooth = Schedule.exponential(0.1, 0.96).every(10000).inSteps();
        assertThat(smooth.at(10000, 0)).isCloseTo(0.096, within(1e-12));
        assertThat(smooth.at(5000, 0)).isCloseTo(0.0979796, within(1e-7));
        assertThat(smooth.at(20000, 0)).isCloseTo(0.09216, within(1e-12));
        assertThat(smooth.withStaircase(true).at(5000, 0)).isEqualTo(0.1);
        assertThat(Schedule.exponential(1, 0.95).at(0, 3)).isCloseTo(0.857375, within(1e-12));
        assertThat(Schedule.inverse(0.2, 1).at(99, 0)).isEqualTo(0.2);
        assertThat(Schedule.inverse(0.2, 1).at(99, 3)).isCloseTo(0.05, within(1e-12));
        assertThat(Schedule.inverseRoot(0.2, 2).at(0, 3)).isCloseTo(0.2, within(1e-12));
        assertThat(Schedule.inverseRoot(0.2, 2).inSteps().at(15, 0)).isCloseTo(0.1, within(1e-12));
    }

    /// A scalar of the step carries every number: none is part of a compiled program.
    @Test
    void otherNumbersGiveTheSameGraph() {
        assertThat(graph(Sgd.of(0.1))).isEqualTo(graph(Sgd.of(0.2)));
        assertThat(graph(Momentum.of(0.1, 0.5))).isEqualTo(graph(Momentum.of(0.2, 0.7)));
        assertThat(graph(RmsProp.of(0.1))).isEqualTo(graph(RmsProp.of(0.2).withRho(0.5).withEpsilon(1e-3)));
        assertThat(graph(Adam.of(0.1))).isEqualTo(graph(Adam.keras(0.2).withBeta1(0.5).withBeta2(0.7).withCorrected(false)));
        assertThat(graph(Nadam.of(0.1))).isEqualTo(graph(Nadam.keras(0.2).withBeta1(0.5)));
        assertThat(graph(RAdam.of(0.1))).isEqualTo(graph(RAdam.of(0.2).withBeta2(0.5)));
        assertThat(graph(Adagrad.of(0.1))).isEqualTo(graph(Adagrad.of(0.2).withInitial(1)));
        assertThat(graph(Adadelta.of(1))).isEqualTo(graph(Adadelta.keras(0.2)));
        assertThat(graph(Lion.of(1))).isEqualTo(graph(Lion.of(0.2).withBeta1(0.5)));
        assertThat(graph(Ftrl.of(1))).isEqualTo(graph(Ftrl.of(0.2).withL1(0.1).withL2(0.1).withPower(-1).withShrinkage(1)));
        assertThat(graph(Lamb.of(1))).isEqualTo(graph(Lamb.of(0.2).withEpsilon(1)));
        assertThat(graph(Adafactor.of(1))).isEqualTo(graph(Adafactor.of(0.2).withEpsilons(1e-3, 1e-2).withClip(2).withPower(-0.5)));
        assertThat(graph(ScheduleFree.of(1))).isEqualTo(graph(ScheduleFree.of(0.2).withBeta1(0.5).withWarmUp(3)));
        assertThat(graph(Muon.of(1))).isEqualTo(graph(Muon.of(0.2).withMomentum(0.5).withCoefficients(1, 2, 3).withMatch(0.1)));
        assertThat(graph(Asgd.of(1))).isEqualTo(graph(Asgd.of(0.2).withLambda(0.5).withStart(3)));
        assertThat(graph(Rprop.of(1))).isEqualTo(graph(Rprop.of(0.2).withFactors(0.1, 3).withLimits(0.1, 1)));
        assertThat(graph(Sgd.of(1).withScale(2))).isEqualTo(graph(Sgd.of(0.2).withScale(-1)));
        assertThat(graph(Sgd.of(1).withDecay(0.1))).isEqualTo(graph(Sgd.of(0.2).withDecay(0.2)));
        assertThat(graph(Sgd.of(1).withClip(Clipped.Form.NORM, 1))).isEqualTo(graph(Sgd.of(0.2).withClip(Clipped.Form.NORM, 2)));
        assertThat(graph(Sgd.of(1).withAccumulation(2))).isEqualTo(graph(Sgd.of(0.2).withAccumulation(7)));
        assertThat(graph(Sgd.of(1).withAverage(0.9))).isEqualTo(graph(Averaged.equal(Sgd.of(0.2), 3, 4)));
    }

    private static String graph(Optimizer optimizer) {
        var type = Type.of(DType.F32, 3);
        var types = new ArrayList<>(List.of(type, type));
        optimizer.slots().forEach(_ -> types.add(type));
        optimizer.scalars().forEach(_ -> types.add(Type.of(DType.F32)));
        return Trace.of(in -> {
            var slots = new HashMap<String, Tensor>();
            var scalars = new HashMap<String, Tensor>();
            int i = 2;
            for (var name : optimizer.slots()) {
                slots.put(name, in.get(i++));
            }
            for (var name : optimizer.scalars()) {
                scalars.put(name, in.get(i++));
            }
            var update = optimizer.update(in.get(0), in.get(1), slots, scalars);
            var out = new ArrayList<>(List.of(update.param()));
            optimizer.slots().forEach(name -> out.add(update.slots().get(name)));
            return out;
        }, types).print();
    }

    @Test
    void namesAreThoseOfTheFrameworks() {
        assertThat(Optimizer.of("sgd")).isEqualTo(Sgd.of(0.01));
        assertThat(Optimizer.of("Adam")).isEqualTo(Adam.of(0.001));
        assertThatThrownBy(() -> Optimizer.of("adamant")).hasMessageContaining("\"adamant\"").hasMessageContaining("\nMaybe one of sgd");
        assertThatThrownBy(() -> Momentum.of(0.1, 1)).hasMessageContaining("beta 1.0");
    }

    @Test
    void everyNameFindsTheMinimum() {
        for (var name : List.of("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "amsgrad", "nadam", "radam", "adamax", "adagrad",
                "adadelta", "lion", "ftrl", "lamb")) {
            double rate = switch (name) {
                case "adagrad", "ftrl" -> 2;
                case "adadelta" -> 500;
                case "sgd", "momentum", "nesterov", "lamb" -> 0.02;
                default -> 0.05;
            };
            var optimizer = Optimizer.of(name).withRate(rate);
            var w = Variable.of("w", 1);
            var minimizer = Minimizer.of(optimizer);
            for (int i = 0; i < 400; i++) {
                minimizer.minimize(() -> parabola(w), w);
            }
            assertThat(w.value().item()).as(name).isCloseTo(5f, within(0.2f));
        }
    }

    /// Three batches, one step: that of the mean gradient; nothing moves before.
    @Test
    void accumulatedGradientsStepTogether() {
        var w = Variable.of("w", 1);
        var minimizer = Minimizer.of(Momentum.of(0.1, 0.9).withRate(Schedule.exponential(0.1, 0.5).inSteps()).withAccumulation(3));
        for (double gradient : new double[] {1, 2, 6, 3, 3, 3}) {
            minimizer.applyGradients(List.of(new Minimizer.Slope(Tensor.scalar(gradient), w)));
            assertThat(w.value().item()).isCloseTo(minimizer.step() < 3 ? 1f : minimizer.step() < 6 ? 0.7f : 0.28f, within(1e-6f));
        }
    }

    @Test
    void averagesFollowTheWeights() {
        var ema = slot(Averaged.exponential(Sgd.of(1), 0.5), 4);
        assertThat(ema).containsExactly(1, 1.5, 2.25, 3.125);
        var corrected = slot(Averaged.exponential(Sgd.of(1), 0.5).withCorrected(true), 4);
        assertThat(corrected).usingComparatorWithPrecision(1e-6).containsExactly(1, 5.0 / 3, 17.0 / 7, 49.0 / 15);
        assertThat(slot(Averaged.equal(Sgd.of(1), 1, 2), 6)).usingComparatorWithPrecision(1e-6).containsExactly(1, 2, 2, 3, 3, 4);
    }

    /// The average after each step, the weights being 1, 2, 3 …
    private static double[] slot(Averaged optimizer, int steps) {
        var w = Tensor.scalar(0);
        var average = Tensor.scalar(0);
        var out = new double[steps];
        for (int i = 0; i < steps; i++) {
            var scalars = new HashMap<String, Tensor>();
            for (var name : optimizer.scalars()) {
                scalars.put(name, Tensor.scalar(optimizer.scalar(name, i, 0)));
            }
            var update = optimizer.update(w, Tensor.scalar(-1), java.util.Map.of(Averaged.SLOT, average), scalars);
            w = update.param();
            average = update.slots().get(Averaged.SLOT);
            out[i] = average.item();
        }
        return out;
    }

    @Test
    void groupsGoByTheirOwnNumbersAndDecaySparesWhatIsExcepted() {
        var optimizer = Groups.of(Sgd.of(0.1).withDecay(0.5).withExcept(".*bias")).with("head/.*", Sgd.of(1).withDecay(0));
        var all = List.of(variable("body/kernel"), variable("head/kernel"), variable("body/bias"));
        var minimizer = Minimizer.of(optimizer);
        minimizer.applyGradients(all.stream().map(v -> new Minimizer.Slope(Tensor.scalar(1), v)).toList());
        assertThat(all.stream().map(v -> v.value().itemAsDouble()).toList()).usingElementComparator(
                (a, b) -> Math.abs(a - b) < 1e-6 ? 0 : 1).containsExactly(1 - 0.05 - 0.1, 0.0, 0.9);
        assertThatThrownBy(() -> Groups.of(Sgd.of(1)).with("x", Adam.of(1))).hasMessageContaining("\nMaybe use the same method");
    }

    private static Variable variable(String name) {
        return Variable.of(name, 1);
    }

    @Test
    void movingAverageOfTheNotes() {
        var days = MovingAverage.of(0.9);
        assertThat(days.over(10, 10, 10)).usingComparatorWithPrecision(1e-12).containsExactly(1, 1.9, 2.71);
        assertThat(days.withCorrected(true).over(10, 10, 10)).usingComparatorWithPrecision(1e-12).containsExactly(10, 10, 10);
        assertThat(MovingAverage.of(0.98).window()).isCloseTo(50, within(1e-9));
    }

    @Test
    void scalarsMayHaveSchedules() {
        var cycle = OneCycle.of(0.1, 40).inSteps();
        var optimizer = Scalars.of(Momentum.of(0.1, 0.9).withRate(cycle)).with("beta", cycle.momentum(0.85, 0.95));
        assertThat(optimizer.scalar("beta", 0, 0)).isCloseTo(0.95, within(1e-12));
        assertThat(optimizer.scalar("beta", 11, 0)).isCloseTo(0.85, within(1e-12));
        assertThat(optimizer.scalar("learning_rate", 11, 0)).isCloseTo(0.1, within(1e-12));
        var triangles = Cyclic.of(0.01, 0.1, 4, 2).inSteps();
        assertThat(java.util.stream.IntStream.of(0, 2, 4, 5, 6).mapToDouble(step -> triangles.momentum(0.8, 0.9).at(step, 0)).toArray())
                .as("as PyTorch's CyclicLR").containsExactly(new double[] {0.9, 0.85, 0.8, 0.85, 0.9}, within(1e-12));
        assertThatThrownBy(() -> Scalars.of(Sgd.of(1)).with("beta", cycle)).hasMessageContaining("it has [learning_rate]");
    }
}
