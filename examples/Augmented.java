// A data pipeline: images changed a little each time, on several threads, with a place that is found again exactly.
import dev.caviar.nn.data.Augment;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Pipeline;
import dev.caviar.nn.data.Position;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Rescaling;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Files;
import java.util.Arrays;

void main() throws Exception {
    var digits = DataSource.of("digits").load();
    var augment = Augment.of().withShift(0.07, 0.07).withRotation(0.02).withFill(0);
    var images = Pipeline.of(digits.train()).shuffle(1).augment(augment, 2).batch(32);
    var model = Model.of(Flatten.of(), Rescaling.of(1 / 16.0), Dense.of(64, "relu"), Dense.of(10, "softmax"))
            .compile("adam", "sparse_categorical_crossentropy", "accuracy");
    model.fit(images.parallel(), Fit.of().withEpochs(30).withVerbosity(Verbosity.SILENT));
    IO.println("test accuracy %.3f".formatted(model.evaluate(digits.test()).get("accuracy")));

    Position place;
    float[] eleventh;
    try (var pass = images.parallel(2).open(7)) {
        for (int i = 0; i < 10; i++) {
            pass.next();
        }
        place = pass.position();
        eleventh = pass.next().x().toFloats();
    }
    IO.println(place.toJson());
    try (var pass = images.parallel(3).open(Position.fromJson(place.toJson()))) {
        IO.println("batch 11 again: " + Arrays.equals(pass.next().x().toFloats(), eleventh));
    }
    IO.println("one thread, the same batches: " + images.examples().sha256().equals(images.parallel(4).prefetch(2).examples().sha256()));

    var file = Files.createTempDirectory("pipeline").resolve("cache");
    var cached = Pipeline.of(digits.train()).cache(file);
    IO.println("every label once more: " + cached.examples().sha256().equals(digits.train().sha256()));

    try {
        Model.of(Dense.of(2, "softmax")).compile("sgd", "sparse_categorical_crossentropy").fit(new float[][] {{1, 2}, {3, Float.NaN}}, new int[] {0, 1}, Fit.of());
    } catch (DataException e) {
        IO.println(e.getMessage());
    }
}
