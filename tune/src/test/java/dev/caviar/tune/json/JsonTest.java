package dev.caviar.tune.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @ParameterizedTest
    @CsvSource({"0.1, 0.1", "1.0, 1.0", "-0.0, -0.0", "1e-5, 1e-05", "0.0001, 0.0001", "1.5E-7, 1.5e-07", "1e16, 1e+16", "1e15, 1000000000000000.0",
        "123456789.123, 123456789.123", "1.7976931348623157E308, 1.7976931348623157e+308", "2.2250738585072014E-308, 2.2250738585072014e-308",
        "4.9E-324, 5e-324", "-2.5E100, -2.5e+100", "2E23, 2e+23", "NaN, NaN", "Infinity, Infinity", "-Infinity, -Infinity", "9007199254740993, 9007199254740992.0"})
    void doublesLookAsPythonPrintsThem(double value, String text) {
        assertThat(Json.number(value)).isEqualTo(text);
    }

    @Test
    void textIsAsciiWithPythonsSeparators() {
        var map = new LinkedHashMap<String, Object>();
        map.put("é", Arrays.asList(1, 2L, 0.5f, true, null, "\"\\\n\u0001\u007f😀"));
        map.put("empty", List.of(Map.of(), List.of()));
        assertThat(Json.write(map)).isEqualTo("{\"\\u00e9\": [1, 2, 0.5, true, null, \"\\\"\\\\\\n\\u0001\\u007f\\ud83d\\ude00\"], \"empty\": [{}, []]}");
        assertThatThrownBy(() -> Json.write(List.of(new Object()))).isInstanceOf(JsonException.class).hasMessageContaining("java.lang.Object has no form in JSON");
    }

    @Test
    void whatIsWrittenIsReadBack() {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++) {
            var number = Double.longBitsToDouble(random.nextLong());
            assertThat(Json.read(Json.write(number))).isEqualTo(Double.isNaN(number) ? (Object) Double.NaN : number);
        }
        var value = Arrays.asList(1L, -5L, Long.MIN_VALUE, 1.0, "\u2028é", null, Map.of("a", List.of(true)));
        assertThat(Json.read(Json.write(value))).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "nul", "1 2", "{'a':1}"})
    void whatIsNotJsonIsRefusedWithItsLine(String text) {
        assertThatThrownBy(() -> Json.read(text)).isInstanceOf(JsonException.class).hasMessageStartingWith("line 1");
    }

    @Test
    void linesAreKnown() {
        var document = Json.locate("{\n \"a\": [1,\n  2],\n \"b\": {}}");
        var root = (Map<?, ?>) document.root();
        assertThat(document.line(root, "b")).isEqualTo(4);
        assertThat(document.line(root.get("a"), 1)).isEqualTo(3);
        assertThat(document.line(root, "c")).isEqualTo(1);
    }
}
