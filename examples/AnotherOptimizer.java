// Another optimizer is another line. One network learns handwritten digits by seven of them.
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adagrad;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Lion;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.LinkedHashMap;

void main(String... args) throws Exception {
    var optimizers = new LinkedHashMap<String, Optimizer>();
    optimizers.put("gradient descent", Sgd.of(0.3));
    optimizers.put("momentum", Momentum.of(0.1, 0.9));
    optimizers.put("Nesterov", Momentum.of(0.1, 0.9).withNesterov(true));
    optimizers.put("RMSprop", RmsProp.of(0.005));
    optimizers.put("Adagrad", Adagrad.of(0.05));
    optimizers.put("Adam", Adam.of(0.01));
    optimizers.put("Lion", Lion.of(0.001));

    var digits = DataSource.of("digits").load();
    var chart = Chart.of("The cost while it learns", Chart.Side.of("epoch").withRange(1, 20), Chart.Side.of("cost (log scale)").withLog(true));
    for (var one : optimizers.entrySet()) {
        var model = Model.of(Flatten.of(), Dense.of(32, "relu"), Dense.of(10, "softmax"))
                .withNormaliser(Normaliser.fit(digits.train())).compile(one.getValue(), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
        var costs = model.fit(digits.train(), Fit.of().withEpochs(20).withVerbosity(Verbosity.SILENT)).of("loss");
        IO.println("%-17s cost after 1 epoch %.2f, 5 %.2f, 20 %.3f; test accuracy %.2f".formatted(one.getKey(), costs.get(0), costs.get(4), costs.get(19),
                model.evaluate(digits.test()).get("accuracy")));
        chart = chart.withLine(one.getKey(), epochs(20), costs.stream().mapToDouble(cost -> cost).toArray());
    }
    var file = Sheet.of(chart).withSize(760, 440).write(Path.of(args.length > 0 ? args[0] : "another-optimizer.png"));
    IO.println("drawn: " + file);
}

double[] epochs(int n) {
    var out = new double[n];
    for (int i = 0; i < n; i++) out[i] = i + 1;
    return out;
}
