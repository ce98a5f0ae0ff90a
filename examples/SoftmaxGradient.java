// The gradient of softmax with cross-entropy by its scores is ŷ − y: found by the tape, which was not told.
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.lab.plot.Chart;
import dev.caviar.lab.plot.Sheet;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

void main(String... args) throws Exception {
    show("cat, rather sure of another", new double[] {5, 2, -1, 3}, new double[] {0, 1, 0, 0});
    show("ŷ = 0.3, 0.2, 0.1, 0.4", Arrays.stream(new double[] {0.3, 0.2, 0.1, 0.4}).map(Math::log).toArray(), new double[] {0, 1, 0, 0});
    show("ŷ = 0.1, 0.2, 0.6, 0.1", Arrays.stream(new double[] {0.1, 0.2, 0.6, 0.1}).map(Math::log).toArray(), new double[] {0, 0, 1, 0});
    draw(Path.of(args.length > 0 ? args[0] : "softmax-gradient.png"));
}

void show(String name, double[] scores, double[] truth) {
    var z = Tensor.of(scores);
    var y = Tensor.of(truth);
    IO.println(name + ": loss %.6f".formatted(loss(z, y).itemAsDouble()));
    IO.println("  ŷ     " + text(z.softmax(0)));
    IO.println("  y     " + text(y));
    IO.println("  ŷ − y " + text(z.softmax(0).sub(y)));
    IO.println("  tape  " + text(slopes(z, y)));
}

Tensor loss(Tensor z, Tensor y) {
    return y.mul(z.softmax(0).log()).sum().neg();
}

Tensor slopes(Tensor scores, Tensor y) {
    var z = Variable.of("z", scores);
    return Gradient.tape(tape -> tape.gradient(loss(z.value(), y), z));
}

// The cat's score goes from −6 to 12, the three others stay.
void draw(Path path) throws Exception {
    var y = Tensor.of(0.0, 1, 0, 0);
    int n = 91;
    double[] at = new double[n], loss = new double[n], formula = new double[n], few = new double[10], tape = new double[10];
    for (int i = 0; i < n; i++) {
        at[i] = -6 + i / 5.0;
        var z = Tensor.of(5, at[i], -1, 3);
        loss[i] = loss(z, y).itemAsDouble();
        formula[i] = z.softmax(0).toDoubles()[1] - 1;
        if (i % 10 == 0) {
            few[i / 10] = at[i];
            tape[i / 10] = slopes(z, y).toDoubles()[1];
        }
    }
    var file = Sheet.of(Chart.of("The loss of a cat, by the cat's score", "score of the cat; the others' are 5, −1 and 3", "loss, and its slope").withLine("loss −log ŷ", at, loss)
            .withLine("ŷ − y of the cat", at, formula).withPoints("slope by the tape", few, tape)).withSize(680, 380).write(path);
    IO.println("drawn: " + file);
}

String text(Tensor values) {
    return Arrays.stream(values.toDoubles()).mapToObj("%9.6f"::formatted).collect(Collectors.joining(" "));
}
