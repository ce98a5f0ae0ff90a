// Callbacks: stop early, slow down on plateaus, keep the best model, write the curve, and one of your own.
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.train.CsvLogger;
import dev.caviar.nn.train.EarlyStopping;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.ModelCheckpoint;
import dev.caviar.nn.train.ReduceLROnPlateau;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Files;

void main() throws Exception {
    var digits = DataSource.of("digits").load();
    var folder = Files.createTempDirectory("callbacks");
    var model = Model.of(Flatten.of(), Dense.of(64, "relu"), Dense.of(10, "softmax")).compile("adam", "sparse_categorical_crossentropy", "accuracy");
    var history = model.fit(digits.train(), Fit.of().withEpochs(200).withValidation(0.2).withVerbosity(Verbosity.SILENT).withCallbacks(
            ReduceLROnPlateau.of("val_loss", 0.5, 2),
            EarlyStopping.of("val_loss", 4),
            ModelCheckpoint.best(folder.resolve("best"), "val_loss"),
            CsvLogger.of(folder.resolve("curve.csv")),
            run -> run.log("learning_rate", run.rate())));
    int best = history.bestEpoch("val_loss");
    IO.println(history.end() + ": " + history.reason());
    IO.println("rows of the curve: " + (Files.readAllLines(folder.resolve("curve.csv")).size() - 1 - history.epochs().size()) + " too many");
    IO.println("learning rate at the end: %.6f".formatted(history.last("learning_rate")));
    IO.println("epochs after the best: " + (history.epochs().size() - 1 - best));
    var kept = Model.load(folder.resolve("best")).evaluate(digits.test());
    IO.println("the saved one and this one: " + kept.equals(model.evaluate(digits.test())));
}
