package dev.caviar.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.nn.format.Csv;
import dev.caviar.nn.format.DataException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TableTest {
    private static DataSet read(Table table, String text) {
        return table.dataSet(Csv.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), "t.csv"), "t");
    }

    private static final String FRUIT = "size,colour,fruit\n1,red,apple\n2,green,pear\n3,red,apple\n4,green,pear\n5,red,apple\n";

    @Test
    void textFeaturesAreOneHotAndTextLabelsClasses() {
        var data = read(Table.of(), FRUIT);
        assertThat(data.features()).containsExactly("size", "colour=green", "colour=red");
        assertThat(data.task()).isEqualTo(new Task.Classification(List.of("apple", "pear")));
        assertThat(data.train().size()).isEqualTo(4);
        assertThat(data.test().size()).isEqualTo(1);
        var x = data.train().x();
        assertThat(IntStream.range(0, 6).mapToDouble(x::at).toArray()).containsExactly(1, 0, 1, 2, 1, 0);
        assertThat(data.train().y().longAt(1)).isEqualTo(1);
        assertThat(data.provenance().sha256()).hasSize(64);
    }

    @ParameterizedTest
    @CsvSource({"colour, 'green,red'", "1, 'green,red'", "-2, 'green,red'", "size, '1,2,3,4,5'", "0, '1,2,3,4,5'", "-1, 'apple,pear'"})
    void theLabelIsNamedOrCounted(String label, String classes) {
        assertThat(String.join(",", read(Table.of().withLabel(label), FRUIT).classes())).isEqualTo(classes);
    }

    @Test
    void aNumericLabelOfMoreThanTwentyValuesIsARegression() {
        var twenty = IntStream.range(0, 40).mapToObj(i -> i + "," + i % 20).collect(Collectors.joining("\n"));
        assertThat(read(Table.of(), twenty).classes()).hasSize(20).startsWith("0", "1", "2").endsWith("19");
        var more = IntStream.range(0, 40).mapToObj(i -> i + "," + i % 21).collect(Collectors.joining("\n"));
        var data = read(Table.of(), more);
        assertThat(data.task()).isEqualTo(new Task.Regression());
        assertThat(data.train().y().type().dtype()).isEqualTo(DType.F32);
        assertThat(data.train().y().type().shape()).isEqualTo(Shape.of(40, 1));
        assertThat(data.outputs()).isEqualTo(1);
    }

    @Test
    void emptyCellsAreRefusedOrGetTheMeanOfTheTrainingRows() {
        var text = "a,c,y\n" + IntStream.range(0, 20).mapToObj(i -> (i == 3 ? "" : i == 4 ? "?" : i) + ","
                + (i == 7 ? "" : i % 2 == 0 ? "u" : "v") + "," + i % 2).collect(Collectors.joining("\n"));
        assertThatThrownBy(() -> read(Table.of(), text)).isInstanceOf(DataException.class)
                .hasMessageContaining("t.csv, line 5, column 0 \"a\": the cell is empty").hasMessageContaining("--missing mean");
        var data = read(Table.of().withMissing(Missing.MEAN), text);
        double sum = 0;
        double known = 0;
        double u = 0;
        double texts = 0;
        for (int i = 0; i < data.train().size(); i++) {
            int row = data.train().row(i);
            if (row != 3 && row != 4) {
                sum += row;
                known++;
            }
            if (row != 7) {
                u += row % 2 == 0 ? 1 : 0;
                texts++;
            }
        }
        assertThat(data.train().x().at(9)).isCloseTo(sum / known, within(1e-6));
        assertThat(data.train().x().at(12)).isCloseTo(sum / known, within(1e-6));
        assertThat(data.train().x().at(22)).isCloseTo(u / texts, within(1e-6));
        assertThatThrownBy(() -> read(Table.of().withMissing(Missing.MEAN), FRUIT + "7,red,\n")).hasMessageContaining("label is empty");
    }

    @Test
    void whatCannotBeUsedIsNamedByLineAndColumn() {
        assertThatThrownBy(() -> read(Table.of(), FRUIT + "big,red,apple\n")).isInstanceOf(DataException.class)
                .hasMessageContaining("t.csv, line 7, column 0 \"size\": \"big\" is text").hasMessageContaining("\nMaybe ");
        assertThatThrownBy(() -> read(Table.of(), FRUIT + "-inf,red,apple\n")).hasMessageContaining("line 7").hasMessageContaining("infinite");
        assertThatThrownBy(() -> read(Table.of(), FRUIT + "1e999,red,apple\n")).hasMessageContaining("infinite");
        assertThatThrownBy(() -> read(Table.of(), FRUIT + "1e39,red,apple\n")).hasMessageContaining("in 32 bits");
        assertThatThrownBy(() -> read(Table.of(), FRUIT + "6,red\n")).hasMessageContaining("line 7: 2 cells");
        assertThatThrownBy(() -> read(Table.of().withLabel("taste"), FRUIT)).hasMessageContaining("\"taste\"")
                .hasMessageContaining("size, colour, fruit");
        assertThatThrownBy(() -> read(Table.of().withLabel("3"), FRUIT)).hasMessageContaining("no column \"3\"");
        assertThatThrownBy(() -> read(Table.of(), "a,b\n1,2\n")).hasMessageContaining("1 row of data");
        assertThatThrownBy(() -> read(Table.of(), "1\n2\n3\n4\n5\n6\n")).hasMessageContaining("one column");
        assertThatThrownBy(() -> read(Table.of(), "1,a\n2,a\n3,a\n4,a\n5,a\n")).hasMessageContaining("every label is \"a\"");
        var many = IntStream.range(0, 1001).mapToObj(i -> "n" + i + "," + i % 2).collect(Collectors.joining("\n"));
        assertThatThrownBy(() -> read(Table.of(), many)).hasMessageContaining("1001 different texts");
    }

    private static final String PRICES = "preis;menge;art\n3,14;2;a\n1,5;7,25;b\n2,0;1,0;a\n9,99;3,5;b\n1.234,5;2;a\n";

    @Test
    void numbersWithADecimalCommaAreAskedAboutAndUnderstood() {
        assertThatThrownBy(() -> read(Table.of(), PRICES)).isInstanceOf(DataException.class)
                .hasMessageContaining("t.csv, line 2, column 0 \"preis\": \"3,14\" and 4 more cells of the column are numbers with a comma")
                .hasMessageContaining("\nMaybe it is the decimal separator: Table.withDecimalComma(true), --decimal comma");
        assertThatThrownBy(() -> read(Table.of(), "y,a\n1,\"3,140\"\n0,\"1,500\"\n1,\"2,500,000\"\n0,7\n1,9\n")).hasMessageContaining("column 1 \"a\": \"3,140\" and 2 more");
        var table = Table.of().withDecimalComma(true);
        assertThat(decoded(table, PRICES)).containsExactly(3.14f, 2, 1.5f, 7.25f, 2, 1, 9.99f, 3.5f, 1234.5f, 2);
        assertThat(decoded(table, PRICES.substring(PRICES.indexOf('\n') + 1))).hasSize(10).startsWith(3.14f, 2, 1.5f);
        assertThat(decoded(table, "a;y\n0,5;1\n,5;0\n-1 234 567,5;1\n2;0\n1e3;1\n")).containsExactly(0.5f, 0.5f, -1234567.5f, 2, 1000);
        // Where no cell has a comma, a point is what it always was.
        assertThat(decoded(table, "a;y\n1.234;1\n0.5;0\n2.125;1\n2;0\n1;1\n")).startsWith(1.234f, 0.5f);
        assertThatThrownBy(() -> read(table, PRICES + "1.5;2;a\n")).hasMessageContaining("line 7, column 0: \"1.5\" has a decimal point, but line 2 a decimal comma");
        var words = read(Table.of(), "word,y\n\"a, b\",1\n\"1,5 m\",0\nc,1\nd,0\nc,1\n");
        assertThat(words.features()).contains("word=1,5 m");
    }

    private static float[] decoded(Table table, String text) {
        var data = read(table, text);
        var out = new float[data.train().xs().getFirst().size() == 0 ? 0 : (data.train().size() + data.test().size()) * data.features().size()];
        for (var part : List.of(data.train(), data.test())) {
            for (int i = 0; i < part.size(); i++) {
                for (int j = 0; j < data.features().size(); j++) {
                    out[part.row(i) * data.features().size() + j] = (float) part.x().at((long) part.row(i) * data.features().size() + j);
                }
            }
        }
        return out;
    }

    @Test
    void whatTablesSurpriseWithIsRightOrRefused() {
        assertThat(read(Table.of(), "\ufeff\"a\",\"b,c\",y\r\n1,2,0\r\n3,4,1\r\n5,6,0\r\n7,8,1\r\n9,1,0").features()).containsExactly("a", "b,c");
        assertThat(read(Table.of(), FRUIT.replace('\n', '\r')).features()).containsExactly("size", "colour=green", "colour=red");
        assertThatThrownBy(() -> read(Table.of(), "a,b,y\n1,NA,0\n2,NA,1\n3,?,0\n4,,1\n5,NA,0\n")).hasMessageContaining("column 1 \"b\": every cell is empty");
        assertThatThrownBy(() -> read(Table.of().withLabel("y"), "y,a,y\n1,2,0\n2,1,1\n3,2,0\n4,2,1\n5,2,0\n"))
                .hasMessageContaining("the columns 0 and 2 are both called \"y\"").hasMessageContaining("\nMaybe give the index");
        assertThatThrownBy(() -> read(Table.of(), "a,b,y\n1,2,0\n3,\"4,1\n5,6,0\n7,8,1\n")).hasMessageContaining("line 3").hasMessageContaining("\nMaybe a quote in it is not closed");
        assertThatThrownBy(() -> read(Table.of(), "a,y\n" + "9".repeat(5000) + ",0\n1,1\n2,0\n3,1\n4,0\n")).satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
        assertThatThrownBy(() -> read(Table.of(), "2019,2020,y\n1,4,0\n2,3,1\n3,3,0\n4,3,1\n")).hasMessageContaining("\nMaybe the first line is a header");
    }

    @Test
    void theTestPartIsAlwaysTheSame() {
        var text = IntStream.range(0, 100).mapToObj(i -> i + "," + i % 3).collect(Collectors.joining("\n"));
        assertThat(read(Table.of(), text).test().sha256()).isEqualTo(read(Table.of(), text).test().sha256());
        assertThat(read(Table.of(), text).test().size()).isEqualTo(20);
    }

    @ParameterizedTest
    @Tag("shared")
    @CsvSource({
        "iris/iris.csv, , 150, 4, 3, setosa", "wine/wine_data.csv, , 178, 13, 3, class_0",
        "breast-cancer/breast_cancer.csv, , 569, 30, 2, malignant", "california-housing/housing.csv, median_house_value, 20640, 13, 0, ",
        "california-housing/housing.csv, , 20640, 9, 5, <1H OCEAN",
        "tabular-uci/abalone.csv, , 4177, 10, 0, ", "tabular-uci/abalone.csv, 0, 4177, 8, 3, F",
        "tabular-uci/adult-train.csv, , 32561, 108, 2, <=50K", "tabular-uci/adult-test.csv, , 16281, 107, 2, <=50K.",
        "tabular-uci/banknote_authentication.csv, , 1372, 4, 2, 0", "tabular-uci/ionosphere.csv, , 351, 34, 2, b",
        "tabular-uci/sonar.csv, , 208, 60, 2, M", "tabular-uci/winequality-red.csv, , 1599, 11, 6, 3",
        "tabular-uci/winequality-white.csv, , 4898, 11, 7, 3", "timeseries/airline-passengers.csv, Passengers, 144, 144, 0, ",
        "timeseries/daily-total-female-births.csv, , 365, 365, 0, ", "timeseries/shampoo.csv, Sales, 36, 36, 0, "})
    void realTablesAreUnderstood(String file, String label, int rows, int features, int classes, String first) {
        var path = Path.of(System.getProperty("caviar.shared", "none"), "data", file);
        if (!Files.exists(path)) {
            System.out.println("skipped: no reference data at " + path);
            Assumptions.abort();
        }
        var data = Table.of().withLabel(label).withMissing(Missing.MEAN).read(path);
        assertThat(data.train().size() + data.test().size()).isEqualTo(rows);
        assertThat(data.test().size()).isEqualTo((rows + 4) / 5);
        assertThat(data.features()).hasSize(features);
        assertThat(data.classes()).hasSize(classes);
        if (first != null) {
            assertThat(data.classes().get(0)).isEqualTo(first);
        }
        for (long i = 0; i < data.train().x().size(); i++) {
            assertThat(Double.isFinite(data.train().x().at(i))).isTrue();
        }
    }
}
