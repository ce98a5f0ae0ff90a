// A functional model: two inputs through one shared encoder, two outputs with a loss each; then its encoder is frozen.
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.lab.plot.Drawing;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Goal;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.List;

void main(String... args) throws Exception {
    var left = Input.of("left", 6);
    var right = Input.of("right", 6);
    var encoder = Dense.of(16, "tanh");                                  // one object: one set of weights
    Layer difference = (s, x) -> x[0].sub(x[1]);                         // a layer of one's own
    var between = difference.on("difference", encoder.on("encoder", left), encoder.on("encoder", right));
    var hidden = Dense.of(16, "relu").on("hidden", between);
    var model = Model.of(List.of(left, right), List.of(Dense.of(1, "sigmoid").on("larger", hidden), Dense.of(1).on("distance", hidden)));
    model.compile(Adam.of(0.01), Goal.of("binary_crossentropy", "accuracy"), Goal.of("mse").withWeight(0.1));

    var a = Random.normal(Random.key(1), 400, 6);
    var b = Random.normal(Random.key(2), 400, 6);
    var larger = a.sum(1).gt(b.sum(1)).cast(DType.F32);
    var distance = a.sub(b).square().sum(1).sqrt();
    var data = Examples.of(List.of(buffer(a), buffer(b)), List.of(buffer(larger), buffer(distance)));
    var fit = Fit.of().withEpochs(30).withVerbosity(Verbosity.SILENT);
    model.fit(data, fit);
    IO.println(model.evaluate(data));
    IO.println(model.summary());

    var before = Tensor.wrap(model.weights().get("encoder/kernel"));
    model.freeze("encoder").fit(data, fit);
    var moved = Tensor.wrap(model.weights().get("encoder/kernel")).sub(before).abs().sum().item();
    IO.println("the frozen encoder moved by " + moved);

    var file = Path.of(args.length > 0 ? args[0] : "model.png").toAbsolutePath();
    new Drawing(model.diagram()).write(file.getParent(), file.getFileName().toString());
    IO.println("drawn: " + file + "; for Graphviz: " + model.diagram().dot().lines().findFirst().orElseThrow() + " … }");
}

dev.caviar.engine.memory.Buffer buffer(Tensor t) {
    return t.array().buffer();
}
