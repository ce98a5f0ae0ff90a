package dev.caviar.app.check;

import dev.caviar.nn.layer.BatchNorm;
import java.util.Map;

/// Normalisations.
final class NormChecks {
    private NormChecks() {}

    static Map<String, Check> checks() {
        return Map.of("batchnorm", NormChecks::batchNorm);
    }

    private static void batchNorm(Case c) {
        LayerCase.of(c).withTraining(c.flag("training", false)).compare(BatchNorm.of().withMomentum(c.number("momentum", 0.99))
                .withEpsilon(c.number("epsilon", 1e-3)).withCenter(c.flag("center", true)).withScale(c.flag("scale", true)).withAxis(c.whole("axis", -1)));
    }
}
