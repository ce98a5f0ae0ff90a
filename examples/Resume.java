// A training that was cut off goes on from its checkpoint to the same weights, to the last bit.
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.train.Checkpoint;
import dev.caviar.nn.train.Checkpoints;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.ReduceLROnPlateau;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

void main() throws Exception {
    var digits = DataSource.of("digits").load().train().limit(640);
    var fit = Fit.of().withEpochs(4).withVerbosity(Verbosity.SILENT).withCallbacks(ReduceLROnPlateau.of("loss", 0.5, 1));
    var whole = network();
    whole.fit(digits, fit);

    var kept = fit.withCheckpoints(Checkpoints.of(Files.createTempDirectory("checkpoints")).everySteps(10));
    var batches = new AtomicInteger();
    var first = network().fit(digits, kept.withStop(() -> batches.getAndIncrement() == 47));
    var checkpoint = Checkpoint.latest(kept.checkpoints().folder()).orElseThrow();
    IO.println("cut off: " + first.end() + " after step " + checkpoint.step() + ", batch " + checkpoint.batch() + " of epoch " + (checkpoint.epoch() + 1));

    var resumed = network();
    IO.println("resumed: " + resumed.fit(digits, kept).epochs().size() + " epochs");
    IO.println("the same bits: " + Arrays.equals(kernel(resumed), kernel(whole)));
}

Model network() {
    return Model.of(Flatten.of(), Dense.of(32, "relu"), BatchNorm.of(), Dropout.of(0.3), Dense.of(10, "softmax"))
            .compile("adam", "sparse_categorical_crossentropy");
}

float[] kernel(Model model) {
    return Tensor.wrap(model.weights().get("dense/kernel")).toFloats();
}
