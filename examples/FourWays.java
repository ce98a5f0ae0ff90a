// One network four ways: layers in sequence, a functional model, a model of one's own, a loop of one's own. The same numbers.
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.Scope;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Network;
import dev.caviar.nn.train.Verbosity;

/// A model of one's own: a layer that calls others under names.
record Digits(int units) implements Layer {
    public Tensor apply(Scope s, Tensor... x) {
        var h = s.call("dense", Dense.of(units, "relu"), s.call("flatten", Flatten.of(), x));
        if (s.training()) h = s.call("dropout", Dropout.of(0.2), h);
        return s.call("dense_1", Dense.of(10), h);
    }
}

void main() {
    var data = DataSource.of("digits").load();
    var train = data.train().limit(320);
    var loss = Loss.of("sparse_categorical_crossentropy_from_logits");
    var fit = Fit.of().withEpochs(20).withBatch(320).withShuffle(false).withVerbosity(Verbosity.SILENT);

    var sequence = Model.of(Flatten.of(), Dense.of(32, "relu"), Dropout.of(0.2), Dense.of(10));
    var image = Input.of("image", 8, 8);
    var functional = Model.of(image, Dense.of(10).on(Dropout.of(0.2).on(Dense.of(32, "relu").on(Flatten.of().on(image)))));
    var own = Model.of(new Digits(32));
    for (var model : new Model[] {sequence, functional, own}) {
        model.compile(Adam.of(0.01), loss).fit(train, fit);
        IO.println("%-12s test loss %.4f".formatted(model == sequence ? "sequential" : model == functional ? "functional" : "own model",
                model.evaluate(data.test()).get("loss")));
    }

    var net = Network.of(new Digits(32), 1, Type.of(DType.F32, 1, 8, 8));
    var minimizer = Minimizer.of(Adam.of(0.01));
    var x = Tensor.wrap(train.features());
    var y = Tensor.wrap(train.labels());
    for (int i = 0; i < 20; i++) minimizer.minimize(() -> loss.mean(net.train(x), y, null), net.trained());
    double cost = loss.mean(net.infer(Tensor.wrap(data.test().features())), Tensor.wrap(data.test().labels()), null).itemAsDouble();
    IO.println("own loop     test loss %.4f".formatted(cost));
    double most = 0;
    for (var one : functional.weights().entrySet()) {
        most = Math.max(most, Tensor.wrap(one.getValue()).sub(net.variables().get(one.getKey()).value()).square().sum().itemAsDouble());
    }
    IO.println("weights of functional model and own loop: " + (most < 1e-6 ? "equal" : "apart by " + most));
}
