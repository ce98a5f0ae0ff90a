// Derivatives: several at once, of derivatives, of many outputs, in one direction, with a rule of one's own, over a batch; and the graph.
import dev.caviar.engine.compile.Function;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Batch;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.TraceException;
import dev.caviar.engine.tensor.Variable;
import java.util.Arrays;
import java.util.List;

void main() {
    var x = Variable.of("x", 2);
    var y = Variable.of("y", 3);
    var both = Gradient.tape(tape -> tape.gradients(x.value().square().add(y.value().square()), List.of(x, y)));
    IO.println("x² + y² at (2, 3): " + both.get(0).item() + ", " + both.get(1).item());
    Gradient.persistent(tape -> {
        var square = y.value().square();
        var cube = square.mul(y.value());
        IO.println("a persistent tape at 3: x² has " + tape.gradient(square, y).item() + ", x³ has " + tape.gradient(cube, y).item());
        return null;
    });
    var second = Gradient.tape(outer -> {
        var first = Gradient.tape(inner -> inner.gradient(y.value().mul(y.value()).mul(y.value()), y));
        return outer.gradient(first, y);
    });
    IO.println("x³ twice: " + second.item());

    java.util.function.Function<Tensor, Tensor> f = v -> v.mul(v).mul(v).sum();
    var at = Tensor.of(1f, 2f);
    IO.println("jacobian of v²: " + Arrays.toString(Gradient.jacobian(Tensor::square).apply(at).toFloats()));
    IO.println("hessian of Σv³: " + Arrays.toString(Gradient.jacobian(Gradient.of(f)).apply(at).toFloats()));
    IO.println("times (1, 1):   " + Arrays.toString(Gradient.hessianVector(f, at, Tensor.of(1f, 1f)).toFloats()));
    IO.println("slopes of each: " + Arrays.toString(Batch.each(Gradient.of(v -> v.mul(v)), Tensor.of(1f, 2f, 3f)).toFloats()));

    var straight = Gradient.custom(Tensor::round, (v, g) -> g);
    IO.println("round, straight through: " + Gradient.of(straight::apply).apply(Tensor.scalar(0.4)).item());

    IO.println(Trace.of(in -> List.of(f.apply(in.getFirst())), Type.of(DType.F32, 2)).print());
    try (var branch = Function.compile((Tensor v) -> v.item() > 0 ? v : v.neg())) {
        branch.apply(Tensor.scalar(1));
    } catch (TraceException e) {
        IO.println("a Java if on a value: " + e.getMessage());
    }
}
