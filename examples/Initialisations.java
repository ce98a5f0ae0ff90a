// How weights begin decides how fast a network learns, and whether it does: one network, eight beginnings, the same data and steps.
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.lab.plot.Regions;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Init;
import dev.caviar.nn.layer.Init.Xavier.Form;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

static final int N = 300, UNITS = 10;

void main(String... args) throws Exception {
    // Two circles, one inside the other.
    var random = new SplittableRandom(1);
    var x = new float[N][];
    var y = new int[N];
    for (int i = 0; i < N; i++) {
        y[i] = i % 2;
        double turn = 2 * Math.PI * random.nextDouble(), radius = y[i] == 0 ? 1 : 0.6;
        x[i] = new float[] {(float) (radius * Math.cos(turn) + 0.08 * random.nextGaussian()), (float) (radius * Math.sin(turn) + 0.08 * random.nextGaussian())};
    }
    var beginnings = new LinkedHashMap<String, Init>();
    beginnings.put("zeros", Init.zeros());
    beginnings.put("normal, 10", new Init.Normal(10));
    beginnings.put("normal, 0.05", new Init.Normal(0.05));
    beginnings.put("He, √(2/in)", Init.he());
    beginnings.put("Xavier, √(1/in)", new Init.Xavier(Form.INPUTS));
    beginnings.put("Glorot, normal", new Init.Xavier(Form.NORMAL));
    beginnings.put("Glorot, uniform", new Init.Xavier(Form.UNIFORM));
    beginnings.put("orthogonal", new Init.Orthogonal(1));

    var panels = new ArrayList<Regions>();
    beginnings.forEach((name, init) -> {
        var model = Model.of(Dense.of(UNITS, "relu").withKernelInit(init), Dense.of(5, "relu").withKernelInit(init), Dense.of(1, "sigmoid").withKernelInit(init))
                .compile(Sgd.of(0.2), Loss.of("binary_crossentropy"), Metric.of("accuracy"));
        var costs = model.fit(x, y, Fit.of().withEpochs(150).withBatch(32).withVerbosity(Verbosity.SILENT)).of("loss");
        double right = 100 * model.evaluate(x, y).get("accuracy");
        IO.println("%-16s cost in epoch 1 %7.3f, 30 %.3f, 150 %.3f; %5.1f %% right; different units: %d of %d"
                .formatted(name, costs.get(0), costs.get(29), costs.get(149), right, different(Tensor.wrap(model.weights().get("dense/kernel"))), UNITS));
        panels.add(Regions.of("%s: %.0f %%".formatted(name, right), model::predict, x, y).withClasses("outer circle", "inner circle"));
    });
    var file = Sheet.of(panels).withHeadline("One network after 150 epochs, by how its weights began").write(Path.of(args.length > 0 ? args[0] : "initialisations.png"));
    IO.println("drawn: " + file);
}

// Units that begin alike get the same gradient, and stay alike.
long different(Tensor kernel) {
    double[] w = kernel.transpose().toDoubles();
    int inputs = w.length / UNITS;
    return IntStream.range(0, UNITS).mapToObj(unit -> Arrays.toString(Arrays.copyOfRange(w, unit * inputs, (unit + 1) * inputs))).distinct().count();
}
