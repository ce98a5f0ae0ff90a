package dev.caviar.app.check;

import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.GroupNorm;
import dev.caviar.nn.layer.LayerNorm;
import dev.caviar.nn.layer.RMSNorm;
import dev.caviar.nn.layer.UnitNorm;
import java.util.List;
import java.util.Map;

/// Normalisations.
final class NormChecks {
    private NormChecks() {}

    static Map<String, Check> checks() {
        return Map.of("batchnorm", NormChecks::batchNorm, "layernorm", NormChecks::layerNorm, "groupnorm", NormChecks::groupNorm,
                "rmsnorm", NormChecks::rmsNorm, "unitnorm", NormChecks::unitNorm);
    }

    private static boolean torch(Case c) {
        return switch (c.convention()) {
            case "keras" -> false;
            case "torch" -> true;
            default -> throw new Unsupported("the convention \"" + c.convention() + "\" is not known here.");
        };
    }

    /// PyTorch's momentum is the part of the new value, and it follows the unbiased variance.
    private static void batchNorm(Case c) {
        boolean torch = torch(c);
        double momentum = torch ? 1 - c.number("momentum", 0.1) : c.number("momentum", 0.99);
        boolean affine = c.flag("affine", true);
        // What is frozen does as at inference.
        boolean training = c.flag("training", false) & c.flag("trainable", true);
        c.demand("renorm", false);
        if (c.has("renorm") && !c.flag("renorm", false)) List.of("renorm_clipping", "renorm_momentum").forEach(c::value);
        var mask = RecurrentChecks.mask(c);
        var layer = BatchNorm.of().withMomentum(momentum).withUnbiased(torch)
                .withEpsilon(epsilon(c, torch)).withCenter(c.flag("center", affine)).withScale(c.flag("scale", affine)).withAxis(c.whole("axis", -1));
        LayerCase.of(c).withTraining(training).compare((s, x) -> layer.apply(s, RecurrentChecks.counted(s, x, 0, mask)));
    }

    private static void unitNorm(Case c) {
        LayerCase.of(c).compare(UnitNorm.of(c.numbers("axis", -1)));
    }

    private static void layerNorm(Case c) {
        c.demand("rms_scaling", false);
        var layer = LayerNorm.of(c.numbers("axis", -1)).withEpsilon(epsilon(c, torch(c)));
        LayerCase.of(c).compare(layer.withCenter(c.flag("center", true)).withScale(c.flag("scale", true)));
    }

    private static void groupNorm(Case c) {
        var layer = GroupNorm.of(c.whole("groups", 32)).withAxis(c.whole("axis", -1)).withEpsilon(epsilon(c, torch(c)));
        LayerCase.of(c).compare(layer.withCenter(c.flag("center", true)).withScale(c.flag("scale", true)));
    }

    private static void rmsNorm(Case c) {
        // PyTorch's default is what the type can just tell from 1.
        double epsilon = torch(c) ? c.number("epsilon") : c.number("epsilon", 1e-6);
        LayerCase.of(c).compare(RMSNorm.of(c.numbers("axis", -1)).withEpsilon(epsilon));
    }

    private static double epsilon(Case c, boolean torch) {
        return c.number("epsilon", torch ? 1e-5 : 1e-3);
    }
}
