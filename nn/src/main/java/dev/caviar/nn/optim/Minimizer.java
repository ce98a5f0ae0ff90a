package dev.caviar.nn.optim;

import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.tensor.Interpreter;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.TraceException;
import dev.caviar.engine.tensor.Variable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Applies an optimizer to variables, step by step, and keeps what it carries from one step to the next.
///
/// For one thread, and eager: a model's own step is compiled instead.
///
/// ```java
/// var w = Variable.of("w", 0);
/// var minimizer = Minimizer.of(Adam.of(0.1));
/// for (int i = 0; i < 1001; i++) {
///     minimizer.minimize(() -> w.value().square().sub(w.value().mul(10)).add(25), w);
/// }                                              // w is 5
/// ```
public final class Minimizer {
    private final Optimizer optimizer;
    private final Map<Variable, Map<String, Tensor>> slots = new IdentityHashMap<>();
    private long step;

    private Minimizer(Optimizer optimizer) {
        this.optimizer = optimizer;
    }

    public static Minimizer of(Optimizer optimizer) {
        return new Minimizer(optimizer);
    }

    /// A gradient and the variable that it is of.
    ///
    /// ```java
    /// var w = Variable.of("w", 3);
    /// var pair = new Minimizer.Slope(Gradient.tape(tape -> tape.gradient(w.value().square(), w)), w);
    /// ```
    public record Slope(Tensor gradient, Variable variable) {}

    /// The number of steps taken.
    public long step() {
        return step;
    }

    /// One step that makes the cost smaller; returns the cost before it.
    public Tensor minimize(Supplier<Tensor> cost, Variable... variables) {
        var slopes = new ArrayList<Slope>();
        var value = Gradient.tape(tape -> {
            var y = cost.get();
            var gradients = tape.gradients(y, List.of(variables));
            for (int i = 0; i < variables.length; i++) {
                slopes.add(new Slope(gradients.get(i), variables[i]));
            }
            return y;
        });
        applyGradients(slopes);
        return value;
    }

    /// One step with these gradients.
    public void applyGradients(List<Slope> slopes) {
        if (Interpreter.current() instanceof Trace) {
            throw new TraceException("applyGradients inside a traced function: the step's number would be fixed in it.\n"
                    + "Maybe compile only the cost and its gradients, and apply them outside.");
        }
        var all = new ArrayList<Optimizer.Parameter>();
        var numbers = new HashMap<String, Tensor>();
        for (var slope : slopes) {
            var variable = slope.variable;
            var carried = slots.computeIfAbsent(variable, v -> fresh(v));
            all.add(new Optimizer.Parameter(variable.name(), variable.current(), slope.gradient.array(), carried));
            for (var name : optimizer.scalars()) {
                numbers.put(name, Tensor.scalar(optimizer.scalar(name, step, 0), variable.type().dtype()));
            }
        }
        var updates = optimizer.updates(all, numbers);
        for (int i = 0; i < updates.size(); i++) {
            slopes.get(i).variable.assign(updates.get(i).param());
            slots.put(slopes.get(i).variable, updates.get(i).slots());
        }
        step++;
    }

    private Map<String, Tensor> fresh(Variable variable) {
        var out = new HashMap<String, Tensor>();
        for (var name : optimizer.slots()) {
            out.put(name, optimizer.start(name, variable.name(), variable.current()));
        }
        return out;
    }
}
