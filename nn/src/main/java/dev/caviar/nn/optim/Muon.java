package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Origin;
import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Momentum whose steps are made orthogonal, for matrices (Jordan 2024): every direction of a step counts the same. All that is no matrix, and paths that match
/// the regular expression `except`, go by another optimizer, `rest`.
///
/// `iterations` of Newton and Schulz, `X ← a·X + (b·A + c·A²)·X` with `A = X·Xᵀ`, bring the singular values near 1. Steps are then `match·√(larger side)` times
/// as long, so that Adam's learning rates do (Liu et al. 2025); a `match` of 0 leaves them.
///
/// ```java
/// Optimizer optimizer = Muon.of(0.001).withExcept(".*embedding.*");
/// ```
public record Muon(Schedule rate, double momentum, boolean nesterov, int iterations, List<Double> coefficients, double match, Optimizer rest, double restRate,
        String except) implements Optimizer {
    private static final String SLOT = "orthogonal";
    private static final double EPSILON = 1e-7;

    public Muon {
        coefficients = List.copyOf(coefficients);
        if (!(momentum >= 0 && momentum < 1) || iterations < 0 || coefficients.size() != 3) {
            throw new IllegalArgumentException("Muon: momentum " + momentum + " must be in [0, 1), the iterations " + iterations + " 0 or more, the coefficients "
                    + coefficients + " three.");
        }
    }

    /// Keras's numbers: momentum 0.95 with Nesterov's look ahead, 5 iterations, matched to Adam by 0.2. All else, and embeddings, go by Adam.
    public static Muon of(double rate) {
        return new Muon(Schedule.constant(rate), 0.95, true, 5, List.of(3.4445, -4.775, 2.0315), 0.2, Adam.keras(rate), 1, "(?i).*embedding.*");
    }

    @Override
    public Muon withRate(Schedule rate) {
        return new Muon(rate, momentum, nesterov, iterations, coefficients, match, rest, restRate, except);
    }

    public Muon withMomentum(double momentum) {
        return new Muon(rate, momentum, nesterov, iterations, coefficients, match, rest, restRate, except);
    }

    public Muon withNesterov(boolean nesterov) {
        return new Muon(rate, momentum, nesterov, iterations, coefficients, match, rest, restRate, except);
    }

    public Muon withIterations(int iterations) {
        return new Muon(rate, momentum, nesterov, iterations, coefficients, match, rest, restRate, except);
    }

    public Muon withCoefficients(double a, double b, double c) {
        return new Muon(rate, momentum, nesterov, iterations, List.of(a, b, c), match, rest, restRate, except);
    }

    public Muon withMatch(double match) {
        return new Muon(rate, momentum, nesterov, iterations, coefficients, match, rest, restRate, except);
    }

    /// What all else goes by, at `restRate` times the rate; its own rate is not asked.
    public Muon withRest(Optimizer rest, double restRate) {
        return new Muon(rate, momentum, nesterov, iterations, coefficients, match, rest, restRate, except);
    }

    /// Matrices that go by the rest's optimizer too.
    public Muon withExcept(String except) {
        return new Muon(rate, momentum, nesterov, iterations, coefficients, match, rest, restRate, except);
    }

    @Override
    public List<String> slots() {
        return Wrapper.plus(rest.slots(), SLOT);
    }

    private boolean orthogonal(String path, Tensor param) {
        return param.rank() == 2 && !path.matches(except);
    }

    /// Of a matrix only the momentum is kept, of all else only what the rest's optimizer keeps; the other slots are a single number that is not used.
    @Override
    public Tensor start(String slot, String path, Tensor param) {
        if (orthogonal(path, param) != slot.equals(SLOT)) {
            return Tensor.scalar(0, param.dtype());
        }
        return slot.equals(SLOT) ? Tensor.full(0, param.type()) : rest.start(slot, path, param);
    }

    @Override
    public List<String> scalars() {
        var names = new ArrayList<>(List.of("orthogonal_rate", "orthogonal_momentum", "orthogonal_match", "turn_a", "turn_b", "turn_c"));
        names.addAll(rest.scalars());
        return names;
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        return switch (name) {
            case "orthogonal_rate" -> rate.at(step, epoch);
            case "orthogonal_momentum" -> momentum;
            case "orthogonal_match" -> match;
            case "turn_a" -> coefficients.get(0);
            case "turn_b" -> coefficients.get(1);
            case "turn_c" -> coefficients.get(2);
            default -> rest.withRate(Schedule.constant(rate.at(step, epoch) * restRate)).scalar(name, step, epoch);
        };
    }

    @Override
    public List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        return all.stream().map(one -> Origin.named(one.path(), () -> {
            var kept = new HashMap<>(one.slots());
            if (!orthogonal(one.path(), one.value())) {
                var update = rest.updates(List.of(one), scalars).getFirst();
                kept.putAll(update.slots());
                return new Update(update.param(), kept);
            }
            var beta = scalars.get("orthogonal_momentum");
            var mean = one.slots().get(SLOT).mul(beta).add(one.gradient());
            var step = orthogonal(nesterov ? one.gradient().add(mean.mul(beta)) : mean, scalars);
            kept.put(SLOT, mean);
            return new Update(one.value().sub(step.mul(scalars.get("orthogonal_rate"))), kept);
        })).toList();
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        return updates(List.of(new Parameter("", param, grad, slots)), scalars).getFirst();
    }

    private Tensor orthogonal(Tensor step, Map<String, Tensor> scalars) {
        boolean tall = step.shape().dim(0) > step.shape().dim(1);
        var x = tall ? step.transpose(1, 0) : step;
        x = x.div(x.square().sum().sqrt().add(EPSILON));
        for (int i = 0; i < iterations; i++) {
            var a = x.matmul(x.transpose(1, 0));
            var b = a.mul(scalars.get("turn_b")).add(a.matmul(a).mul(scalars.get("turn_c")));
            x = x.mul(scalars.get("turn_a")).add(b.matmul(x));
        }
        var turned = tall ? x.transpose(1, 0) : x;
        return match > 0 ? turned.mul(scalars.get("orthogonal_match")).mul(Math.sqrt(Math.max(step.shape().dim(0), step.shape().dim(1)))) : turned;
    }
}
