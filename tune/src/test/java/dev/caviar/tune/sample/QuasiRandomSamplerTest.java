package dev.caviar.tune.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.kit.SamplerKit;
import dev.caviar.tune.space.Space;
import java.util.HashSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class QuasiRandomSamplerTest {
    @Nested
    class Sobol extends SamplerKit {
        @Override
        protected Sampler sampler(Space space, int trials) {
            return QuasiRandomSampler.sobol();
        }

        @Override
        protected boolean repeats() {
            return true;
        }

        /// Of 64 points each 64th of each axis, and each of 8 by 8 cells of the first two, holds one; whatever the seed.
        @Test
        void pointsAreAsEvenAsSobolsWhateverTheSeed() {
            for (var seed = 0; seed < 20; seed++) {
                var sampler = QuasiRandomSampler.sobol().withSeed(seed);
                var points = IntStream.range(0, 64).mapToObj(i -> sampler.point(i, 5)).toList();
                for (var d = 0; d < 5; d++) {
                    var axis = d;
                    assertThat(points.stream().map(point -> (int) (point[axis] * 64)).distinct()).hasSize(64);
                }
                assertThat(points.stream().map(point -> (int) (point[0] * 8) * 8 + (int) (point[1] * 8)).distinct()).hasSize(64);
            }
            assertThat(QuasiRandomSampler.sobol().withSeed(1).point(3, 2)).isNotEqualTo(QuasiRandomSampler.sobol().withSeed(2).point(3, 2));
        }
    }

    @Nested
    class Halton extends SamplerKit {
        @Override
        protected Sampler sampler(Space space, int trials) {
            return QuasiRandomSampler.halton();
        }

        @Override
        protected boolean repeats() {
            return true;
        }

        /// In base b, each b^k consecutive points fill the b^k parts of their axis.
        @Test
        void pointsAreAsEvenAsHaltonsWhateverTheSeed() {
            int[] bases = {2, 3, 5, 7};
            for (var seed = 0; seed < 10; seed++) {
                var sampler = QuasiRandomSampler.halton().withSeed(seed);
                for (var d = 0; d < bases.length; d++) {
                    int parts = bases[d] * bases[d];
                    var cells = new HashSet<Integer>();
                    for (var i = 0; i < parts; i++) cells.add((int) (sampler.point(parts * 3 + i, 4)[d] * parts));
                    assertThat(cells).hasSize(parts);
                }
            }
            assertThat(QuasiRandomSampler.halton().withSeed(1).point(3, 2)).isNotEqualTo(QuasiRandomSampler.halton().withSeed(2).point(3, 2));
        }
    }
}
