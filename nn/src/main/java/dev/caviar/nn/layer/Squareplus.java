package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Tensor;

/// (x + √(x² + b)) / 2, a smooth rectifier of plain arithmetic (Barron 2021).
///
/// ```java
/// var layer = Squareplus.of(2);       // Activation.SQUAREPLUS has b 4
/// ```
public record Squareplus(double b) implements UnaryLayer {
    public Squareplus {
        if (!(b > 0)) {
            throw new IllegalArgumentException("Squareplus with b " + b + ": it must be more than 0.\nMaybe use Activation.RELU, which is b = 0.");
        }
    }

    public static Squareplus of(double b) {
        return new Squareplus(b);
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        return on(x.cast(s.dtype()), b);
    }

    /// Neither squares what is large, nor takes large numbers from each other: below 0 it is b/2 / (√(x² + b) − x).
    static Tensor on(Tensor x, double b) {
        double knee = Math.sqrt(b);
        var longer = x.abs().max(knee);
        var root = longer.mul(x.abs().min(knee).div(longer).square().add(1).sqrt());
        var below = x.gt(0).where(x.mul(0), x);
        return x.gt(0).where(x.add(root).div(2), root.sub(below).reciprocal().mul(b / 2));
    }

    @Override
    public String toString() {
        return "Squareplus(" + b + ")";
    }
}
