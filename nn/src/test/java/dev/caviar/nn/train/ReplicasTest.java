package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.UnaryLayer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Clipped;
import dev.caviar.nn.optim.Momentum;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicasTest {
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withEpochs(4).withBatch(16).withSeed(3);

    @TempDir
    Path folder;

    /// 43 images, so that the last batch of 16 has 11 and is split unevenly.
    private static Examples images() {
        var y = Buffer.allocate(Type.of(DType.I64, 43));
        for (int i = 0; i < 43; i++) {
            y.setLong(i, i % 3);
        }
        return Examples.of(Random.normal(Random.key(5), 43, 6, 6, 2).array().buffer(), y);
    }

    private static Model model() {
        return Model.of(Conv2D.of(4, 3), BatchNorm.of().withMomentum(0.8), Activation.RELU, MaxPooling2D.of(2), Dropout.of(0.2), Flatten.of(),
                        Dense.of(8).withL2(0.01), BatchNorm.of(), Activation.TANH, Dropout.of(0.3), Dense.of(3, "softmax")).withSeed(2)
                .compile(Momentum.of(0.05, 0.9).withClip(Clipped.Form.GLOBAL_NORM, 1), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
    }

    private static History fit(Model model, Replicas replicas) {
        return model.fit(images(), QUIET.withValidation(images()).withReplicas(replicas));
    }

    private static void close(History one, History other) {
        for (var name : List.of("loss", "accuracy", "val_loss", "val_accuracy")) {
            for (int epoch = 0; epoch < one.epochs().size(); epoch++) {
                assertThat(one.of(name).get(epoch)).as("%s of epoch %d", name, epoch).isCloseTo(other.of(name).get(epoch), within(1e-5));
            }
        }
    }

    private static float[] floats(Model model, String path) {
        return Tensor.wrap(model.weights().get(path)).toFloats();
    }

    @Test
    void anyNumberTrainsAsOne() {
        var one = fit(model(), Replicas.of(1));
        for (int count : new int[] {2, 3, 20}) {
            close(fit(model(), Replicas.of(count)), one);
        }
    }

    @Test
    void theSameNumberGivesTheSameBits() {
        var first = model();
        var second = model();
        assertThat(fit(first, Replicas.of(3)).epochs()).extracting(History.Epoch::values)
                .isEqualTo(fit(second, Replicas.of(3)).epochs().stream().map(History.Epoch::values).toList());
        for (var path : first.weights().keySet()) {
            assertThat(floats(first, path)).isEqualTo(floats(second, path));
        }
    }

    @Test
    void normsThatAreNotSyncedUseTheirOwnRows() {
        var synced = fit(model(), Replicas.of(2));
        var apart = fit(model(), Replicas.of(2).withSynced(false));
        assertThat(Math.abs(apart.last("loss") - synced.last("loss"))).isGreaterThan(1e-4);
        assertThat(apart.last("loss")).isLessThan(apart.of("loss").getFirst());

        // One step: the running mean is that of the parts' means, which for equal parts is the mean of the batch.
        var whole = model();
        var halves = model();
        var once = QUIET.withEpochs(1).withBatch(42);
        var even = images().limit(42);
        whole.fit(even, once);
        halves.fit(even, once.withReplicas(Replicas.of(2).withSynced(false)));
        assertThat(floats(halves, "batch_norm/moving_mean")).containsExactly(floats(whole, "batch_norm/moving_mean"), within(1e-6f));
        assertThat(floats(halves, "batch_norm/moving_variance")).isNotEqualTo(floats(whole, "batch_norm/moving_variance"));
    }

    @Test
    void halfPrecisionScalesTheLossOfAllReplicas() {
        var one = model().withPrecision("mixed_float16");
        var two = model().withPrecision("mixed_float16");
        double single = fit(one, Replicas.of(1)).last("loss");
        assertThat(fit(two, Replicas.of(2)).last("loss")).isCloseTo(single, within(0.05));
    }

    @Test
    void anInterruptedOneIsResumedToTheSameBits() {
        var bare = QUIET.withReplicas(Replicas.of(2));
        var whole = model();
        whole.fit(images(), bare);
        var kept = bare.withCheckpoints(Checkpoints.of(folder));
        var asked = new AtomicInteger();
        model().fit(images(), kept.withStop(() -> asked.getAndIncrement() == 5));
        assertThatThrownBy(() -> model().fit(images(), kept.withReplicas(Replicas.of(1)))).hasMessageContaining("replicas");
        var resumed = model();
        resumed.fit(images(), kept);
        assertThat(floats(resumed, "dense/kernel")).isEqualTo(floats(whole, "dense/kernel"));
    }

    @Test
    void aFailureInOneReplicaEndsAll() {
        var failing = Model.of(Dense.of(4, "relu"), BatchNorm.of(), (UnaryLayer) (s, x) -> new Failing().on(x), Dense.of(3, "softmax"))
                .compile("sgd", "sparse_categorical_crossentropy");
        var examples = Examples.of(new float[8][2], new int[8]);
        assertThatThrownBy(() -> failing.fit(examples, QUIET.withBatch(8).withReplicas(Replicas.of(2)))).hasMessageContaining("on purpose");
        assertThatThrownBy(() -> Replicas.of(0)).hasMessageContaining("not in 1 to 1024");
        assertThatThrownBy(() -> Fleet.fit(List.of(new Fleet.Member(model(), images(), QUIET.withReplicas(Replicas.of(2))))))
                .hasMessageContaining("replicas");
    }

    private record Failing() implements dev.caviar.engine.tensor.CustomOp {
        private static final AtomicInteger RUNS = new AtomicInteger();

        @Override
        public String label() {
            return "failing";
        }

        @Override
        public List<Type> infer(List<Type> in) {
            return in;
        }

        @Override
        public List<Tensor> vjp(dev.caviar.engine.tensor.Vjp v) {
            return dev.caviar.engine.tensor.Vjp.one(v.grad());
        }

        @Override
        public void run(dev.caviar.engine.tensor.Args a) {
            if (RUNS.getAndIncrement() == 1) {
                throw new IllegalStateException("on purpose");
            }
            a.out(0).copyFrom(a.in(0));
        }

        @Override
        public List<dev.caviar.engine.tensor.Sample> samples() {
            return List.of();
        }
    }
}
