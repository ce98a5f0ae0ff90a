// Three sick networks and a sound one, and what Caviar says about them.
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.HealthMonitor;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.util.ArrayList;
import java.util.List;

void main() {
    var deep = new ArrayList<Layer>(List.of(Flatten.of()));
    for (int i = 0; i < 8; i++) {
        deep.add(Dense.of(16, "sigmoid"));
    }
    deep.add(Dense.of(10, "softmax"));
    train("eight sigmoids", 0.01, deep.toArray(Layer[]::new));
    train("equal weights", 0.01, Flatten.of(), Dense.of(16, "tanh").withKernelInit(Init.constant(0.01)), Dense.of(10, "softmax").withKernelInit(Init.constant(0.01)));
    train("far too fast", 30, Flatten.of(), Dense.of(64, "relu"), Dense.of(10, "softmax"));
    train("a sound one", 0.001, Flatten.of(), Dense.of(64, "relu").withKernelInit(Init.he()), Dense.of(10, "softmax"));
}

void train(String name, double rate, Layer... layers) {
    var digits = DataSource.of("digits").load().train().limit(500);
    var model = Model.of(layers).withNormaliser(Normaliser.fit(digits)).compile(Adam.of(rate), Loss.of("sparse_categorical_crossentropy"));
    IO.println("--- " + name);
    model.fit(digits, Fit.of().withEpochs(3).withVerbosity(Verbosity.SILENT).withCallbacks(HealthMonitor.of()));
}
