package dev.caviar.lab.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Momentum;
import dev.caviar.nn.optim.RmsProp;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.tune.space.Preset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SettingTest {
    @Test
    void withoutParametersItIsTheUsualSetting() {
        var setting = Setting.of(Map.of());
        assertThat(setting.optimizer()).isEqualTo(Adam.of(0.001));
        assertThat(setting.batchSize()).isEqualTo(64);
        assertThat(setting.units()).containsExactly(128, 128);
        assertThat(setting.dropout()).isZero();
        assertThat(setting.l2()).isZero();
        assertThat(setting.activation()).isEqualTo(Activation.RELU);
        assertThat(setting.read()).isEmpty();
    }

    @Test
    void shortAndLongNamesMeanTheSame() {
        var brief = Setting.of(Map.of("lr", 0.01, "batch", 32L, "n_layers", 1L, "hidden", 16L, "opt", "sgd", "drop", 0.25));
        var full = Setting.of(Map.of("learning_rate", 0.01, "batch_size", 32L, "layers", 1L, "units", 16L, "optimizer", "sgd", "dropout", 0.25));
        assertThat(brief).usingRecursiveComparison().ignoringFields("read").isEqualTo(full);
        assertThat(brief.read()).isEqualTo(Set.of("lr", "batch", "n_layers", "hidden", "opt", "drop"));
    }

    @Test
    void everyParameterOfThePresetsIsRead() {
        for (var preset : Preset.all()) assertThat(preset.space().names()).allMatch(Setting::reads);
    }

    @Test
    void anOptimizerReadsItsOwnConstantsOnly() {
        var all = Map.<String, Object>of("momentum", 0.9, "nesterov", true, "beta1", 0.8, "beta2", 0.99, "rho", 0.95, "epsilon", 1e-6);
        assertThat(with(all, "sgd").optimizer()).isEqualTo(Momentum.of(0.01, 0.9).withNesterov(true));
        assertThat(with(all, "sgd").read()).containsExactlyInAnyOrder("optimizer", "momentum", "nesterov");
        assertThat(with(all, "rmsprop").optimizer()).isEqualTo(RmsProp.of(0.001).withRho(0.95).withEpsilon(1e-6));
        assertThat(with(all, "rmsprop").read()).containsExactlyInAnyOrder("optimizer", "rho", "epsilon");
        assertThat(with(all, "adam").optimizer()).isEqualTo(Adam.of(0.001).withBeta1(0.8).withBeta2(0.99).withEpsilon(1e-6));
        assertThat(Setting.of(Map.of("optimizer", "sgd")).optimizer()).isEqualTo(Sgd.of(0.01));
        assertThat(Setting.of(Map.of("optimizer", "momentum", "lr", 0.1)).optimizer()).isEqualTo(Momentum.of(0.1, 0.9));
    }

    private static Setting with(Map<String, Object> params, String optimizer) {
        var more = new java.util.HashMap<>(params);
        more.put("optimizer", optimizer);
        return Setting.of(more);
    }

    @Test
    void unitsMayDifferFromLayerToLayer() {
        assertThat(Setting.of(Map.of("layers", 3L, "units", 8L, "units_2", 4L)).units()).isEqualTo(List.of(8, 4, 8));
        assertThat(Setting.of(Map.of("layers", 0L)).units()).isEmpty();
    }

    @Test
    void theLearningRateMayFall() {
        var rate = Setting.of(Map.of("lr", 0.1, "decay", 1.0)).optimizer().rate();
        assertThat(List.of(rate.at(0, 0), rate.at(9, 1), rate.at(9, 3))).containsExactly(0.1, 0.05, 0.025);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "batch_size | 0   | \"batch_size\" is 0, which is not a number from 1",
        "batch      | 2.5 | \"batch\" is 2.5, which is not a whole number",
        "dropout    | 1   | \"dropout\" is 1, which is not a number from 0 to below 1",
        "lr         | -1  | \"lr\" is -1, which is not a number of 0 or more",
        "optimizer  | lbfgs | There is no optimizer \"lbfgs\"",
        "activation | what  | There is no activation \"what\"",
    })
    void whatCannotBeIsNamed(String name, String text, String message) {
        var value = text.matches("-?\\d+") ? (Object) Long.valueOf(text) : text.matches("[\\d.]+") ? (Object) Double.valueOf(text) : text;
        assertThatThrownBy(() -> Setting.of(Map.of(name, value))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    @Test
    void twoNamesOfOneParameterAreRefused() {
        assertThatThrownBy(() -> Setting.of(new java.util.TreeMap<>(Map.of("lr", 0.1, "learning_rate", 0.2))))
                .hasMessageContaining("two names of one parameter, learning_rate");
    }
}
