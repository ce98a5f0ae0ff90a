package dev.caviar.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProviderTest {
    @Test
    void thePlainOneIsPlainThroughout() {
        assertThat(Chosen.choose("plain")).isSameAs(Provider.plain());
        assertThat(Provider.plain().loops()).isSameAs(Loops.plain());
    }

    @Test
    void theVectorOneNeedsNoLibrary() {
        var vector = Chosen.choose("vector");
        assertThat(vector.name()).isEqualTo("vector");
        assertThat(vector.why()).contains(Vectors.PRESENT ? "Vector API" : "plain Java");
    }

    @Test
    void anUnknownNameIsRefused() {
        assertThatThrownBy(() -> Chosen.choose("cuda")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The provider \"cuda\" does not exist.\nMaybe set caviar.provider to auto, onednn, vector or plain.");
    }

    @Test
    void theBestOneSaysWhy() {
        var best = Provider.best();
        assertThat(best).isSameAs(Provider.best());
        switch (DnnlLibrary.outcome()) {
            case DnnlLibrary.Loaded loaded -> assertThat(best.why()).contains(loaded.file().toString()).contains("oneDNN 3.11");
            case DnnlLibrary.Missing missing -> assertThat(best.why()).contains(missing.why());
        }
    }

    @Test
    void theDiagnosisNamesWhatIsInUse() {
        var diagnosis = Diagnosis.now();
        assertThat(diagnosis.provider()).isEqualTo(Provider.best().name());
        assertThat(String.join("\n", diagnosis.lines())).contains(diagnosis.platform()).contains("cache folder: " + CacheFolder.path());
    }
}
