package dev.caviar.nn.layer;

import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;

/// Drops whole channels of an example while training and scales the others by 1/(1 − rate): neighbouring places say the same, so dropping
/// single ones would drop little (Tompson et al. 2015). [SpatialDropout1D], [SpatialDropout2D] and [SpatialDropout3D] make it.
///
/// `[examples, spatial…, channels]` of 1 to 3 spatial axes; the rate is a scalar of the step.
///
/// ```java
/// SpatialDropoutND layer = SpatialDropout2D.of(0.1);
/// ```
public record SpatialDropoutND(int axes, double rate) implements UnaryLayer {
    public SpatialDropoutND {
        if (axes < 1 || axes > 3 || !(rate >= 0 && rate < 1)) {
            throw new IllegalArgumentException("Spatial dropout over " + axes + " axes with rate " + rate
                    + ": there are 1 to 3 axes, and the rate is in [0, 1).\nMaybe it was meant as what is kept, 1 - rate.");
        }
    }

    @Override
    public Tensor apply(Scope s, Tensor x) {
        ConvND.image(x, axes);
        if (!s.training()) {
            return x;
        }
        var mask = x.shape();
        for (int axis = 1; axis <= axes; axis++) {
            mask = mask.with(axis, 1);
        }
        var chance = s.scalar("rate", rate).neg().add(1);
        var kept = Random.bernoulli(s.key(), chance, mask.toArray());
        return x.cast(s.dtype()).mul(kept.where(chance.reciprocal(), Tensor.scalar(0, s.dtype())));
    }

    @Override
    public String kind() {
        return "spatial_dropout" + axes + "d";
    }

    @Override
    public boolean noise() {
        return true;
    }

    @Override
    public String toString() {
        return "SpatialDropout" + axes + "D(" + rate + ")";
    }
}
