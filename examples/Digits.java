// A network on handwritten digits, trained, evaluated, saved, loaded and asked.
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.train.EarlyStopping;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import java.nio.file.Files;

void main() throws Exception {
    var digits = DataSource.of("digits").load();
    var model = Model.of(Flatten.of(), Dense.of(64), BatchNorm.of(), Activation.RELU, Dropout.of(0.2), Dense.of(10, "softmax"))
            .withNormaliser(Normaliser.fit(digits.train())).withClasses(digits.classes());
    model.compile("adam", "sparse_categorical_crossentropy", "accuracy");
    model.fit(digits.train(), Fit.of().withEpochs(30).withValidation(0.1).withCallbacks(EarlyStopping.of("val_loss", 5)));
    IO.println(model.summary());

    var folder = Files.createTempDirectory("digits");
    model.save(folder);
    var loaded = Model.load(folder);
    IO.println("test accuracy %.3f".formatted(loaded.evaluate(digits.test()).get("accuracy")));
    var first = loaded.classify(digits.test().limit(3).features());
    IO.println("the first three test images: " + first);
}
