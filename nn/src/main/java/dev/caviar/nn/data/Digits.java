package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.Csv;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// UCI's handwritten digits, which ship with the library: 1,797 images of 8 × 8 pixels from 0 to 16.
/// 1,437 are to learn from, 360 to test on.
final class Digits {
    static final String NAME = "digits";
    static final List<String> CLASSES = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    private static final int SIDE = 8;

    private Digits() {}

    static DataSet load() {
        try (var resource = Digits.class.getResourceAsStream("digits.csv.gz")) {
            if (resource == null) {
                throw new IllegalStateException("digits.csv.gz is not in the jar.");
            }
            return of(Csv.read(new GZIPInputStream(resource), NAME));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DataSet of(Csv csv) {
        int n = csv.rows().size();
        int pixels = SIDE * SIDE;
        var x = Buffer.allocate(Type.of(DType.U8, n, SIDE, SIDE));
        var y = Buffer.allocate(Type.of(DType.I64, n));
        for (int i = 0; i < n; i++) {
            var cells = csv.rows().get(i).cells();
            for (int j = 0; j < pixels; j++) {
                x.set((long) i * pixels + j, Csv.number(cells.get(j)));
            }
            y.setLong(i, (long) Csv.number(cells.get(pixels)));
        }
        var parts = TestSplit.of(Examples.of(x, y));
        return new DataSet(NAME, parts.kept(), parts.held(), new Task.Classification(CLASSES), List.of(),
                new Provenance("UCI optical recognition of handwritten digits (CC BY 4.0)", csv.sha256()));
    }
}
