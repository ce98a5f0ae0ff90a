// Is backpropagation right? One call compares it with differences of the cost, for every parameter, and finds a bug that was planted.
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.UnaryLayer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Model;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

void main(String... args) throws Exception {
    var x = Random.normal(Random.key(1), 20, 4);
    var data = Examples.of(x.array().buffer(), x.square().sum(1).gt(4).cast(DType.F32).reshape(20, 1).array().buffer());

    IO.println("as it should be:\n" + network(Activation.TANH).checkGradients(data));

    // A tanh of one's own. Its slope is 1 − tanh²; somebody forgot the square.
    var wrong = Gradient.custom(Tensor::tanh, (z, g) -> g.mul(z.tanh().neg().add(1)));
    IO.println("with a bug in the first activation:\n" + network((s, z) -> wrong.apply(z)).checkGradients(data));
    draw(Path.of(args.length > 0 ? args[0] : "gradient-checking.png"));
}

// Why ε is 1e-6 or so: of larger ones the curve is felt, of smaller ones that 16 digits are subtracted from 16 others.
void draw(Path path) throws Exception {
    var w = Tensor.of(0.3, -0.8, 0.5);
    UnaryOperator<Tensor> cost = v -> v.tanh().square().sum().add(v.exp().mean());
    var slope = Gradient.of(cost).apply(w);
    int n = 45;
    double[] epsilon = new double[n], two = new double[n], one = new double[n];
    for (int i = 0; i < n; i++) {
        double e = epsilon[i] = Math.pow(10, -12 + i / 4.0);
        var up = new double[3];
        var ahead = new double[3];
        for (int k = 0; k < 3; k++) {
            var direction = Tensor.of(k == 0 ? e : 0, k == 1 ? e : 0, k == 2 ? e : 0);
            double right = cost.apply(w.add(direction)).itemAsDouble(), left = cost.apply(w.sub(direction)).itemAsDouble(), here = cost.apply(w).itemAsDouble();
            up[k] = (right - left) / (2 * e);
            ahead[k] = (right - here) / e;
        }
        two[i] = difference(Tensor.of(up), slope);
        one[i] = difference(Tensor.of(ahead), slope);
    }
    var file = Sheet.of(Chart.of("How well differences of the cost tell its gradient", Chart.Side.of("ε (log scale)").withLog(true), Chart.Side.of("relative difference (log scale)").withLog(true))
            .withLine("(J(θ + ε) − J(θ − ε)) / 2ε", epsilon, two).withLine("(J(θ + ε) − J(θ)) / ε", epsilon, one)).withSize(680, 400).write(path);
    IO.println("drawn: " + file);
}

double difference(Tensor a, Tensor b) {
    return norm(a.sub(b)) / (norm(a) + norm(b));
}

double norm(Tensor v) {
    return Math.sqrt(v.square().sum().itemAsDouble());
}

// Dropout is switched off while gradients are checked: the cost must not depend on chance.
Model network(UnaryLayer activation) {
    return Model.of(Dense.of(8), activation, Dropout.of(0.3), Dense.of(5, "tanh"), Dense.of(1, "sigmoid")).compile(Adam.of(0.01), Loss.of("binary_crossentropy"));
}
