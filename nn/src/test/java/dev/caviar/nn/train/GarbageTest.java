package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.caviar.engine.kernel.MachineCode;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GRU;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Masking;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Reshape;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// A step allocates nothing on the heap once the JVM has compiled what surrounds the loops.
@Tag("alone")
class GarbageTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /// Counts what the steps of an epoch allocate, and ends the training at the first epoch in which that is nothing.
    private static final class Count implements Callback {
        private long least = Long.MAX_VALUE;
        private long before;

        @Override
        public void onBatchEnd(Run run) {
            long now = THREADS.getCurrentThreadAllocatedBytes();
            if (run.batch() == 1) {
                before = now;
            } else if (run.batch() == run.batches() - 2) {
                least = Math.min(least, now - before);
            }
        }

        @Override
        public void onEpochEnd(Run run) {
            if (least == 0) {
                run.stop("nothing was allocated");
            }
        }
    }

    static Stream<Arguments> models() {
        List<Layer> mlp = List.of(Flatten.of(), Dense.of(16), BatchNorm.of(), Activation.RELU, Dropout.of(0.2), Dense.of(10, "softmax"));
        List<Layer> cnn = List.of(Reshape.of(8, 8, 1), Conv2D.of(16, 3).withPadding("same"), Conv2D.of(16, 3).withPadding("same").withGroups(2), Activation.RELU,
                MaxPooling2D.of(2), Flatten.of(), Dense.of(10, "softmax"));
        List<Layer> lstm = List.of(Reshape.of(8, 8), LSTM.of(16), Dense.of(10, "softmax"));
        List<Layer> gru = List.of(Reshape.of(8, 8), Masking.of(0), GRU.of(16).withRecurrentDropout(0.2), Dense.of(10, "softmax"));
        return Stream.of(mlp, cnn, lstm, gru).flatMap(layers -> Stream.of(1, 2).map(threads -> Arguments.of(layers, threads)));
    }

    @ParameterizedTest
    @MethodSource("models")
    void aStepMakesNoGarbage(List<Layer> layers, int threads) throws Exception {
        Assumptions.assumeTrue(MachineCode.isSupported() && Provider.best().name().equals("onednn"), "elsewhere it hangs on the JVM's compiler");
        var digits = DataSource.of("digits").load().train().limit(640);
        var count = new Count();
        Model.of(layers.toArray(Layer[]::new)).withNormaliser(Normaliser.fit(digits)).compile("adam", "sparse_categorical_crossentropy", "accuracy")
                .fit(digits, Fit.of().withEpochs(3000).withBatch(32).withThreads(threads).withVerbosity(Verbosity.SILENT).withCallbacks(count));
        assertThat(count.least).isZero();
    }
}
