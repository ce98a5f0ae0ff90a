// Handwritten digits through a bottleneck: strided convolutions make them small, transposed ones large again.
import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Conv2DTranspose;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;

void main() {
    var digits = DataSource.of("digits").load();
    var train = pixels(digits.train());
    var test = pixels(digits.test());
    var model = Model.of(
            Conv2D.of(16, 3, "relu").withStrides(2).withPadding("same"), Flatten.of(), Dense.of(8),
            Dense.of(4 * 4 * 16, "relu"), Reshape.of(4, 4, 16), Conv2DTranspose.of(1, 3, "sigmoid").withStrides(2).withPadding("same"), Flatten.of());
    model.compile("adam", "mse").build(8, 8, 1);
    IO.println(model.summary());
    IO.println("before: error %.4f".formatted(model.evaluate(test).get("loss")));
    model.fit(train, Fit.of().withEpochs(30).withBatch(32).withVerbosity(Verbosity.SILENT));
    IO.println("after:  error %.4f, by 8 numbers for 64 pixels".formatted(model.evaluate(test).get("loss")));
    var made = model.predict(test.limit(1).features());
    for (int row = 0; row < 8; row++) IO.println(line(test.features(), row) + "   " + line(made, row));
}

/// The pixels from 0 to 1, as images of one channel, which are to come out as they went in, one after another.
Examples pixels(Examples digits) {
    var x = Tensor.wrap(digits.features());
    var flat = x.cast(DType.F32).div(16).reshape(x.shape().dim(0), 64);
    return Examples.of(flat.reshape(x.shape().dim(0), 8, 8, 1).array().buffer(), flat.array().buffer());
}

/// A row of the first image, in shades.
String line(Buffer images, int row) {
    var text = new StringBuilder();
    for (int column = 0; column < 8; column++) text.repeat(" .:-=+*#%@".charAt((int) (images.at(row * 8 + column) * 9.99)), 2);
    return text.toString();
}
