// A small convolutional network on images of handwritten digits, and which digits it takes for which.
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.lab.plot.ClassPictures;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.metric.ConfusionMatrix;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;

void main(String... args) throws Exception {
    // 8 by 8 pixels and one channel of grey: 3 by 3 filters, half the size, more filters, a classifier.
    var digits = DataSource.of("digits").load();
    var model = Model.of(Reshape.of(8, 8, 1), Conv2D.of(16, 3, "relu").withPadding("same"), MaxPooling2D.of(2), Conv2D.of(32, 3, "relu").withPadding("same"),
            MaxPooling2D.of(2), Flatten.of(), Dropout.of(0.3), Dense.of(10, "softmax")).withClasses(digits.classes())
            .compile("adam", "sparse_categorical_crossentropy", "accuracy");
    model.fit(digits.train(), Fit.of().withEpochs(15).withVerbosity(Verbosity.SILENT));
    IO.println(model.summary());
    IO.println("test accuracy %.3f".formatted(model.evaluate(digits.test()).get("accuracy")));

    var chances = model.predict(Tensor.wrap(digits.test().features()));
    var matrix = ConfusionMatrix.of(model.classes()).add(chances, Tensor.wrap(digits.test().labels()));
    var file = Path.of(args.length > 0 ? args[0] : "images.png").toAbsolutePath();
    ClassPictures.confusion(matrix, file.getParent(), file.getFileName().toString());
    IO.println("drawn: " + file);
}
