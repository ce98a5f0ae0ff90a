// Five optimizers from one place on one surface: a plateau, a saddle behind it, and beside the saddle two equally deep wells.
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Contours;
import dev.caviar.lab.plot.Panel;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Sgd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Predicate;

static final double WELL = 0.91;
static final int STEPS = 400;

void main(String... args) throws Exception {
    var methods = new LinkedHashMap<String, Optimizer>();           // another one is another line
    methods.put("Gradient descent", Sgd.of(0.3));
    methods.put("Momentum", Momentum.of(0.1, 0.9));
    methods.put("Nesterov", Momentum.of(0.1, 0.9).withNesterov(true));
    methods.put("RMSprop", RmsProp.of(0.05));
    methods.put("Adam", Adam.of(0.1));

    var panels = new ArrayList<Panel>();
    var costs = Chart.of("How far they came", "step", "cost");
    for (var method : methods.entrySet()) {
        var w = Variable.of("w", Tensor.of(-2f, 0.002f));
        var minimizer = Minimizer.of(method.getValue());
        var way = new ArrayList<double[]>();
        for (int step = 0; step <= STEPS; step++) {
            var at = w.current().toFloats();
            way.add(new double[] {at[0], at[1]});
            minimizer.minimize(() -> cost(w), w);
        }
        int plateau = first(way, at -> at[0] > 0), saddle = first(way, at -> at[0] > 0 && at[1] > 0.4), well = first(way, at -> Math.hypot(at[0] - 1, at[1] - WELL) < 0.2);
        panels.add(Contours.of("%s: %d steps".formatted(method.getKey(), well), this::height, -2.4, 2.4, -1.6, 1.8)
                .withWay(method.getKey(), way.subList(0, Math.min(STEPS, well + 20))).withHue(panels.size()));
        costs = costs.withLine(method.getKey(), way.stream().mapToDouble(at -> height(at[0], at[1])).toArray());
        IO.println("%-17s leaves the plateau after %3d steps, the saddle after %3d, and is in the well after %3d".formatted(method.getKey(), plateau, saddle, well));
    }
    panels.add(costs);
    var file = Path.of(args.length > 0 ? args[0] : "optimizers.png");
    Sheet.of(panels).withHeadline("A plateau, a saddle, and five optimizers").withColumns(3).withSize(380, 330).write(file);
    IO.println("drawn: " + file);
}

int first(List<double[]> way, Predicate<double[]> there) {
    for (int step = 0; step < way.size(); step++) if (there.test(way.get(step))) return step;
    return -1;
}

Tensor cost(Variable w) {
    return well(w, 1).add(well(w, -1)).neg();
}

Tensor well(Variable w, double y) {
    return w.value().sub(Tensor.of(1f, (float) y)).square().sum().div(-1.2).exp();
}

double height(double x, double y) {
    double across = (x - 1) * (x - 1);
    return -Math.exp(-(across + (y - 1) * (y - 1)) / 1.2) - Math.exp(-(across + (y + 1) * (y + 1)) / 1.2);
}
