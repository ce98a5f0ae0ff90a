package dev.caviar.tune.sample;

import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The samplers by their names in settings.
///
/// ```java
/// var space = Space.of(Param.of("rate", Real.log(1e-4, 1)));
/// assert Samplers.named("random", space, 20).equals(new RandomSampler());
/// ```
public final class Samplers {
    private static final Map<String, Maker> MAKERS = makers();

    private Samplers() {}

    /// All names.
    public static List<String> names() {
        return List.copyOf(MAKERS.keySet());
    }

    /// The sampler of that name for a space and a number of trials, tier by tier where the space has several. Throws [SpaceException] with the known names.
    public static Sampler named(String name, Space space, int trials) {
        var maker = MAKERS.get(name);
        if (maker == null)
            throw new SpaceException("There is no sampler \"" + name + "\".\nMaybe one of " + String.join(", ", names()) + " was meant.");
        var sampler = maker.make(space, trials);
        return space.tiers().size() > 1 && !(sampler instanceof GridSampler) ? TieredSampler.over(sampler, space, trials) : sampler;
    }

    private static Map<String, Maker> makers() {
        var makers = new LinkedHashMap<String, Maker>();
        makers.put("random", (space, trials) -> new RandomSampler());
        makers.put("grid", GridSampler::within);
        makers.put("tpe", (space, trials) -> TpeSampler.of());
        makers.put("gp", (space, trials) -> GpSampler.of());
        return makers;
    }

    /// Makes a sampler for a space and a number of trials.
    private interface Maker {
        Sampler make(Space space, int trials);
    }
}
