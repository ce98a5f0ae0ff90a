// Is backpropagation right? One call compares it with differences of the cost, for every parameter, and finds a bug that was planted.
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.UnaryLayer;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Model;

void main() {
    var x = Random.normal(Random.key(1), 20, 4);
    var data = Examples.of(x.array().buffer(), x.square().sum(1).gt(4).cast(DType.F32).reshape(20, 1).array().buffer());

    IO.println("as it should be:\n" + network(Activation.TANH).checkGradients(data));

    // A tanh of one's own. Its slope is 1 − tanh²; somebody forgot the square.
    var wrong = Gradient.custom(Tensor::tanh, (z, g) -> g.mul(z.tanh().neg().add(1)));
    IO.println("with a bug in the first activation:\n" + network((s, z) -> wrong.apply(z)).checkGradients(data));
}

// Dropout is switched off while gradients are checked: the cost must not depend on chance.
Model network(UnaryLayer activation) {
    return Model.of(Dense.of(8), activation, Dropout.of(0.3), Dense.of(5, "tanh"), Dense.of(1, "sigmoid")).compile(Adam.of(0.01), Loss.of("binary_crossentropy"));
}
