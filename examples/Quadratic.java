// The smallest cost of w² − 10w + 25 is at w = 5: found three ways, then by another optimizer in one line.
import dev.caviar.engine.compile.Session;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Optimizer;
import dev.caviar.nn.optim.Sgd;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

void main(String... args) throws Exception {
    // A tape writes the cost down and plays it backwards; an optimizer makes a step of the gradient.
    var w = Variable.of("w", 0);
    var adam = Minimizer.of(Adam.of(0.1));
    for (int i = 0; i < 1001; i++) {
        var slope = Gradient.tape(tape -> tape.gradient(w.value().square().sub(w.value().mul(10)).add(25), w));
        adam.applyGradients(List.of(new Minimizer.Slope(slope, w)));
        if (i == 0) IO.println("tape and Adam, 1 step:    w = %.5f".formatted(w.value().item()));
    }
    IO.println("tape and Adam, 1001:      w = %.5f".formatted(w.value().item()));

    // In one call, the coefficients being data; and the other optimizer in its place.
    var one = way(Adam.of(0.1));
    IO.println("minimize by Adam, 1001:   w = %.5f".formatted(one[1001]));
    var other = way(Sgd.of(0.1));
    IO.println("by gradient descent:      w = %.5f after 1 step, %.5f after 1000".formatted(other[1], other[1000]));

    // By a graph that is written once and fed twice.
    try (var session = new Session()) {
        var coefficients = session.placeholder("coefficients", DType.F32, 3);
        var u = session.variable("u", () -> Tensor.scalar(0));
        Tensor step = session.update(() -> Gradient.tape(tape -> {
            var cost = cost(u.value(), coefficients.value());
            u.assign(u.value().sub(tape.gradient(cost, u).mul(0.1)));
            return cost;
        }));
        session.init();
        for (int i = 0; i < 1000; i++) session.run(step, Map.of(coefficients, Tensor.of(1f, -10, 25)));
        IO.println("session fed 1, -10, 25:   w = %.5f".formatted(u.value().item()));
        for (int i = 0; i < 1000; i++) session.run(step, Map.of(coefficients, Tensor.of(1f, -20, 100)));
        IO.println("session fed 1, -20, 100:  w = %.5f".formatted(u.value().item()));
    }
    var file = Sheet.of(Chart.of("w² − 10w + 25, from w = 0", Chart.Side.of("step").withRange(0, 150), Chart.Side.of("w")).withLine("Adam, 0.1", one)
            .withLine("gradient descent, 0.1", other)).withSize(680, 360).write(Path.of(args.length > 0 ? args[0] : "quadratic.png"));
    IO.println("drawn: " + file);
}

/// Where w is before and after each of 1001 steps.
double[] way(Optimizer optimizer) {
    var x = Tensor.of(1f, -10, 25);
    var w = Variable.of("w", 0);
    var minimizer = Minimizer.of(optimizer);
    var out = new double[1002];
    for (int i = 1; i < out.length; i++) {
        minimizer.minimize(() -> cost(w.value(), x), w);
        out[i] = w.value().item();
    }
    return out;
}

Tensor cost(Tensor w, Tensor x) {
    return x.at(0, 0).mul(w.square()).add(x.at(0, 1).mul(w)).add(x.at(0, 2));
}
