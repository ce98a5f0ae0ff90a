package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.compile.Profile;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Functional;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Merge;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Scope;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.layer.Symbolic;
import dev.caviar.nn.layer.UnaryLayer;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What a user can see of a training: the time of each step of each program, and its memory beforehand.
class ProfileTest {
    enum Network {
        MLP(Flatten.of(), Dense.of(32).withBias(false), BatchNorm.of(), Activation.RELU, Dense.of(10, "softmax")),
        CNN(Conv2D.of(8, 3).withActivation(Activation.RELU), MaxPooling2D.of(2), Flatten.of(), Dense.of(10, "softmax")),
        RNN(Reshape.of(12, 12), LSTM.of(8), Dense.of(10, "softmax"));

        private final Layer[] layers;

        Network(Layer... layers) {
            this.layers = layers;
        }

        Model model() {
            return Model.of(layers).compile("adam", "sparse_categorical_crossentropy", "accuracy");
        }
    }

    private static Examples images(int n) {
        var random = new Random(1);
        var x = new float[n][12 * 12];
        var y = new int[n];
        for (int i = 0; i < n; i++) {
            y[i] = i % 10;
            for (int k = 0; k < x[i].length; k++) {
                x[i][k] = random.nextFloat() + (k % 10 == y[i] ? 1 : 0);
            }
        }
        var flat = Examples.of(x, y);
        return Examples.of(flat.x().as(flat.x().type().withShape(dev.caviar.engine.memory.Shape.of(n, 12, 12, 1))), flat.y());
    }

    @ParameterizedTest
    @EnumSource
    void everyStepOfATrainingIsTimedUnderItsLayerAndNoneRunsAReferenceRoutine(Network network) {
        var model = network.model();
        try (var profile = Profile.start()) {
            model.fit(images(72), Fit.of().withBatch(32).withEpochs(2).withValidation(images(10)).withVerbosity(Verbosity.SILENT));
            var names = List.of("train step, batch 32", "train step, batch 8", "evaluation, batch 10");
            var timings = profile.timings().stream().filter(timing -> names.contains(timing.program())).toList();
            assertThat(timings).extracting(Profile.Timing::program).containsExactlyInAnyOrderElementsOf(names);
            assertThat(timings).extracting(Profile.Timing::runs).containsExactly(4L, 2L, 2L);
            for (var timing : timings) {
                assertThat(timing.rows()).noneMatch(Profile.Row::reference);
            }
            var parts = timings.getFirst().rows().stream().map(row -> row.step().part()).toList();
            assertThat(parts).anyMatch(part -> part.startsWith("dense")).anyMatch(part -> part.contains("∇dense"))
                    .anyMatch(part -> part.contains("update/dense/kernel")).anyMatch(part -> part.startsWith("loss"));
        }
    }

    @Test
    void whetherABatchFitsIsKnownWithoutTrying() {
        var model = Network.MLP.model();
        var small = model.plan(images(64), Fit.of().withBatch(32));
        var large = model.plan(images(64), Fit.of().withBatch(64));
        assertThat(large.peakBytes()).isBetween(small.peakBytes() * 5 / 4, small.peakBytes() * 2);
        assertThat(small.givenBytes()).isGreaterThan(3 * 4 * model.parameters());
    }

    @Test
    void theLayerThatDivergesIsNamed() {
        Layer bad = new UnaryLayer() {
            @Override
            public Tensor apply(Scope s, Tensor x) {
                return x.sub(x.mean(0)).mul(s.scalar("nothing", 0)).log();
            }

            @Override
            public String kind() {
                return "centred_log";
            }
        };
        var model = Model.of(Flatten.of(), Dense.of(8, "relu"), bad, Dense.of(10, "softmax")).compile("sgd", "sparse_categorical_crossentropy");
        var fit = Fit.of().withBatch(32).withVerbosity(Verbosity.SILENT);
        assertThatThrownBy(() -> model.fit(images(64), fit.withNanCheck(true))).isInstanceOf(DivergedException.class)
                .hasMessageContaining("fit: in batch 1 of epoch 1: log in \"centred_log\"").hasMessageContaining("ProfileTest.java")
                .hasMessageContaining("Maybe keep what goes in away from 0");
        var broken = Examples.of(new float[][] {{1, Float.NaN}, {1, 2}}, new int[] {0, 1});
        assertThatThrownBy(() -> Model.of(Dense.of(2, "softmax")).compile("sgd", "sparse_categorical_crossentropy")
                .fit(broken, fit.withShuffle(false).withNanCheck(true))).hasMessageContaining("is the features").hasMessageContaining("NaN at [0, 1]");
    }

    @Test
    void recomputingIsTheSameTrainingInLessMemory() {
        var layers = new ArrayList<Layer>(List.of(Flatten.of()));
        for (int i = 0; i < 12; i++) {
            layers.addAll(List.of(Dense.of(32).withL2(0.01), BatchNorm.of(), Activation.RELU, Dropout.of(0.1)));
        }
        layers.add(Dense.of(10, "softmax"));
        var data = images(256);
        var losses = new ArrayList<List<Double>>();
        var peaks = new ArrayList<Long>();
        for (boolean recompute : new boolean[] {false, true}) {
            var model = Model.of(layers.toArray(Layer[]::new)).withSeed(3).compile("adam", "sparse_categorical_crossentropy");
            var fit = Fit.of().withBatch(256).withEpochs(2).withRecompute(recompute).withVerbosity(Verbosity.SILENT);
            peaks.add(model.plan(data, fit).peakBytes());
            losses.add(model.fit(data, fit).of("loss"));
        }
        assertThat(losses.get(1).get(1)).isCloseTo(losses.get(0).get(1), within(1e-4));
        assertThat(peaks.get(1)).isLessThan(peaks.get(0) * 6 / 10);
    }

    private static final int DEEP = 8;

    private static Layer block() {
        return Sequential.of(Dense.of(32, "tanh").withL2(0.01), BatchNorm.of(), Activation.RELU, Dropout.of(0.1));
    }

    /// Layers that lead around others, so that not one tensor alone leads from piece to piece.
    private static Model functional() {
        var x = Input.of("x", 12, 12, 1);
        Symbolic h = Dense.of(32).on("in", Flatten.of().on(x));
        for (int i = 0; i < DEEP; i++) {
            h = Merge.ADD.on(h, block().on("block_" + i, h));
        }
        return Model.of(x, Dense.of(10, "softmax").on("out", h));
    }

    private static Model own() {
        Layer loop = (s, x) -> {
            var h = s.call("in", Sequential.of(Flatten.of(), Dense.of(32)), x[0]);
            for (int i = 0; i < DEEP; i++) {
                h = h.add(s.call("block_" + i, block(), h).sigmoid().mul(h));
            }
            return s.call("out", Dense.of(10, "softmax"), h);
        };
        return Model.of(loop);
    }

    @Test
    void whateverAModelIsMadeOfItCanBeRecomputed() {
        var data = images(256);
        for (var kind : List.<Supplier<Model>>of(ProfileTest::functional, ProfileTest::own)) {
            for (int replicas : kind.get().layer() instanceof Functional ? new int[] {1} : new int[] {1, 2}) {
                var losses = new ArrayList<List<Double>>();
                var peaks = new ArrayList<Long>();
                for (boolean recompute : new boolean[] {false, true}) {
                    var model = kind.get().withSeed(3).compile("adam", "sparse_categorical_crossentropy");
                    var fit = Fit.of().withBatch(256).withEpochs(2).withRecompute(recompute).withReplicas(Replicas.of(replicas)).withVerbosity(Verbosity.SILENT);
                    peaks.add(peak(model, data, fit));
                    losses.add(model.fit(data, fit).of("loss"));
                }
                assertThat(losses.get(1).get(1)).isCloseTo(losses.get(0).get(1), within(1e-4));
                assertThat(peaks.get(1)).as("%s replicas", replicas).isLessThan(peaks.get(0) * 6 / 10);
            }
        }
    }

    /// Of the step, or of that of the first replica.
    private static long peak(Model model, Examples data, Fit fit) {
        if (fit.replicas().count() == 1) {
            return model.plan(data, fit).peakBytes();
        }
        var trainee = model.trainee(data, fit);
        try (var crew = new Crew(2); var step = new ReplicaStep(trainee.recipe, trainee.state, DType.F32, trainee.batches.types(0).withRows(256), Options.of(), fit.replicas(), crew)) {
            return step.programs().getFirst().plan().peakBytes();
        }
    }

    @Test
    void aRunAllocatesNothingWatchedOrNot() {
        var type = Type.of(DType.F32, 8, 8);
        var graph = Trace.of(in -> List.of(in.get(0).matmul(in.get(0)).relu().sum()), type);
        var in = List.of(Buffer.allocate(type));
        var out = List.of(Buffer.allocate(Type.of(DType.F32)));
        try (var program = Compiler.compile(graph, Options.of().withProvider(Provider.plain()))) {
            assertThat(leastBytes(() -> program.run(in, out))).as("unwatched").isZero();
            try (var _ = program.profile()) {
                assertThat(leastBytes(() -> program.run(in, out))).as("watched").isZero();
            }
        }
    }

    /// What one of many runs allocates, once the JVM has compiled it.
    private static long leastBytes(Runnable run) {
        var bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 20_000 && least > 0; i++) {
            long before = bean.getCurrentThreadAllocatedBytes();
            run.run();
            least = Math.min(least, bean.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
