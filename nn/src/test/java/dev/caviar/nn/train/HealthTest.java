package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Sgd;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HealthTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withBatch(32);

    private static Examples clouds(int n) {
        var random = new Random(7);
        var x = new float[n][2];
        var y = new int[n];
        for (int i = 0; i < n; i++) {
            y[i] = i % 3;
            x[i][0] = (float) (random.nextGaussian() * 0.3 + Math.cos(2.1 * y[i]));
            x[i][1] = (float) (random.nextGaussian() * 0.3 + Math.sin(2.1 * y[i]));
        }
        return Examples.of(x, y);
    }

    private static Model model(Layer... layers) {
        return Model.of(layers).withSeed(5).compile(Sgd.of(0.1), Loss.of("sparse_categorical_crossentropy"));
    }

    private static List<Finding.Kind> kinds(List<Finding> findings) {
        return findings.stream().map(Finding::kind).distinct().toList();
    }

    @Test
    void aSoundNetworkHasNoFindings() {
        var model = model(Dense.of(32, "relu").withKernelInit(Init.he()), BatchNorm.of(), Dropout.of(0.5), Dense.of(16, "tanh"), Dense.of(3, "softmax"));
        var before = Health.of(model, clouds(600));
        assertThat(before).isEmpty();
        var weights = model.weights();
        Health.of(model, clouds(600));
        model.weights().forEach((path, buffer) -> assertThat(buffer.memory().mismatch(weights.get(path).memory())).as(path).isEqualTo(-1));
        var found = new ArrayList<Finding>();
        model.fit(clouds(600), QUIET.withEpochs(8).withCallbacks(HealthMonitor.of().withListener(found::add)));
        assertThat(found).isEmpty();
    }

    @Test
    void gradientsVanishInDeepSigmoids() {
        var layers = new ArrayList<Layer>();
        for (int i = 0; i < 8; i++) {
            layers.add(Dense.of(8, "sigmoid"));
        }
        layers.add(Dense.of(3, "softmax"));
        var findings = Health.of(model(layers.toArray(Layer[]::new)), clouds(90));
        assertThat(kinds(findings)).containsExactly(Finding.Kind.VANISHING_GRADIENTS);
        assertThat(findings.getFirst().where()).isEqualTo("dense");
        assertThat(findings.getFirst().value()).isLessThan(1e-3).isPositive();
        assertThat(findings.getFirst().toString()).contains("vanishes").contains("\nMaybe").contains("He or Xavier");
    }

    @Test
    void gradientsExplodeBehindLargeWeights() {
        var layers = new ArrayList<Layer>();
        for (int i = 0; i < 6; i++) {
            layers.add(Dense.of(16).withKernelInit(Init.normal(3)));
        }
        layers.add(Dense.of(3).withKernelInit(Init.normal(3)));
        var model = Model.of(layers.toArray(Layer[]::new)).compile(Sgd.of(0.1), Loss.of("mse"));
        var x = new float[50][4];
        for (int i = 0; i < 50; i++) {
            x[i][i % 4] = 1;
        }
        var findings = Health.of(model, Examples.of(x, new float[50][3]));
        assertThat(kinds(findings)).contains(Finding.Kind.EXPLODING_GRADIENTS);
        assertThat(findings.getFirst().advice()).contains("clip").contains("He or Xavier");
    }

    @Test
    void unitsThatNeverFireAreDead() {
        var model = model(Dense.of(8, "relu").withKernelInit(Init.he()), Dense.of(3, "softmax")).build(2);
        var bias = Buffer.allocate(Type.of(DType.F32, 8));
        for (int i = 0; i < 6; i++) {
            bias.set(i, -100);
        }
        model.assign(Map.of("dense/bias", bias));
        var findings = Health.of(model, clouds(90));
        assertThat(kinds(findings)).containsExactly(Finding.Kind.DEAD_UNITS);
        assertThat(findings.getFirst().where()).isEqualTo("dense");
        assertThat(findings.getFirst().value()).isEqualTo(0.75);
        assertThat(findings.getFirst().problem()).contains("6 of 8 units gave 0 for each of 90 examples");
    }

    @Test
    void zeroInitialisationLeavesTheUnitsTheSame() {
        var model = model(Dense.of(8, "tanh").withKernelInit(Init.constant(0.3)), Dense.of(3, "softmax").withKernelInit(Init.constant(0.1)));
        var found = new ArrayList<Finding>();
        model.fit(clouds(90), QUIET.withEpochs(10).withCallbacks(HealthMonitor.of().withListener(found::add)));
        var symmetric = found.stream().filter(finding -> finding.kind() == Finding.Kind.SYMMETRIC_UNITS).toList();
        assertThat(symmetric).hasSize(1);
        assertThat(symmetric.getFirst().where()).isEqualTo("dense");
        assertThat(symmetric.getFirst().value()).isEqualTo(1);
        assertThat(symmetric.getFirst().problem()).contains("8 units have the same weights");
    }

    /// Gradients and what units give, of a training on a pipeline: shuffled, augmented, labels and all.
    @Test
    void aPipelineIsLookedAtToo() {
        var model = model(Dense.of(8, "relu").withKernelInit(Init.he()), Dense.of(3, "softmax").withKernelInit(Init.constant(0.1))).build(2);
        var bias = Buffer.allocate(Type.of(DType.F32, 8));
        for (int i = 0; i < 6; i++) {
            bias.set(i, -100);
        }
        model.assign(Map.of("dense/bias", bias));
        var found = new ArrayList<Finding>();
        var read = new AtomicInteger();
        var pipeline = Pipeline.of(clouds(500)).shuffle(40, 1).map(item -> {
            read.incrementAndGet();
            return item.withX(item.x().mul(1.01));
        }).batch(20);
        model.fit(pipeline, QUIET.withEpochs(3).withCallbacks(HealthMonitor.of().withListener(found::add)));
        assertThat(kinds(found)).contains(Finding.Kind.DEAD_UNITS);
        assertThat(found.getFirst().problem()).contains("6 of 8 units gave 0 for each of 256 examples");
        assertThat(read.get()).as("three epochs, the type, and a sample once").isBetween(1500 + 256, 1500 + 256 + 60);
    }

    @Test
    void aRateThatIsTooLargeMakesTheLossRise() {
        var found = new ArrayList<Finding>();
        var rate = LearningRateScheduler.of((epoch, _) -> epoch < 3 ? 0.3 : 3000);
        model(Dense.of(8, "tanh"), Dense.of(3, "softmax")).fit(clouds(300), QUIET.withEpochs(12).withCallbacks(rate,
                HealthMonitor.of().withListener(found::add)));
        var rising = found.stream().filter(finding -> finding.kind() == Finding.Kind.RISING_LOSS).toList();
        assertThat(rising).hasSize(1);
        assertThat(rising.getFirst().value()).isGreaterThan(0.1);
        assertThat(rising.getFirst().problem()).contains("for 5 epochs");
        assertThat(rising.getFirst().advice()).containsSubsequence("learning rate (now 3000.0) is too large", "clip");
    }

    /// What is the same in all units is 0 in all of them: one finding, not two with different advice.
    @Test
    void unitsThatAreAllZeroFromTheBeginningAreSymmetricNotDead() {
        var zeros = model(Dense.of(8, "tanh").withKernelInit(Init.zeros()), Dense.of(3, "softmax").withKernelInit(Init.zeros())).build(2);
        assertThat(kinds(Health.of(zeros, clouds(90)))).contains(Finding.Kind.SYMMETRIC_UNITS).doesNotContain(Finding.Kind.DEAD_UNITS);
    }

    @Test
    void aLossThatStandsStillIsAPlateauOrNeverBegan() {
        var slow = new ArrayList<Finding>();
        var model = model(Dense.of(8, "tanh"), Dense.of(3, "softmax")).compile(Sgd.of(1e-7), Loss.of("sparse_categorical_crossentropy"));
        model.fit(clouds(90), QUIET.withBatch(90).withEpochs(9).withCallbacks(HealthMonitor.of().withWindow(3).withListener(slow::add)));
        assertThat(kinds(slow)).containsExactly(Finding.Kind.SLOW);
        assertThat(slow).hasSize(1);
        assertThat(slow.getFirst().advice()).containsSubsequence("initialisation", "mini-batches (now each is all the data)", "Adam", "learning rate (now 1.0E-7)");

        var plateau = new ArrayList<Finding>();
        var stalled = LearningRateScheduler.of((epoch, _) -> epoch < 3 ? 0.3 : 0);
        model(Dense.of(8, "tanh"), Dense.of(3, "softmax")).fit(clouds(300),
                QUIET.withShuffle(false).withEpochs(9).withCallbacks(stalled, HealthMonitor.of().withWindow(3).withListener(plateau::add)));
        assertThat(kinds(plateau)).containsExactly(Finding.Kind.PLATEAU);
        assertThat(plateau.getFirst().advice()).contains("Momentum, RMSprop or Adam");
        assertThatThrownBy(() -> HealthMonitor.of().withEvery(0)).hasMessageContaining("must be 1 or more");
    }
}
