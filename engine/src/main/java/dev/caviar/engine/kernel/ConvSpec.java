package dev.caviar.engine.kernel;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import java.util.List;

/// What a convolution is, all but its addresses: x `[n, spatial…, groups·ci]` with w `[taps…, ci, groups·co]` gives
/// y `[n, places…, groups·co]`, `y[p] = Σ x[p·stride + tap·dilation − low] · w[tap]` (no kernel is turned round); or one of its two
/// gradients. Channels fall into `groups` that see nothing of each other.
///
/// The routine's operands are x, w, (bias,) y for FORWARD, dy, w, dx for INPUT_GRADIENT, and x, dy, dw (, db) for
/// WEIGHT_GRADIENT. A bias is `[groups·co]`.
///
/// ```java
/// var spec = new ConvSpec(ConvSpec.Pass.FORWARD, DType.F32, Shape.of(64, 28, 28, 1), Shape.of(3, 3, 1, 32),
///         Shape.of(64, 26, 26, 32), Slide.of(2), 1, false, GemmSpec.Activation.NONE);
/// ```
public record ConvSpec(Pass pass, DType dtype, Shape x, Shape w, Shape y, Slide slide, int groups, boolean bias,
        GemmSpec.Activation activation) {

    /// Which of the three tensors is computed from the other two.
    public enum Pass { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT }

    /// This convolution with a bias per channel (for WEIGHT_GRADIENT: its gradient), or without.
    public ConvSpec withBias(boolean bias) {
        return new ConvSpec(pass, dtype, x, w, y, slide, groups, bias, activation);
    }

    /// This convolution with an activation at its end.
    public ConvSpec withActivation(GemmSpec.Activation activation) {
        return new ConvSpec(pass, dtype, x, w, y, slide, groups, bias, activation);
    }

    /// This convolution of `n` examples.
    public ConvSpec withExamples(long n) {
        return new ConvSpec(pass, dtype, x.with(0, n), w, y.with(0, n), slide, groups, bias, activation);
    }

    /// The operands' shapes in the routine's order.
    public List<Shape> operands() {
        var row = Shape.of(y.dim(-1));
        return switch (pass) {
            case FORWARD -> bias ? List.of(x, w, row, y) : List.of(x, w, y);
            case INPUT_GRADIENT -> List.of(y, w, x);
            case WEIGHT_GRADIENT -> bias ? List.of(x, y, w, row) : List.of(x, y, w);
        };
    }

    /// Whether the routine's operand `i` has an axis of examples.
    public boolean perExample(int i) {
        return switch (pass) {
            case FORWARD -> i == 0 || i == operands().size() - 1;
            case INPUT_GRADIENT -> i != 1;
            case WEIGHT_GRADIENT -> i < 2;
        };
    }

    /// Multiplications of the whole, padding counted in.
    public long products() {
        return y.size() * (w.size() / w.dim(-1));
    }
}
