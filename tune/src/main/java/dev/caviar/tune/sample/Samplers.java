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
        return named(name, space, trials, 0);
    }

    /// The same with a seed, for samplers whose points belong together. Throws [SpaceException] with the known names.
    public static Sampler named(String name, Space space, int trials, long seed) {
        var maker = MAKERS.get(name);
        if (maker == null)
            throw new SpaceException("There is no sampler \"" + name + "\".\nMaybe one of " + String.join(", ", names()) + " was meant.");
        var sampler = maker.make(space, trials, seed);
        return space.tiers().size() > 1 && !(sampler instanceof GridSampler) ? TieredSampler.over(sampler, space, trials) : sampler;
    }

    private static Map<String, Maker> makers() {
        var makers = new LinkedHashMap<String, Maker>();
        makers.put("random", (space, trials, seed) -> new RandomSampler());
        makers.put("grid", (space, trials, seed) -> GridSampler.within(space, trials));
        makers.put("sobol", (space, trials, seed) -> QuasiRandomSampler.sobol().withSeed(seed));
        makers.put("halton", (space, trials, seed) -> QuasiRandomSampler.halton().withSeed(seed));
        makers.put("coarse-to-fine", (space, trials, seed) -> CoarseToFineSampler.of(Math.max(8, trials / 5)));
        makers.put("tpe", (space, trials, seed) -> TpeSampler.of());
        makers.put("gp", (space, trials, seed) -> GpSampler.of());
        makers.put("cmaes", (space, trials, seed) -> CmaEsSampler.of());
        makers.put("nsga2", (space, trials, seed) -> NsgaSampler.two());
        makers.put("nsga3", (space, trials, seed) -> NsgaSampler.three());
        makers.put("default", (space, trials, seed) -> DefaultSampler.of(space, trials));
        return makers;
    }

    /// Makes a sampler for a space, a number of trials and a seed.
    private interface Maker {
        Sampler make(Space space, int trials, long seed);
    }
}
