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
