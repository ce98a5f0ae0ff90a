package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Augment;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineResumeTest {
    private static final Examples DIGITS = DataSource.of("digits").load().train().limit(100);
    private static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT).withEpochs(4);

    private static Model model() {
        return Model.of(Flatten.of(), Dense.of(8, "relu"), Dropout.of(0.2), Dense.of(10, "softmax")).compile("adam", "sparse_categorical_crossentropy");
    }

    private static Pipeline images(Examples examples, int threads) {
        return Pipeline.of(examples).shuffle(40, 1).augment(Augment.of().withShift(0.2, 0.2), 2).batch(16).parallel(threads);
    }

    @Test
    void aTrainingGoesOnInTheMiddleOfAPassAsIfItHadNotEnded(@TempDir Path folder) {
        var whole = model();
        whole.fit(images(DIGITS, 1), QUIET);
        var asked = new AtomicInteger();
        var checkpoints = Checkpoints.of(folder);
        var cut = model().fit(images(DIGITS, 2), QUIET.withCheckpoints(checkpoints).withStop(() -> asked.incrementAndGet() > 11));
        assertThat(cut.end()).isEqualTo(History.End.INTERRUPTED);
        var resumed = model();
        var history = resumed.fit(images(DIGITS, 3), QUIET.withCheckpoints(checkpoints));
        assertThat(history.epochs()).hasSize(4);
        var wanted = whole.weights();
        resumed.weights().forEach((path, value) -> assertThat(Tensor.wrap(value).toFloats()).as(path).isEqualTo(Tensor.wrap(wanted.get(path)).toFloats()));
        assertThatThrownBy(() -> model().fit(images(DIGITS.select(IntStream.range(0, 100).map(i -> 99 - i).toArray()), 1),
                QUIET.withEpochs(5).withCheckpoints(checkpoints))).as("other data of the same size").hasMessageContaining("training data");
    }
}
