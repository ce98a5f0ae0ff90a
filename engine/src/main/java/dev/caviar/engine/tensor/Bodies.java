package dev.caviar.engine.tensor;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import java.util.List;

/// The bodies that the engine itself calls by name.
///
/// ```java
/// Tensor logits = Tensor.zeros(1, 2);
/// Tensor target = Tensor.of(new float[][] {{1, 0}});
/// Tensor loss = Bodies.SOFTMAX_CROSS_ENTROPY.apply(List.of(logits, target)).getFirst();     // ln 2
/// ```
public enum Bodies implements Body {
    /// Logits `[…, classes]` and target probabilities of the same shape give the cross-entropy of each example `[…]`
    /// (Goodfellow et al., Deep Learning, 6.2.2.3), without ever taking the logarithm of a softmax.
    SOFTMAX_CROSS_ENTROPY("softmax_cross_entropy", List.of(Sample.of(Type.of(DType.F32, 3, 4), Type.of(DType.F32, 3, 4)))) {
        @Override
        public List<Tensor> apply(List<Tensor> in) {
            return List.of(in.get(0).logSoftmax(-1).mul(in.get(1)).sum(-1).neg());
        }

        @Override
        public boolean leading() {
            return true;
        }
    };

    private final String label;
    private final List<Sample> samples;

    Bodies(String label, List<Sample> samples) {
        this.label = label;
        this.samples = samples;
    }

    @Override
    public String label() {
        return label;
    }

    @Override
    public List<Sample> samples() {
        return samples;
    }
}
