package dev.caviar.nn.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvTest {
    private static Csv read(String text) {
        return Csv.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "t.csv");
    }

    private static List<List<String>> cells(Csv csv) {
        return csv.rows().stream().map(Csv.Row::cells).toList();
    }

    @Test
    void quotesLineEndsAndMarksAreThoseOfTheStandard() {
        var csv = read("\ufeffname,note\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2, x \r\n");
        assertThat(csv.header()).containsExactly("name", "note");
        assertThat(cells(csv)).containsExactly(List.of("1", "a, \"b\"\nc"), List.of("2", "x"));
        assertThat(csv.rows()).extracting(Csv.Row::line).containsExactly(2L, 5L);
    }

    @ParameterizedTest
    @ValueSource(strings = {",", ";", "\t"})
    void theSeparatorIsFound(String s) {
        var csv = read("a" + s + "b" + s + "c\n1" + s + "\"2" + s + ",;\"" + s + "3\n4" + s + "5" + s + "6\n");
        assertThat(csv.header()).containsExactly("a", "b", "c");
        assertThat(cells(csv).get(0)).containsExactly("1", "2" + s + ",;", "3");
    }

    @Test
    void aFirstLineOfTextOverNumbersIsAHeader() {
        assertThat(read("x,y\n1,2\n3,4\n").header()).containsExactly("x", "y");
        assertThat(read("1,2\n3,4\n").header()).isEmpty();
        assertThat(read("M,0.4,15\nF,0.5,7\n").header()).isEmpty();
        assertThat(read("colour,taste\nred,sweet\ngreen,sour\n").header()).containsExactly("colour", "taste");
        assertThat(read("red,sweet\ngreen,sour\nred,sweet\n").header()).isEmpty();
        assertThat(read("a,,c\n1,2,3\n").header()).containsExactly("a", "", "c");
    }

    @Test
    void theFirstLineOfScikitLearnsFilesIsRecognised() {
        var csv = read("3,2,red,green\n1,2,0\n3,4,1\n5,6,0\n");
        assertThat(csv.preface()).containsExactly("3", "2", "red", "green");
        assertThat(csv.header()).isEmpty();
        assertThat(csv.rows()).hasSize(3);
        assertThat(csv.rows().get(0).line()).isEqualTo(2);
    }

    @Test
    void aRowOfAnotherWidthIsNamedByItsLine() {
        assertThatThrownBy(() -> read("a,b,c\n1,2,3\n\n4,5\n")).isInstanceOf(DataException.class)
                .hasMessageContaining("t.csv, line 4: 2 cells where line 1 has 3").hasMessageContaining("\nMaybe a value is missing");
        assertThatThrownBy(() -> read("1,2\n3,4,5\n6,7\n")).hasMessageContaining("line 2: 3 cells");
        assertThatThrownBy(() -> read("")).hasMessageContaining("empty");
        assertThatThrownBy(() -> Csv.read(new ByteArrayInputStream(new byte[] {'a', ',', (byte) 0xff, '\n'}), "t.csv"))
                .hasMessageContaining("UTF-8");
    }

    @Test
    void theHashIsOfTheContent() {
        assertThat(read("abc").sha256()).isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "-2.5e3, -2500", "+.5, 0.5", "1e999, Infinity", "-inf, -Infinity", "Infinity, Infinity", "1f, NaN", "0x1p3, NaN",
        "abc, NaN", "'', NaN", "-, NaN", "1-2, NaN", "1949-01, NaN", "nan, NaN", "'1,5', NaN"})
    void onlyDecimalNotationIsANumber(String cell, Double value) {
        assertThat(Csv.number(cell)).isEqualTo(value);
    }
}
