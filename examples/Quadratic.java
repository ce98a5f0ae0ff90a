// The smallest cost of w² − 10w + 25 is at w = 5: found three ways.
import dev.caviar.engine.compile.Session;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import java.util.Map;

void main() {
    // By an optimizer.
    var w = Variable.of("w", 0);
    var minimizer = Minimizer.of(Adam.of(0.1));
    for (int i = 0; i < 1001; i++) minimizer.minimize(() -> w.value().square().sub(w.value().mul(10)).add(25), w);
    IO.println("Adam, 1001 steps:         w = %.5f".formatted(w.value().item()));

    // By a tape and gradient descent written out, the coefficients being data.
    var x = Tensor.of(1f, -10, 25);
    var v = Variable.of("v", 0);
    for (int i = 0; i < 1000; i++) {
        var slope = Gradient.tape(tape -> tape.gradient(cost(v.value(), x), v));
        v.assign(v.value().sub(slope.mul(0.1)));
    }
    IO.println("gradient descent by tape: w = %.5f".formatted(v.value().item()));

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
        for (int i = 0; i < 1000; i++) session.run(step, Map.of(coefficients, x));
        IO.println("session fed 1, -10, 25:   w = %.5f".formatted(u.value().item()));
        for (int i = 0; i < 1000; i++) session.run(step, Map.of(coefficients, Tensor.of(1f, -20, 100)));
        IO.println("session fed 1, -20, 100:  w = %.5f".formatted(u.value().item()));
    }
}

Tensor cost(Tensor w, Tensor x) {
    return x.at(0, 0).mul(w.square()).add(x.at(0, 1).mul(w)).add(x.at(0, 2));
}
