package dev.caviar.app.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.memory.DType;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Parts of models as reference cases write them.
class SpecTest {
    private static final Case CASE = new Case(new Manifest.Entry("model/x", "model", "keras", Map.of(), "x.npz", Map.of()), Map.of(),
            DType.F64);

    private static String layer(String text) {
        return ModelChecks.read(text, spec -> ModelLayers.layer(spec, CASE)).toString();
    }

    @Test
    void numbersStandAloneOrInBrackets() {
        var spec = Spec.of("Conv2D(4, (3, 2), strides=(2, 1), same)");
        assertThat(spec.whole(0)).isEqualTo(4);
        assertThat(spec.numbers(1)).containsExactly(3, 2);
        assertThat(spec.numbers("strides", 1)).containsExactly(2, 1);
        assertThat(spec.numbers("dilation_rate", 1)).containsExactly(1);
        assertThatThrownBy(spec::understood).isInstanceOf(Unsupported.class);
        assertThat(spec.says("same")).isTrue();
        spec.understood();
    }

    @Test
    void layersHaveTheirShortAndTheirLongNames() {
        assertThat(layer("Conv2D(4,(3, 2),same,relu)")).isEqualTo("Conv2D(4, 3×2, relu)");
        assertThat(layer("AvgPool2D(2)")).isEqualTo(layer("AveragePooling2D((2, 2))"));
        assertThat(layer("GlobalMaxPool1D")).isEqualTo(layer("GlobalMaxPooling1D()"));
        assertThat(layer("LayerNormalization(eps 1e-5)")).isEqualTo(layer("LayerNorm"));
        assertThat(layer("Reshape((4, 3, 2))")).isEqualTo(layer("Reshape(4,3,2)"));
        assertThat(layer("Bidirectional(GRU(3, reset_after=False), merge_mode sum)")).contains("GRU(3)");
        assertThatThrownBy(() -> layer("Dense(3, twice=True)")).isInstanceOf(Unsupported.class).hasMessageContaining("twice");
        assertThatThrownBy(() -> layer("Dropout(0.5)")).isInstanceOf(Unsupported.class);
    }
}
